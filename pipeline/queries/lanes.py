"""Bands across the board: the same columns for each owner, month of the close, forecast category, or priority."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, F, Q, Value, Window
from django.db.models.functions import Cast, Coalesce, NullIf, RowNumber, TruncMonth

from pipeline.models import Category, OpportunityQuerySet, Priority, Stage, StageKind
from pipeline.queries.cards import Card, cards_of, for_cards
from pipeline.queries.filters import NOBODY, Filters
from pipeline.queries.order import BY_HAND, ON_BOARD, Ordered, in_order
from pipeline.queries.totals import Totals, together, totals
from users.models import User

MOST_LANES, CARDS_IN_CELL = 12, 5
BY: dict[str, Any] = {
    "owner": Cast("owner", BigIntegerField()),  # a bare column beside the card's own would be read once
    "month": TruncMonth("expected_close"),
    "category": Coalesce(NullIf(F("category"), Value("")), F("stage__category")),
    "priority": Cast("priority", CharField()),
}


@dataclass(slots=True, kw_only=True)
class Few:
    """Some of the cards that stand somewhere: true totals, the first cards, and the list of all."""

    totals: Totals
    list_query: str
    cards: list[Card] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """How many are not shown."""
        return self.totals.count - len(self.cards)


@dataclass(slots=True, kw_only=True)
class Cell(Few):
    """What stands in a column of a band."""

    stage: Stage


@dataclass(slots=True)
class Lane:
    """A band; `key` is the owner's id, the month, category or priority, as addresses write it."""

    key: str
    label: str
    totals: Totals
    list_query: str
    cells: list[Cell]


def of_stage(kept: Filters, stage: Stage, today: date, **more: object) -> str:
    """The list of what a column shows."""
    if stage.kind == StageKind.OPEN:
        return kept.query(stage=stage.pk, lanes="", **more)
    return kept.query(state=stage.kind, closed=f"{today:%Y-%m}", lanes="", **more)


def lanes(
    rows: OpportunityQuerySet, kept: Filters, stages: list[Stage], *, now: datetime, me: int
) -> tuple[list[Lane], int]:
    """The first bands with their first cards, and how many bands are left out. Four queries at most."""
    today = now.date()
    rows = rows.annotate(lane=BY[kept.lanes])
    sums = totals(rows, by=("lane", "stage"))
    together_by: dict[Any, Totals] = {
        lane: together(part for (other, _), part in sums.items() if other == lane) for lane in {key for key, _ in sums}
    }
    shown = sorted(together_by, key=lambda lane: _place(kept.lanes, lane, together_by[lane], me))
    shown, left_out = shown[:MOST_LANES], len(shown[MOST_LANES:])
    cards = _cards(rows, kept.sort, shown, now=now)
    names = {}
    if kept.lanes == "owner":
        names = dict(User.objects.filter(pk__in=[pk for pk in shown if pk]).values_list("pk", "name"))
    made = []
    for lane in shown:
        key = _key(kept.lanes, lane)
        narrowed = {{"month": "expected"}.get(kept.lanes, kept.lanes): key}
        cells = [
            Cell(
                stage=stage,
                totals=sums.get((lane, stage.pk), Totals()),
                list_query=of_stage(kept, stage, today, **narrowed),
                cards=cards.get((lane, stage.pk), []),
            )
            for stage in stages
        ]
        open_part = together(cell.totals for cell in cells if cell.stage.kind == StageKind.OPEN)
        label = _label(kept.lanes, lane, names)
        made.append(Lane(key, label, open_part, kept.query(lanes="", **narrowed), cells))
    return made, left_out


def _cards(
    rows: OpportunityQuerySet, sort: str, shown: list[Any], *, now: datetime
) -> dict[tuple[Any, int], list[Card]]:
    """The first cards of each cell."""
    wanted = Q(lane__in=[lane for lane in shown if lane is not None])
    if None in shown:
        wanted |= Q(lane=None)
    ordered = in_order(rows, sort) if sort in ON_BOARD else Ordered(rows, BY_HAND)
    place = Window(RowNumber(), partition_by=[F("lane"), F("stage")], order_by=ordered.by)
    first = ordered.rows.filter(wanted).annotate(place=place).filter(place__lte=CARDS_IN_CELL).order_by(*ordered.by)
    found = list(for_cards(first, "lane"))
    cells: dict[tuple[Any, int], list[Card]] = {}
    for row, card in zip(found, cards_of(found, now=now), strict=True):
        cells.setdefault((row.lane, row.stage_id), []).append(card)
    return cells


def _place(by: str, lane: Any, sums: Totals, me: int) -> tuple[Any, ...]:
    """Owners: oneself, then who has most, nobody last; the others in their order."""
    if by == "owner":
        return (lane != me, lane is None, -sums.count, lane or 0)
    if by == "month":
        return (lane is None, lane or date.max)
    return ((Priority if by == "priority" else Category).values.index(lane),)


def _key(by: str, lane: Any) -> str:
    if lane is None:
        return NOBODY if by == "owner" else "none"
    return f"{lane:%Y-%m}" if by == "month" else str(lane)


def _label(by: str, lane: Any, names: dict[int, str]) -> str:
    if by == "owner":
        return names.get(lane, "Nobody")
    if by == "month":
        return f"{lane:%B %Y}" if lane else "No date"
    return f"{Priority(lane).label} priority" if by == "priority" else str(Category(lane).label)
