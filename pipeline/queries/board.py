"""The board: two queries for its cards and their true sums, however many cards there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zlib import crc32

from django.db.models import Count, Q

from core import keyset
from pipeline.exchange import Together
from pipeline.models import Opportunity, OpportunityQuerySet, Pipeline, Stage, StageKind
from pipeline.periods import later
from pipeline.queries.cards import Card, cards_of, for_cards
from pipeline.queries.currencies import together
from pipeline.queries.filters import Filters, midnight
from pipeline.queries.gates import Crowd, crowds
from pipeline.queries.lanes import Lane, lanes, of_stage
from pipeline.queries.lists import listed
from pipeline.queries.order import BY_HAND, CLOSED, ON_BOARD, Ordered, in_order
from pipeline.queries.totals import Totals, totals
from users.models import User

FIRST_CARDS, MORE_CARDS = 20, 50  # a screen shows eight; the rest is fetched when somebody scrolls there
MOST_CARDS = 500


@dataclass(slots=True)
class Column:
    """A stage with its totals and its first cards; of won and lost what ended in the current month (UTC)."""

    stage: Stage
    totals: Totals
    cards: list[Card] = field(default_factory=list)
    more: str = ""  # the place to go on from
    list_query: str = ""
    together: Together | None = None  # where currencies mix
    crowd: Crowd | None = None  # where the stage has a limit

    @property
    def mark(self) -> str:
        """Differs as soon as anything that the column shows does."""
        shown = (self.stage.name, self.stage.probability, self.stage.position, self.totals, self.crowd, self.together)
        return f"{self.stage.pk}.{crc32(repr(shown).encode()):x}"


@dataclass(slots=True)
class Board:
    """One pipeline's columns, or bands across them (`lanes`); `filters` are those by which the board goes."""

    pipeline: Pipeline
    columns: list[Column]
    filters: Filters
    lanes: list[Lane] = field(default_factory=list)
    lanes_left_out: int = 0

    @property
    def query(self) -> str:
        """The filters, for the addresses that fetch more."""
        return self.filters.query()

    @property
    def is_sorted(self) -> bool:
        """By something else than hands."""
        return self.filters.sort in ON_BOARD

    @property
    def cursor(self) -> str:
        """What a reader of this board has seen."""
        return "-".join(column.mark for column in self.columns)


def pipelines(*, retired: bool = False) -> list[Pipeline]:
    """The pipelines in use (or all) with their stages, in one query."""
    stages = (
        Stage.objects.on_board().select_related("pipeline").order_by("pipeline__position", "pipeline", "position", "pk")
    )
    found: dict[int, Pipeline] = {}
    for stage in stages if retired else stages.filter(pipeline__archived_at=None):
        pipeline = found.setdefault(stage.pipeline_id, stage.pipeline)
        stage.pipeline = pipeline
        cache = pipeline.__dict__.setdefault("_prefetched_objects_cache", {})
        cache.setdefault("stages", []).append(stage)
    return list(found.values())


def stages_of(pipeline: Pipeline) -> list[Stage]:
    """The stages in the order of the board; won and lost last. No query after `pipelines`."""
    last = {StageKind.OPEN: 0, StageKind.WON: 1, StageKind.LOST: 2}
    stages = list(getattr(pipeline, "_prefetched_objects_cache", {}).get("stages") or pipeline.stages.on_board())
    return sorted(stages, key=lambda stage: (last[StageKind(stage.kind)], stage.position, stage.pk))


def stages_with_counts(pipeline: Pipeline) -> list[tuple[Stage, int]]:
    """The stages in the order of the board, and how many opportunities are in each. One query."""
    counts = dict(Opportunity.objects.filter(pipeline=pipeline).values_list("stage").annotate(Count("pk")).order_by())
    return [(stage, counts.get(stage.pk, 0)) for stage in stages_of(pipeline)]


def count_in(stage: Stage) -> int:
    """How many opportunities stand in it."""
    return Opportunity.objects.filter(stage=stage).count()


def archived_stages_of(pipeline: Pipeline) -> list[Stage]:
    """The stages that are on the board no more, by name."""
    return list(Stage.objects.filter(pipeline=pipeline, archived_at__isnull=False).order_by("name"))


def shown_in(stage: Stage, rows: OpportunityQuerySet, sort: str, today: date) -> Ordered:
    """Those of the rows that stand in the column, in its order."""
    rows = rows.filter(stage=stage)
    if stage.kind == StageKind.OPEN:
        rows = rows.open()
        return in_order(rows, sort) if sort in ON_BOARD else Ordered(rows, BY_HAND)
    return Ordered(rows.filter(_closed_lately(today)), CLOSED, down=True)


def _closed_lately(today: date) -> Q:
    month = today.replace(day=1)
    return Q(closed_at__gte=midnight(month), closed_at__lt=midnight(later(month, 1)))


def board(
    user: User, pipeline: Pipeline, filters: Filters, *, now: datetime, shown: Mapping[int, int] | None = None
) -> Board:
    """The pipeline's columns as far as the user may see. Three queries (totals, cards, chips) besides the stages.

    `shown` says how many cards of a column (by stage) the reader has loaded already. With lanes one query more.
    """
    built = _without_cards(user, pipeline, filters, now=now)
    rows = _rows(user, built.filters, now)
    if filters.lanes:
        seen = rows.filter(Q(closed_at=None) | _closed_lately(now.date()))
        stages = [column.stage for column in built.columns]
        built.lanes, built.lanes_left_out = lanes(seen, built.filters, stages, now=now, me=user.pk)
    else:
        _fill(built, rows, built.columns, now=now, shown=shown or {})
    return built


def columns_changed_since(
    user: User,
    pipeline: Pipeline,
    filters: Filters,
    cursor: str,
    *,
    now: datetime,
    shown: Mapping[int, int] | None = None,
) -> tuple[Board, list[Column]]:
    """The board without cards, and with cards those columns that differ from what `cursor` says was seen.

    The cursor describes what was seen, not when: a change that commits late is found all the same.
    """
    built = _without_cards(user, pipeline, filters, now=now)
    seen = set(cursor.split("-"))
    changed = [column for column in built.columns if column.mark not in seen]
    if not filters.lanes:
        _fill(built, _rows(user, built.filters, now), changed, now=now, shown=shown or {})
    return built, changed


def column_page(user: User, stage: Stage, filters: Filters, *, after: str, now: datetime) -> tuple[list[Card], str]:
    """The next cards of a column, and the place to go on from."""
    rows = _rows(user, _of_board(filters, stage.pipeline), now)
    ordered = shown_in(stage, rows, filters.sort, now.date())
    read = for_cards(ordered.rows, *ordered.annotations)
    page = keyset.page(read, by=ordered.keys, descending=ordered.down, after=after, size=MORE_CARDS)
    return cards_of(page.rows, now=now), page.after


def _of_board(filters: Filters, pipeline: Pipeline) -> Filters:
    """What of the filters means something where every stage has its column."""
    return replace(filters, pipeline=pipeline.pk, state="open", stage=None, closed="", reason="")


def _rows(user: User, filters: Filters, now: datetime) -> OpportunityQuerySet:
    return listed(user, replace(filters, state="all"), now=now)


def _without_cards(user: User, pipeline: Pipeline, filters: Filters, *, now: datetime) -> Board:
    kept, today = _of_board(filters, pipeline), now.date()
    stages, rows = stages_of(pipeline), _rows(user, kept, now)
    shown = rows.filter(Q(closed_at=None) | _closed_lately(today))
    sums, crowded = totals(shown, by="stage"), crowds(rows, stages)
    mixed = together(shown, sums, by="stage", today=today)
    columns = [
        Column(
            stage=stage,
            totals=sums.get(stage.pk, Totals()),
            crowd=crowded.get(stage.pk),
            together=mixed.get(stage.pk),
            list_query=of_stage(kept, stage, today),
        )
        for stage in stages
    ]
    return Board(pipeline, columns, kept)


def _fill(
    built: Board, rows: OpportunityQuerySet, columns: list[Column], *, now: datetime, shown: Mapping[int, int]
) -> None:
    """Put the first cards into the columns: one query for the cards of all of them, one for their chips."""
    today, sort = now.date(), built.filters.sort
    wanted: dict[int, int] = {
        column.stage.pk: min(max(FIRST_CARDS, shown.get(column.stage.pk, 0)), MOST_CARDS)
        for column in columns
        if column.totals.count
    }
    if not wanted:
        return
    ordered = {column.stage.pk: shown_in(column.stage, rows, sort, today) for column in columns}
    # each arm reads only the first rows of its column from the index
    arms = [ordered[pk].rows.order_by(*ordered[pk].by).values("pk")[: size + 1] for pk, size in wanted.items()]
    keys = arms[0].union(*arms[1:], all=True) if len(arms) > 1 else arms[0]
    found = Opportunity.objects.filter(pk__in=keys)
    open_ones = in_order(found, sort) if built.is_sorted else Ordered(found, BY_HAND)
    by_stage: dict[int, list[Any]] = {}
    for row in for_cards(open_ones.rows.order_by(*open_ones.by), *open_ones.annotations):
        by_stage.setdefault(row.stage_id, []).append(row)
    kept: dict[int, list[Any]] = {}
    for column in columns:
        here = by_stage.get(column.stage.pk, [])
        if column.stage.kind != StageKind.OPEN:
            here.sort(key=lambda row: (_age(row, now), -row.pk))
        size = wanted.get(column.stage.pk, 0)
        kept[column.stage.pk] = here[:size]
        if len(here) > size:
            column.more = keyset.encode([getattr(here[size - 1], name) for name, _ in ordered[column.stage.pk].keys])
    cards = {card.pk: card for card in cards_of((row for rows in kept.values() for row in rows), now=now)}
    for column in columns:
        column.cards = [cards[row.pk] for row in kept[column.stage.pk]]


def _age(row: Any, now: datetime) -> float:
    return (now - (row.closed_at or now)).total_seconds()
