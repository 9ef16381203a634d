"""What the tracker reports."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from capture.beacon import READ, Beacon
from capture.models import Site
from capture.services.arriving import note_origins
from capture.services.naming import OTHER, kind_for
from capture.sites import KnownSite
from core.errors import Refused
from leads import kinds
from leads.human import Hints, Sign, likelihood
from leads.models import Category, Consent, Direction, IdentityKind, Purpose
from leads.origin import origin_of
from leads.queries.consent import objecting
from leads.reference import KINDS
from leads.services import NewEvent, quarantine, record_consent, record_events
from leads.services.identities import IdentityKey

_FOR_BROWSERS = {"page_view", "link_clicked", "asset_downloaded", "page_shared", "screen_viewed", OTHER}
_BUILT_IN = {row[0] for row in KINDS}
_CATEGORIES = {Category.CONTENT, Category.PRODUCT, Category.INTENT}
SURE = likelihood(())  # percent: nothing speaks against a person
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
    """Store the batch under the visitor's anonymous identity; all of it or, when one event is refused, nothing.

    Of a visitor who objects to being profiled nothing is stored. A page view that is sent again when the page is left
    adds how long and how far it was read.
    """
    # a new kind is committed at once: else another request may read the registry without it, and remember that
    kinds_of = [_kind(event.kind, number, site, now) for number, event in enumerate(beacon.events)]
    # storing events is one statement: without anything else to write, a transaction around it only costs two trips
    if beacon.consent is None and not any(origin_of(event.props, own_hosts=site.hosts) for event in beacon.events):
        return _collect(beacon, kinds_of, site, now, hints)
    with transaction.atomic():
        return _collect(beacon, kinds_of, site, now, hints)


def _collect(beacon: Beacon, kinds_of: Sequence[str], site: KnownSite, now: datetime, hints: Hints | None) -> Collected:
    visitor = (IdentityKind.ANONYMOUS.value, beacon.visitor)
    if beacon.consent is not None:
        _note_consent(visitor, beacon.consent, site=site, now=now)
    note_heard(site.id, now)
    if not beacon.events or objecting([visitor]):
        return Collected(0, 0)
    events = [
        NewEvent(
            kind=kind,
            identity=visitor,
            occurred_at=event.at,
            source=f"tracker:{site.id}",
            message_id=event.id,
            properties={"name": event.kind} | event.props if kind == OTHER else event.props,
            hints=hints,
        )
        for kind, event in zip(kinds_of, beacon.events, strict=True)
    ]
    recorded = record_events(events, now=now)
    fresh = [event for event in events if (event.source, event.message_id) in recorded.ids]
    note_origins(fresh, own_hosts=site.hosts)
    doubtful = _measure([event for event in events if (event.source, event.message_id) not in recorded.ids], visitor)
    if doubtful and beacon.is_touched:
        quarantine.notice(doubtful, Sign.INTERACTED)
    return Collected(len(recorded.ids), len(events) - len(recorded.ids))


def _kind(name: str, number: int, site: KnownSite, now: datetime) -> str:
    """The kind of an event that a page reports; a new name becomes a kind that waits to be described."""
    kind = kind_for(name, site=site, now=now)
    if not is_for_browsers(kind):
        raise Refused(**{f"events.{number}.kind": f"“{name[:60]}” is not a kind of event that a web page may report."})
    return kind


def _note_consent(visitor: IdentityKey, given: bool, *, site: KnownSite, now: datetime) -> None:
    """Write down what the visitor said about being tracked; saying the same again adds nothing."""
    own = Consent.objects.filter(identity__kind=visitor[0], identity__value=visitor[1], purpose=Purpose.PROFILING)
    last = own.order_by("-at", "-pk").values_list("given", flat=True).first()
    if last is not given:
        source = f"tracker:{site.id}"
        record_consent(purpose=Purpose.PROFILING, given=given, now=now, source=source, identity=visitor)


_MEASURE = """
UPDATE leads_engagementevent AS e SET properties = e.properties || jsonb_build_object(
    'seconds', greatest(t.seconds, {seconds}), 'scroll', greatest(t.scroll, {scroll}))
FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[]) AS t(source, message_id, seconds, scroll), leads_identity i
WHERE e.source = t.source AND e.message_id = t.message_id AND e.identity_id = i.id AND i.kind = %s AND i.value = %s
    AND (t.seconds > {seconds} OR t.scroll > {scroll})
RETURNING e.id, e.human
""".format(
    **{
        name: f"(CASE WHEN jsonb_typeof(e.properties->'{name}') = 'number' "
        f"THEN (e.properties->>'{name}')::numeric::int ELSE 0 END)"
        for name in READ
    }
)


def _measure(again: Sequence[NewEvent], visitor: IdentityKey) -> list[int]:
    """Add to page views that are known how long and how far they were read: the most that was told.

    Ids of those of which we are not sure that a person did it.
    """
    told = [event for event in again if any(name in event.properties for name in READ)]
    if not told:
        return []
    with connection.cursor() as cursor:
        columns = [[event.source for event in told], [event.message_id for event in told]]
        measures = [[event.properties.get(name, 0) for event in told] for name in READ]
        cursor.execute(_MEASURE, [*columns, *measures, *visitor])
        return [pk for pk, human in cursor.fetchall() if human is not None and human < SURE]


def note_heard(site_id: int, now: datetime) -> None:
    """Write down when the site was heard, seldom enough to cost nothing."""
    if time.monotonic() - _noted.get(site_id, -_NOTE_EVERY_SECONDS) >= _NOTE_EVERY_SECONDS:
        _noted[site_id] = time.monotonic()
        Site.objects.filter(pk=site_id).update(last_event_at=now)
