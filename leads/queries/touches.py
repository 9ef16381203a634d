"""Where a contact came from."""

from typing import NamedTuple

from leads.models import Contact, Position, Touch
from leads.origin import Arrival, Origin, latest


class CameFrom(NamedTuple):
    """A contact's first and last touch, over all the identities; none when nothing told."""

    first: Touch | None
    last: Touch | None


def came_from(contact: Contact) -> CameFrom:
    """The earliest first touch and the latest last one. A direct visit does not hide an origin that is known."""
    touches = list(Touch.objects.filter(identity__contact=contact).select_related("identity").order_by("at", "pk"))
    first = next((touch for touch in touches if touch.position == Position.FIRST), None)
    by_arrival = {
        Arrival(touch.at, Origin(touch.source, touch.medium, touch.campaign)): touch
        for touch in touches
        if touch.position == Position.LAST
    }
    newest = latest(by_arrival)
    return CameFrom(first, by_arrival[newest] if newest else None)
