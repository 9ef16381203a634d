"""The log of events, newest arrivals first."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Max, Q, QuerySet

from core import keyset
from leads.filters import SaysWrong, asked_wrongly, number
from leads.human import WORDS
from leads.models import Contact, EngagementEvent, HumanRule, Rejudging
from users.models import User

SIZE = 50
# Without an index for its filters a page looks at so many arrivals and says how far it came; the next goes on there.
WINDOW = 200_000
MOST_SOURCES = 100
STANDINGS = {"people": "By people", "quarantined": "Quarantine", "unjudged": "Not judged"}


@dataclass(frozen=True, slots=True)
class EventFilter(SaysWrong):
    """Every part is optional. Of what an address asks wrongly there is nothing: else it would show everything."""

    kind: str = ""
    source: str = ""
    standing: str = ""  # one of STANDINGS
    reason: str = ""  # a sign
    who: str = ""  # "known" or "unknown"
    contact: int | None = None
    visitor: int | None = None  # an identity
    wrong: tuple[tuple[str, str], ...] = ()  # (part, as it was asked)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "EventFilter":
        """The filter of an address's query."""
        kind, source = (given.get(name, "").replace("\0", "")[:64] for name in ("kind", "source"))
        standing, reason, who = (given.get(name, "") for name in ("standing", "reason", "who"))
        found = cls(
            kind=kind,
            source=source.encode("utf-8", "replace").decode(),
            standing=standing if standing in STANDINGS else "",
            reason=reason if reason in WORDS else "",
            who=who if who in {"known", "unknown"} else "",
            contact=number(given.get("contact", "")),
            visitor=number(given.get("visitor", "")),
        )
        return replace(found, wrong=asked_wrongly(found, given, ("standing", "reason", "who", "contact", "visitor")))

    def query(self, **changes: object) -> str:
        """The address's query, with some parts changed."""
        row = replace(self, **changes)  # type: ignore[arg-type]
        said = {one.name: value for one in fields(row) if one.name != "wrong" and (value := getattr(row, one.name))}
        return urlencode(said | {name: value for name, value in self.wrong if name not in changes})

    @property
    def is_empty(self) -> bool:
        return self == EventFilter()

    @property
    def is_indexed(self) -> bool:
        """Whether an index leads straight to what is wanted."""
        return self.is_empty or bool(self.wrong or self.contact or self.visitor or self.standing == "quarantined")


@dataclass(frozen=True, slots=True)
class EventPage:
    """Rows, the places to go on from, and, when a page only looked at part of the log, until when it looked."""

    rows: list[EngagementEvent]
    newer: str = ""
    older: str = ""
    looked_to: datetime | None = None


def events_of(user: User, wanted: EventFilter) -> QuerySet[EngagementEvent]:
    """The events that the filter leaves; unknown visitors are shown to whoever may open the log."""
    if wanted.wrong:
        return EngagementEvent.objects.none()
    rows = EngagementEvent.objects.all()
    if not user.sees_everything:
        rows = rows.filter(Q(contact=None) | Q(contact__in=Contact.objects.visible_to(user)))
    if wanted.kind:
        rows = rows.filter(kind__key=wanted.kind)
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.standing == "quarantined":
        rows = rows.filter(is_quarantined=True)
    elif wanted.standing == "people":
        rows = rows.filter(is_quarantined=False, human__isnull=False)
    elif wanted.standing == "unjudged":
        rows = rows.filter(human=None)
    if wanted.reason:
        rows = rows.filter(human_reasons__contains=[wanted.reason])
    if wanted.who:
        rows = rows.filter(contact__isnull=wanted.who == "unknown")
    if wanted.contact:
        rows = rows.filter(contact=wanted.contact)
    if wanted.visitor:
        rows = rows.filter(identity=wanted.visitor)
    return rows


def event_page(user: User, wanted: EventFilter, *, after: str = "", before: str = "") -> EventPage:
    """A page of the log beside a place; never looks at more than WINDOW arrivals where no index helps."""
    rows = events_of(user, wanted).select_related("kind", "identity", "contact", "agent")
    older_than, newer_than = keyset.decode(after, int), keyset.decode(before, int)
    if newer_than and not older_than:
        return _newer(rows, wanted, newer_than[0])
    start = older_than[0] if older_than else _newest() + 1
    floor = 0 if wanted.is_indexed else max(0, start - WINDOW)
    found = list(rows.filter(pk__lt=start, pk__gte=floor).order_by("-pk")[: SIZE + 1])
    older = keyset.encode([found[SIZE - 1].pk]) if len(found) > SIZE else keyset.encode([floor]) if floor > 1 else ""
    first = found[0].pk if found else start - 1
    return EventPage(
        found[:SIZE],
        newer=keyset.encode([first]) if older_than else "",
        older=older,
        looked_to=_arrival(floor) if floor > 1 and len(found) <= SIZE else None,
    )


def _newer(rows: QuerySet[EngagementEvent], wanted: EventFilter, place: int) -> EventPage:
    top = keyset.BIGGEST if wanted.is_indexed else min(keyset.BIGGEST, place + WINDOW)
    found = list(rows.filter(pk__gt=place, pk__lte=top).order_by("pk")[: SIZE + 1])
    more, shown = len(found) > SIZE, found[:SIZE][::-1]
    last = shown[-1].pk if shown else place + 1
    return EventPage(shown, newer=keyset.encode([shown[0].pk]) if more else "", older=keyset.encode([last]))


def count_events(user: User, wanted: EventFilter) -> tuple[int, bool]:
    """How many, at most 10,001, and whether only the newest WINDOW arrivals were counted."""
    rows, newest = events_of(user, wanted), _newest()
    is_part = not wanted.is_indexed and newest > WINDOW
    if is_part:
        rows = rows.filter(pk__gt=newest - WINDOW)
    return keyset.capped_count(rows), is_part


def _newest() -> int:
    return int(EngagementEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def _arrival(pk: int) -> datetime | None:
    return EngagementEvent.objects.filter(pk__gte=pk).order_by("pk").values_list("received_at", flat=True).first()


def event_sources() -> list[str]:
    """All sources in use, by skipping from one to the next in the index that keeps messages unique."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH RECURSIVE known AS (
                (SELECT source FROM leads_engagementevent ORDER BY source LIMIT 1)
                UNION ALL
                SELECT (SELECT source FROM leads_engagementevent e WHERE e.source > known.source
                        ORDER BY source LIMIT 1)
                FROM known WHERE known.source IS NOT NULL
            ) SELECT source FROM known WHERE source IS NOT NULL LIMIT %s""",
            [MOST_SOURCES],
        )
        return [row[0] for row in cursor.fetchall()]


def human_rule() -> HumanRule:
    """The rule; what a new installation starts with while nobody has changed it."""
    return HumanRule.objects.filter(pk=1).first() or HumanRule()


def rejudging(*, finished_since: datetime) -> Rejudging | None:
    """The run that judges history again, also a while after it has ended."""
    return Rejudging.objects.filter(Q(finished_at=None) | Q(finished_at__gt=finished_since)).order_by("-pk").first()
