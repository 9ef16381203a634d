"""The board: two queries for its cards and their true sums, however many cards there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zlib import crc32

from django.db.models import Count, Q

from core import keyset
from pipeline.models import Opportunity, OpportunityQuerySet, Pipeline, Stage, StageKind
from pipeline.periods import later
from pipeline.queries.cards import Card, cards_of, for_cards
from pipeline.queries.filters import Filters, midnight
from pipeline.queries.gates import Crowd, crowds
from pipeline.queries.totals import Totals, totals
from users.models import User

FIRST_CARDS, MORE_CARDS = 20, 50  # a screen shows eight; the rest is fetched when somebody scrolls there
MOST_CARDS = 500
PLACE: list[tuple[str, type]] = [("position", float), ("pk", int)]
CLOSED_PLACE: list[tuple[str, type]] = [("closed_at", datetime), ("pk", int)]


@dataclass(slots=True)
class Column:
    """A stage with its totals and its first cards; of won and lost what ended in the current month (UTC)."""

    stage: Stage
    totals: Totals
    cards: list[Card] = field(default_factory=list)
    more: str = ""  # the place to go on from
    list_query: str = ""
    crowd: Crowd | None = None  # where the stage has a limit

    @property
    def mark(self) -> str:
        """Differs as soon as anything that the column shows does."""
        shown = (self.stage.name, self.stage.probability, self.stage.position, self.totals, self.crowd)
        return f"{self.stage.pk}.{crc32(repr(shown).encode()):x}"


@dataclass(slots=True)
class Board:
    """One pipeline's columns."""

    pipeline: Pipeline
    columns: list[Column]
    filters: Filters

    @property
    def people_query(self) -> str:
        """The filters by owner and team, for the address that fetches more."""
        return Filters(owner=self.filters.owner, team=self.filters.team).query()

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


def shown_in(stage: Stage, rows: OpportunityQuerySet, today: date) -> OpportunityQuerySet:
    """Those of the rows that stand in the column, in its order."""
    rows = rows.filter(stage=stage)
    if stage.kind == StageKind.OPEN:
        return rows.open().order_by("position", "pk")
    month = today.replace(day=1)
    closed = rows.filter(closed_at__gte=midnight(month), closed_at__lt=midnight(later(month, 1)))
    return closed.order_by("-closed_at", "-pk")


def totals_of(rows: OpportunityQuerySet, today: date) -> dict[int, Totals]:
    """The true totals per stage of what the board shows. One query."""
    month = today.replace(day=1)
    in_month = Q(closed_at__gte=midnight(month), closed_at__lt=midnight(later(month, 1)))
    return totals(rows.filter(Q(closed_at=None) | in_month), by="stage")


def board(
    user: User, pipeline: Pipeline, filters: Filters, *, now: datetime, shown: Mapping[int, int] | None = None
) -> Board:
    """The pipeline's columns as far as the user may see. Three queries (totals, cards, chips) besides the stages.

    `shown` says how many cards of a column (by stage) the reader has loaded already.
    """
    built = _without_cards(user, pipeline, filters, now=now)
    _fill(built.columns, _rows(user, pipeline, filters), now=now, shown=shown or {})
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
    _fill(changed, _rows(user, pipeline, filters), now=now, shown=shown or {})
    return built, changed


def column_page(user: User, stage: Stage, filters: Filters, *, after: str, now: datetime) -> tuple[list[Card], str]:
    """The next cards of a column, and the place to go on from."""
    rows = for_cards(shown_in(stage, _rows(user, stage.pipeline, filters), now.date()))
    is_open = stage.kind == StageKind.OPEN
    page = keyset.page(
        rows, by=PLACE if is_open else CLOSED_PLACE, descending=not is_open, after=after, size=MORE_CARDS
    )
    return cards_of(page.rows, now=now), page.after


def _rows(user: User, pipeline: Pipeline, filters: Filters) -> OpportunityQuerySet:
    rows = Opportunity.objects.visible_to(user).filter(pipeline=pipeline)
    if filters.owner or filters.team is not None:
        rows = Filters(state="all", owner=filters.owner, team=filters.team).apply(rows, today=date.min)
    return rows


def _without_cards(user: User, pipeline: Pipeline, filters: Filters, *, now: datetime) -> Board:
    stages, today = stages_of(pipeline), now.date()
    rows = _rows(user, pipeline, filters)
    sums, crowded = totals_of(rows, today), crowds(rows, stages)
    kept = Filters(pipeline=pipeline.pk, owner=filters.owner, team=filters.team)
    columns = [
        Column(
            stage=stage,
            totals=sums.get(stage.pk, Totals()),
            crowd=crowded.get(stage.pk),
            list_query=kept.query(stage=stage.pk)
            if stage.kind == StageKind.OPEN
            else kept.query(state=stage.kind, closed=f"{today:%Y-%m}"),
        )
        for stage in stages
    ]
    return Board(pipeline, columns, kept)


def _fill(columns: list[Column], rows: OpportunityQuerySet, *, now: datetime, shown: Mapping[int, int]) -> None:
    """Put the first cards into the columns: one query for the cards of all of them, one for their chips."""
    wanted: dict[int, int] = {
        column.stage.pk: min(max(FIRST_CARDS, shown.get(column.stage.pk, 0)), MOST_CARDS)
        for column in columns
        if column.totals.count
    }
    if not wanted:
        return
    # each arm reads only the first rows of its column from the index
    arms = [
        shown_in(column.stage, rows, now.date()).values("pk")[: wanted[column.stage.pk] + 1]
        for column in columns
        if column.stage.pk in wanted
    ]
    keys = arms[0].union(*arms[1:], all=True) if len(arms) > 1 else arms[0]
    by_stage: dict[int, list[Any]] = {}
    for row in for_cards(Opportunity.objects.filter(pk__in=keys)):
        by_stage.setdefault(row.stage_id, []).append(row)
    kept: dict[int, list[Any]] = {}
    for column in columns:
        is_open = column.stage.kind == StageKind.OPEN
        here = by_stage.get(column.stage.pk, [])
        here.sort(key=lambda row: (row.position, row.pk) if is_open else (_age(row, now), -row.pk))
        size = wanted.get(column.stage.pk, 0)
        kept[column.stage.pk] = here[:size]
        if len(here) > size:
            last = here[size - 1]
            column.more = keyset.encode([last.position if is_open else last.closed_at, last.pk])
    cards = {card.pk: card for card in cards_of((row for rows in kept.values() for row in rows), now=now)}
    for column in columns:
        column.cards = [cards[row.pk] for row in kept[column.stage.pk]]


def _age(row: Any, now: datetime) -> float:
    return (now - (row.closed_at or now)).total_seconds()
