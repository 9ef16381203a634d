"""Which opportunities a list shows: read from an address, and written back into one.

The forecast makes its links with it, so that a number and the list behind it are the same question.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q

from leads import normalise
from leads.filters import SaysWrong, asked_wrongly, number
from leads.queries.lists import matching
from pipeline import periods
from pipeline.models import Category, LostReason, OpportunityQuerySet, Priority, StageKind
from pipeline.periods import Period

STATES = ("open", "won", "lost", "all")
SORTS = (
    *("-changed", "changed", "-amount", "amount", "close", "-close", "age", "-age", "name", "-name"),
    *("step", "-step", "priority", "-priority"),
)
LANES = ("owner", "month", "category", "priority")
NOBODY = "nobody"


# what an address may ask of which there is only so much; text finds what it finds
_CHECKED = (
    *("pipeline", "stage", "owner", "team", "expected", "on", "overdue", "closed", "month", "category", "priority"),
    *("rotting", "step", "amount", "currency", "reason", "competitor", "tag"),
)

COUNTED = "counted"  # by the forecast: in any category but omitted


def period_named(text: str) -> Period | None:
    """The month, quarter or year written as 2026-06, 2026-Q2 or 2026; none when it is none."""
    return periods.parse(text, settings.FISCAL_YEAR_START)


def day_named(text: str) -> date | None:
    """The day written as 2026-06-14; none when it is none."""
    if not re.fullmatch(r"(20|21)\d\d-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def in_category(category: str) -> Q:
    """Whose own category, or else that of their stage, is this one; or `counted`."""
    if category == COUNTED:
        return ~(Q(category=Category.OMITTED) | Q(category="", stage__category=Category.OMITTED))
    return Q(category=category) | Q(category="", stage__category=category)


def midnight(day: date) -> datetime:
    """When a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def closed_in(period: Period) -> Q:
    """Closed on one of its UTC days."""
    return Q(closed_at__gte=midnight(period.start), closed_at__lt=midnight(period.end))


@dataclass(frozen=True, slots=True)
class Filters(SaysWrong):
    """Every part is optional. Of what an address asks wrongly there is nothing: else it would show everything."""

    state: str = "open"
    q: str = ""
    pipeline: int | None = None
    stage: int | None = None
    owner: str = ""  # "nobody" or an id
    team: int | None = None
    expected: str = (
        ""  # in this period (2026-06, 2026-Q2, 2026), from it on "2026-06+", up to its end "-2026-06", "none"
    )
    on: str = ""  # expected on this day: 2026-06-14
    overdue: str = ""  # "yes": the expected day is past, "no": it is not
    closed: str = ""  # closed in this period, in UTC
    month: str = ""  # what the forecast counts for this period: won in it, or open, expected in it and not overdue
    category: str = ""  # of the forecast, or "counted"
    priority: str = ""
    rotting: str = ""  # "yes": open, and in its stage for longer than that allows (pipeline.queries.listed)
    step: str = ""  # the next step is "late" (its day is past), or on this day
    amount: str = ""  # "unknown" or "known"
    currency: str = ""
    reason: str = ""
    competitor: int | None = None
    tag: int | None = None
    sort: str = "-changed"
    lanes: str = ""  # on the board: a band for each of these: LANES
    wrong: tuple[tuple[str, str], ...] = ()  # (part, as it was asked)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Filters":
        """The filters of an address's query."""

        def one_of(name: str, known: "tuple[str, ...] | list[str]", default: str = "") -> str:
            value = given.get(name, "")
            return value if value in known else default

        owner, expected, step = (given.get(name, "") for name in ("owner", "expected", "step"))
        currency = given.get("currency", "").upper()
        found = cls(
            state=one_of("state", STATES, "open"),
            q=normalise.line(given.get("q", "")[:500])[:100],
            pipeline=number(given.get("pipeline", "")),
            stage=number(given.get("stage", "")),
            owner=owner if owner == NOBODY or number(owner) is not None else "",
            team=number(given.get("team", "")),
            expected=expected if expected == "none" or period_named(expected.strip("+-")) else "",
            on=given.get("on", "") if day_named(given.get("on", "")) else "",
            overdue=one_of("overdue", ("yes", "no")),
            closed=given.get("closed", "") if period_named(given.get("closed", "")) else "",
            month=given.get("month", "") if period_named(given.get("month", "")) else "",
            category=one_of("category", [COUNTED, *Category.values]),
            priority=one_of("priority", Priority.values),
            rotting=one_of("rotting", ("yes",)),
            step=one_of("step", ("late", step if day_named(step) else "late")),
            amount=one_of("amount", ("unknown", "known")),
            currency=currency if re.fullmatch(r"[A-Z]{3}", currency) else "",
            reason=one_of("reason", LostReason.values),
            competitor=number(given.get("competitor", "")),
            tag=number(given.get("tag", "")),
            sort=one_of("sort", SORTS, "-changed"),
            lanes=one_of("lanes", LANES),
        )
        wrong = asked_wrongly(found, given, _CHECKED)
        if (state := normalise.line(given.get("state", "")[:60])) and state not in STATES:
            wrong = (("state", state), *wrong)
        return replace(found, wrong=wrong) if wrong else found

    def said(self) -> dict[str, Any]:
        """The parts that say something, by name, as an address has them."""
        named = {name: getattr(self, name) for name, standard in _STANDARD if getattr(self, name) != standard}
        return {name: value for name, value in named.items() if value not in (None, "")} | dict(self.wrong)

    def query(self, **changes: object) -> str:
        """The address's query with some parts changed; parts that say nothing are left out."""
        return _written(self, tuple(changes.items()))

    def apply(self, rows: OpportunityQuerySet, *, today: date) -> OpportunityQuerySet:
        """Those of the rows that are wanted. `today` is the UTC day that tells overdue from due."""
        if self.wrong:
            return rows.none()
        rows = rows.filter(self._ended() & self._whose() & self._when(today))
        if self.q:
            rows = rows.filter(matching(normalise.search_text(self.q).split()[:5]))
        if self.amount:
            rows = rows.filter(amount__isnull=self.amount == "unknown")
        if self.currency:
            rows = rows.filter(currency=self.currency)
        if self.priority:
            rows = rows.filter(priority=self.priority)
        if self.competitor is not None:
            rows = rows.filter(competitors=self.competitor)
        if self.tag is not None:
            rows = rows.filter(tags=self.tag)
        return rows

    def _ended(self) -> Q:
        wanted = Q()
        if self.state == "open":
            wanted &= Q(closed_at=None)
        elif self.state != "all":
            wanted &= Q(closed_at__isnull=False, stage__kind=StageKind(self.state))
        if self.closed and (period := period_named(self.closed)):
            wanted &= closed_in(period)
        if self.category:
            wanted &= in_category(self.category)
        if self.reason:
            wanted &= Q(lost_reason=self.reason)
        return wanted

    def _whose(self) -> Q:
        wanted = Q()
        if self.pipeline is not None:
            wanted &= Q(pipeline=self.pipeline)
        if self.stage is not None:
            wanted &= Q(stage=self.stage)
        if self.owner:
            wanted &= Q(owner=None if self.owner == NOBODY else int(self.owner))
        if self.team is not None:
            wanted &= Q(owner__team=self.team)
        return wanted

    def _when(self, today: date) -> Q:
        wanted = Q()
        if self.expected == "none":
            wanted &= Q(expected_close=None)
        elif self.expected and (period := period_named(self.expected.strip("+-"))):
            if not self.expected.startswith("-"):
                wanted &= Q(expected_close__gte=period.start)
            if not self.expected.endswith("+"):
                wanted &= Q(expected_close__lt=period.end)
        if self.month and (period := period_named(self.month)):
            won = Q(stage__kind=StageKind.WON) & closed_in(period)
            due = Q(closed_at=None, expected_close__gte=max(period.start, today), expected_close__lt=period.end)
            wanted &= won | due & in_category(COUNTED)
        if self.overdue:
            wanted &= Q(expected_close__lt=today) if self.overdue == "yes" else Q(expected_close__gte=today)
        if self.on:
            wanted &= Q(expected_close=day_named(self.on))
        if self.step:
            by_day = Q(next_step_on__lt=today) if self.step == "late" else Q(next_step_on=day_named(self.step))
            wanted &= Q(closed_at=None) & by_day
        return wanted


@lru_cache(maxsize=4096)
def _written(filters: Filters, changes: tuple[tuple[str, Any], ...]) -> str:
    """Kept, because a page of the forecast has hundreds, the same ones each time."""
    asked = dict(changes)
    wrong = tuple(pair for pair in filters.wrong if pair[0] not in asked)
    return urlencode(replace(filters, **asked, wrong=wrong).said())


_STANDARD = [(field.name, field.default) for field in fields(Filters) if field.name != "wrong"]
