"""What the tracker reports."""

import time
from datetime import datetime
from typing import NamedTuple

from capture.beacon import Beacon
from capture.models import Site
from capture.sites import KnownSite
from core.errors import Refused
from leads import kinds
from leads.human import Hints
from leads.models import Category, Direction, IdentityKind
from leads.reference import KINDS
from leads.services import NewEvent, record_events

_FOR_BROWSERS = {"page_view", "link_clicked", "asset_downloaded"}
_BUILT_IN = {row[0] for row in KINDS}
_CATEGORIES = {Category.CONTENT, Category.PRODUCT, Category.INTENT}
_NOTE_EVERY_SECONDS = 5.0
_noted: dict[int, float] = {}  # site -> when this process last wrote down that it was heard


class Collected(NamedTuple):
    """How many events were new, and how many had been sent before."""

    accepted: int
    duplicates: int


def is_for_browsers(key: str) -> bool:
    """Whether a browser may report this kind.

    The write key stands in every visitor's page, so whatever a browser says anybody can say. It may tell what an
    unknown visitor looked at; that somebody talked to us, opened our mail, or is a certain person, only a form, a
    colleague or a token may tell.
    """
    kind = kinds.known_kinds().get(key)
    if kind is None:
        return False
    own = key not in _BUILT_IN and kind.direction == Direction.ONE_WAY and kind.category in _CATEGORIES
    return key in _FOR_BROWSERS or own


def collect_events(beacon: Beacon, *, site: KnownSite, now: datetime, hints: Hints | None = None) -> Collected:
    """Store the batch under the visitor's anonymous identity; all of it or, when one event is refused, nothing."""
    for number, event in enumerate(beacon.events):
        if not is_for_browsers(event.kind):
            raise Refused(
                **{f"events.{number}.kind": f"“{event.kind[:60]}” is not a kind of event that a web page may report."}
            )
    recorded = record_events(
        [
            NewEvent(
                kind=event.kind,
                identity=(IdentityKind.ANONYMOUS, beacon.visitor),
                occurred_at=event.at,
                source=f"tracker:{site.id}",
                message_id=event.id,
                properties=event.props,
                hints=hints,
            )
            for event in beacon.events
        ],
        now=now,
    )
    _note(site.id, now)
    return Collected(len(recorded.ids), len(beacon.events) - len(recorded.ids))


def _note(site_id: int, now: datetime) -> None:
    """Write down when the site was heard, seldom enough to cost nothing."""
    if time.monotonic() - _noted.get(site_id, -_NOTE_EVERY_SECONDS) >= _NOTE_EVERY_SECONDS:
        _noted[site_id] = time.monotonic()
        Site.objects.filter(pk=site_id).update(last_event_at=now)
