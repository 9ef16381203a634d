"""Where visitors came from, taken from what they are seen to do."""

from collections.abc import Collection, Sequence

from leads.origin import Arrival, origin_of
from leads.services import NewEvent, note_arrivals
from leads.services.identities import IdentityKey


def note_origins(events: Sequence[NewEvent], *, own_hosts: Collection[str] = ()) -> None:
    """Keep the first and last touch of the identities of these events, which are recorded."""
    arrivals: dict[IdentityKey, list[Arrival]] = {}
    for event in events:
        origin = origin_of(event.properties, own_hosts=own_hosts)
        if origin is not None and (event.kind == "page_view" or not origin.is_direct):
            arrivals.setdefault(event.identity, []).append(Arrival(event.occurred_at, origin))
    if arrivals:
        note_arrivals(arrivals)
