"""In which order lists and columns show opportunities."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BigIntegerField, Case, CharField, F, Value, When
from django.db.models.functions import Cast, Coalesce, Left

from pipeline.models import OpportunityQuerySet, Priority

# sort -> columns whose values, together, are unique
KEYS: dict[str, list[tuple[str, type]]] = {
    "changed": [("changed_at", datetime), ("pk", int)],
    "amount": [("cents", int), ("pk", int)],
    "close": [("day", str), ("pk", int)],
    "step": [("day", str), ("pk", int)],
    "age": [("stage_entered_at", datetime), ("pk", int)],
    "priority": [("rank", int), ("pk", int)],
    "name": [("beginning", str), ("pk", int)],
}
BY_HAND: list[tuple[str, type]] = [("position", float), ("pk", int)]
CLOSED: list[tuple[str, type]] = [("closed_at", datetime), ("pk", int)]
# how a column of the board is sorted; otherwise by hand
ON_BOARD = {
    "-priority": "priority first",
    "-amount": "largest first",
    "close": "closing first",
    "-age": "longest in stage",
    "step": "next step first",
}
RANK = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2}


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows that carry what they are sorted by; `keys` are the columns with their types."""

    rows: OpportunityQuerySet
    keys: list[tuple[str, type]]
    down: bool = False

    @property
    def by(self) -> list[str]:
        """As `order_by` takes it."""
        return [f"{'-' if self.down else ''}{name}" for name, _ in self.keys]

    @property
    def annotations(self) -> list[str]:
        """What `for_cards` has to bring along."""
        return [*self.rows.query.annotations]


def in_order(rows: OpportunityQuerySet, sort: str) -> Ordered:
    """The rows by `sort`; what has no amount or day comes last either way."""
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key == "amount":
        cents = Cast(F("amount") * 100, BigIntegerField())
        rows = rows.annotate(cents=Coalesce(cents, Value(-1 if down else 10**15, output_field=BigIntegerField())))
    elif key in ("close", "step"):
        last = Value(date.min if down else date.max)
        column = "expected_close" if key == "close" else "next_step_on"
        rows = rows.annotate(day=Cast(Coalesce(F(column), last), CharField()))
    elif key == "priority":
        rows = rows.annotate(rank=Case(*(When(priority=one, then=rank) for one, rank in RANK.items())))
    elif key == "name":  # a place in the list must fit into an address
        rows = rows.annotate(beginning=Left("name", 40))
    elif key == "age":  # the oldest has entered first
        down = not down
    return Ordered(rows, KEYS[key], down)
