"""Where visitors came from, taken from what they are seen to do."""

from collections.abc import Collection, Sequence

from leads.origin import REFERRAL, Arrival, origin_of
from leads.services import NewEvent, note_arrivals
from leads.services.identities import IdentityKey


def note_origins(events: Sequence[NewEvent], *, own_hosts: Collection[str] = (), is_tracked: bool = False) -> None:
    """Keep the first and last touch of the identities of these events, which are recorded.

    Where the tracker saw the visitor before (`is_tracked`), a plain referral only tells from which of our own pages the
    form was opened.
    """
    arrivals: dict[IdentityKey, list[Arrival]] = {}
    for event in events:
        origin = origin_of(event.properties, own_hosts=own_hosts)
        if origin is None or (event.kind != "page_view" and origin.is_direct):
            continue
        if not (is_tracked and origin.medium == REFERRAL):
            arrivals.setdefault(event.identity, []).append(Arrival(event.occurred_at, origin))
    if arrivals:
        note_arrivals(arrivals)
