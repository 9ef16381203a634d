"""A month of opportunities: each on the day of its expected close, or of its next step."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from pipeline.models import OpportunityQuerySet
from pipeline.periods import later
from pipeline.queries.cards import Card, cards_of, for_cards
from pipeline.queries.filters import Filters
from pipeline.queries.lanes import Few
from pipeline.queries.lists import listed
from pipeline.queries.totals import Totals, together, totals
from users.models import User

CARDS_IN_DAY = 4
BY = {"close": "expected_close", "step": "next_step_on"}  # what a calendar goes by -> its column


@dataclass(slots=True, kw_only=True)
class Day(Few):
    """A day with what falls on it, the largest first."""

    day: date
    is_outside: bool  # of the month


@dataclass(slots=True)
class Month:
    """Whole weeks from Monday on, the totals of the month itself, and of what has no day."""

    first: date
    weeks: list[list[Day]]
    totals: Totals
    dateless: int
    dateless_query: str

    @property
    def days(self) -> list[Day]:
        """Those of the month on which something falls."""
        return [day for week in self.weeks for day in week if day.totals.count and not day.is_outside]


def month_of(user: User, filters: Filters, first: date, *, by: str, now: datetime) -> Month:
    """What is open, on the days of the weeks of a month. Four queries."""
    column = BY[by]
    kept = replace(filters, state="open", closed="", reason="", expected="", on="", month="", lanes="")
    kept = replace(kept, step="") if by == "step" else replace(kept, overdue="")
    rows = listed(user, kept, now=now)
    start = first - timedelta(days=first.weekday())
    end = later(first, 1)
    end += timedelta(days=-end.weekday() % 7)
    seen = rows.filter(**{f"{column}__gte": start, f"{column}__lt": end})
    sums = totals(seen, by=column)
    cards = _cards(seen, column, now=now)
    days = [start + timedelta(days=step) for step in range((end - start).days)]
    made = [
        Day(
            day=day,
            is_outside=(day.year, day.month) != (first.year, first.month),
            totals=sums.get(day, Totals()),
            list_query=kept.query(**{"on" if by == "close" else "step": day.isoformat()}),
            cards=cards.get(day, []),
        )
        for day in days
    ]
    return Month(
        first=first,
        weeks=[made[at : at + 7] for at in range(0, len(made), 7)],
        totals=together(day.totals for day in made if not day.is_outside),
        dateless=rows.filter(**{column: None}).count(),
        dateless_query=kept.query(expected="none") if by == "close" else kept.query(sort="-step"),
    )


def _cards(rows: OpportunityQuerySet, column: str, *, now: datetime) -> dict[date, list[Card]]:
    """The largest of each day."""
    largest = [F("amount").desc(nulls_last=True), F("pk").asc()]
    place = Window(RowNumber(), partition_by=[F(column)], order_by=largest)
    days: dict[date, list[Card]] = {}
    first = rows.annotate(place=place).filter(place__lte=CARDS_IN_DAY).order_by(*largest)
    for card in cards_of(for_cards(first), now=now):
        days.setdefault(getattr(card, column), []).append(card)
    return days
