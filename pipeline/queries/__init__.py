"""The questions that pages and other apps ask of `pipeline`."""

from pipeline.queries.board import (
    Board,
    Column,
    archived_stages_of,
    board,
    column_page,
    columns_changed_since,
    count_in,
    pipelines,
    stages_of,
    stages_with_counts,
)
from pipeline.queries.cards import Card, cards_of, for_cards, stay
from pipeline.queries.filters import NOBODY, Filters
from pipeline.queries.handover import suggested, unpromoted
from pipeline.queries.lists import list_page, listed, opportunities_at, opportunities_of, search
from pipeline.queries.records import history_of, people_of, snapshot_of
from pipeline.queries.today import MyDay, my_day
from pipeline.queries.totals import Money, Totals, total, totals

__all__ = [
    "NOBODY",
    "Board",
    "Card",
    "Column",
    "Filters",
    "Money",
    "MyDay",
    "Totals",
    "archived_stages_of",
    "board",
    "cards_of",
    "column_page",
    "columns_changed_since",
    "count_in",
    "for_cards",
    "history_of",
    "list_page",
    "listed",
    "my_day",
    "opportunities_at",
    "opportunities_of",
    "people_of",
    "pipelines",
    "search",
    "snapshot_of",
    "stages_of",
    "stages_with_counts",
    "stay",
    "suggested",
    "total",
    "totals",
    "unpromoted",
]
