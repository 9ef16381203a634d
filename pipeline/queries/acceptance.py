"""How hand-offs go: accepted or not, how soon, why not; by whatever tells them apart."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.db.models import DateTimeField, Exists, OuterRef, QuerySet, Subquery

from activities.models import Activity, ActivityKind
from core import keyset
from leads.models import Source
from pipeline.models import HandOff, HandOffQuerySet, HandOffState, Promoted, RejectReason, StageKind
from pipeline.queries.availability import TAKEN
from pipeline.queries.hand_offs import for_rows
from scoring.proportions import Share
from users.models import User

RESPONSES = (ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.MEETING, ActivityKind.REPLY)
PERIODS = {"30": "30 days", "90": "90 days", "365": "A year"}
LATELY = {"7": "7 days", "28": "28 days"}  # what the fair share looks at
GROUPS = {
    "source": "Source",
    "campaign": "Campaign",
    "version": "Definition",
    "rep": "Rep",
    "rule": "Routing rule",
    "promoted": "Way of promotion",
}
DECIDED = (HandOffState.ACCEPTED, HandOffState.REJECTED, HandOffState.EXPIRED)
ENDS = (StageKind.WON, StageKind.LOST)
PAGE_SIZE = 50
NONE = "none"


def _is_number_or_none(value: str) -> bool:
    return value == NONE or (value.isascii() and value.isdigit() and int(value) < 2**31)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; every number of the page is a link with some of these."""

    days: str = "90"
    state: str = ""
    reason: str = ""
    source: str = ""
    campaign: str = ""
    version: str = ""
    rep: str = ""
    rule: str = ""
    promoted: str = ""
    override: str = ""
    response: str = ""
    ended: str = ""

    @classmethod
    def read(cls, given: Any) -> "Wanted":
        """From an address; what is no value of a field is passed over."""
        allowed: dict[str, set[str]] = {
            "days": {*PERIODS, *LATELY},
            "state": {*HandOffState.values, "decided", "taken"},
            "reason": set(RejectReason.values),
            "source": set(Source.values),
            "promoted": set(Promoted.values),
            "override": {"yes", "no"},
            "response": {"yes", "no"},
            "ended": {"closed", StageKind.WON, StageKind.LOST},
        }
        kept = {}
        for name in cls.__slots__:
            value = str(given.get(name, ""))[:200].replace("\0", "")
            if value and (name not in allowed or value in allowed[name]):
                kept[name] = value
        for name in ("version", "rep"):
            if not _is_number_or_none(kept.get(name, NONE)):
                del kept[name]
        return cls(**kept)

    def query(self, **more: str) -> str:
        """As an address, with other values for some fields."""
        values = {name: getattr(self, name) for name in self.__slots__} | more
        return urlencode({name: value for name, value in values.items() if value})

    def apply(self, rows: HandOffQuerySet, *, now: datetime) -> HandOffQuerySet:
        """The hand-offs that are wanted."""
        rows = rows.filter(offered_at__gte=now - timedelta(days=int(self.days)))
        if self.state == "decided":
            rows = rows.filter(state__in=DECIDED)
        elif self.state == "taken":
            rows = rows.filter(state__in=TAKEN)
        elif self.state:
            rows = rows.filter(state=self.state)
        for name in ("reason", "source", "campaign", "rule", "promoted"):
            value = getattr(self, name)
            if value:
                rows = rows.filter(**{name: "" if value == NONE else value})
        if self.version:
            rows = rows.filter(definition_version=None if self.version == NONE else int(self.version))
        if self.rep:
            rows = rows.filter(rep=None if self.rep == NONE else int(self.rep))
        if self.override:
            rows = rows.filter(is_override=self.override == "yes")
        if self.response:
            has = Exists(_responses())
            rows = rows.filter(has if self.response == "yes" else ~has, state=HandOffState.ACCEPTED)
        if self.ended:
            kinds = ENDS if self.ended == "closed" else [self.ended]
            rows = rows.filter(opportunity__stage__kind__in=kinds, state=HandOffState.ACCEPTED)
        return rows


def with_response(rows: HandOffQuerySet) -> HandOffQuerySet:
    """When somebody first called, wrote, met or heard from them after it was accepted."""
    first = _responses().order_by("at").values("at")[:1]
    return rows.annotate(first_response=Subquery(first, output_field=DateTimeField()))


def _responses() -> "QuerySet[Activity]":
    return Activity.objects.filter(
        contact=OuterRef("contact"), kind__in=RESPONSES, actor__isnull=False, at__gte=OuterRef("decided_at")
    )


def _median(times: list[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(one.total_seconds() for one in times)) if times else None


def in_words(length: timedelta | None) -> str:
    """A length as people say it: 25 min, 3 h, 2 d; unknown is a dash."""
    if length is None:
        return "—"
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} d"


@dataclass(slots=True)
class Figures:
    """A group of hand-offs, or all of them."""

    label: str
    wanted: Wanted
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    answered: list[timedelta] = field(default_factory=list)
    responded: list[timedelta] = field(default_factory=list)
    overrides: int = 0
    ended: Counter[str] = field(default_factory=Counter)  # accepted ones whose opportunity is closed, by won and lost

    @property
    def accepted(self) -> int:
        return self.counts[HandOffState.ACCEPTED]

    @property
    def decided(self) -> int:
        return sum(self.counts[state] for state in DECIDED)

    @property
    def rate(self) -> Share:
        """Of those that were decided."""
        return Share(self.accepted, self.decided)

    @property
    def won_rate(self) -> Share:
        """Of those that were accepted and are closed by now."""
        return Share(self.ended[StageKind.WON], self.ended.total())

    @property
    def waiting(self) -> int:
        return self.counts[HandOffState.OFFERED]

    @property
    def time_to_answer(self) -> timedelta | None:
        """Median, of those that were asked and accepted."""
        return _median(self.answered)

    @property
    def time_to_respond(self) -> timedelta | None:
        """Median, of those with a response."""
        return _median(self.responded)

    @property
    def top_reasons(self) -> list[tuple[str, int, str]]:
        """(reason, how many, the address of their list), most first."""
        ordered = sorted(self.reasons.items(), key=lambda one: (-one[1], one[0]))
        return [(RejectReason(key).label, n, self.wanted.query(state="rejected", reason=key)) for key, n in ordered]

    @property
    def decided_query(self) -> str:
        return self.wanted.query(state="decided")

    @property
    def accepted_query(self) -> str:
        return self.wanted.query(state="accepted")

    @property
    def won_query(self) -> str:
        return self.wanted.query(ended=StageKind.WON)

    @property
    def closed_query(self) -> str:
        return self.wanted.query(ended="closed")

    @property
    def rejected_query(self) -> str:
        return self.wanted.query(state="rejected")

    @property
    def expired_query(self) -> str:
        return self.wanted.query(state="expired")

    @property
    def waiting_query(self) -> str:
        return self.wanted.query(state="offered")

    @property
    def responded_query(self) -> str:
        return self.wanted.query(response="yes")

    @property
    def override_query(self) -> str:
        return self.wanted.query(override="yes")

    @property
    def answer_words(self) -> str:
        return in_words(self.time_to_answer)

    @property
    def response_words(self) -> str:
        return in_words(self.time_to_respond)

    @property
    def rejected(self) -> int:
        return self.counts[HandOffState.REJECTED]

    @property
    def expired(self) -> int:
        return self.counts[HandOffState.EXPIRED]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The whole page. `against` were promoted although the definition was not met, `met` all the others."""

    total: Figures
    against: Figures
    met: Figures
    groups: list[Figures]
    by: str


def acceptance(user: User, *, days: str, by: str, now: datetime) -> Acceptance:
    """One query; rows of a period are read as plain values, and counted here."""
    base = Wanted(days=days if days in PERIODS else "90")
    by = by if by in GROUPS else "source"
    column = {"version": "definition_version", "rep": "rep"}.get(by, by)
    rows = with_response(base.apply(HandOff.objects.visible_to(user), now=now)).order_by()
    read = rows.values_list(
        *(column, "state", "reason", "offered_at", "decided_at", "due_at", "first_response", "is_override"),
        *("rep__name", "opportunity__stage__kind"),
    )
    total, groups = Figures("All", base), dict[str, Figures]()
    against, met = (Figures("", replace(base, override=word)) for word in ("yes", "no"))
    for key, state, reason, offered, decided, due, response, is_override, rep, kind in read.iterator():
        name = str(key) if key not in (None, "") else NONE
        if name not in groups:
            groups[name] = Figures(_label(by, name, rep), replace(base, **{by: name}))
        for figures in (total, groups[name], against if is_override else met):
            figures.counts[state] += 1
            figures.overrides += is_override
            if reason:
                figures.reasons[reason] += 1
            if state == HandOffState.ACCEPTED and due is not None:
                figures.answered.append(decided - offered)
            if state == HandOffState.ACCEPTED and response is not None:
                figures.responded.append(response - decided)
            if state == HandOffState.ACCEPTED and kind in ENDS:
                figures.ended[kind] += 1
    return Acceptance(total, against, met, sorted(groups.values(), key=lambda one: (-one.decided, one.label)), by)


def _label(by: str, key: str, rep: str | None) -> str:
    if by == "rep":
        return rep or "Nobody yet"
    if key == NONE:
        return {"campaign": "No campaign", "rule": "No rule", "version": "No definition"}.get(by, "Unknown")
    if by == "source":
        return str(Source(key).label)
    if by == "promoted":
        return str(Promoted(key).label)
    return f"v{key}" if by == "version" else key


def listed(user: User, wanted: Wanted, *, now: datetime, after: str = "", before: str = "") -> "keyset.Page[HandOff]":
    """The list behind a number, the newest first. One query."""
    rows = with_response(wanted.apply(HandOff.objects.visible_to(user), now=now))
    keys: list[tuple[str, type]] = [("offered_at", datetime), ("pk", int)]
    return keyset.page(for_rows(rows), by=keys, descending=True, after=after, before=before, size=PAGE_SIZE)


def answered_in(row: HandOff) -> timedelta | None:
    """How long the rep took to say yes or no, where they were asked."""
    answered = row.state in (HandOffState.ACCEPTED, HandOffState.REJECTED)
    if not answered or row.due_at is None or row.decided_at is None:
        return None
    return row.decided_at - row.offered_at
