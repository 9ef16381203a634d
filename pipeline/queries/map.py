"""What is open in a pipeline by stage, age and value."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Count
from django.urls import reverse

from pipeline.models import Pipeline, Stage, StageKind
from pipeline.queries.board import stages_of
from pipeline.queries.cards import stay
from pipeline.queries.filters import Filters
from pipeline.queries.lists import listed
from pipeline.scatter import Axes, Spot
from users.models import User

MOST_POINTS = 300


@dataclass(frozen=True, slots=True)
class Point:
    """An opportunity on the map."""

    name: str
    owner: str
    url: str
    stage: str
    spot: Spot
    is_rotting: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Map:
    """The largest of one currency; how many there are of it, without an amount, and in other currencies."""

    currency: str
    stages: list[Stage]
    axes: Axes
    points: list[Point]
    count: int
    unknown: int
    others: int
    filters: Filters

    @property
    def left_out(self) -> int:
        """How many of the currency are not drawn."""
        return self.count - len(self.points)


def map_of(user: User, pipeline: Pipeline, filters: Filters, *, now: datetime) -> Map:
    """Two queries: how many there are per currency, and the largest of the one that is shown."""
    kept = replace(filters, pipeline=pipeline.pk, state="open", closed="", reason="", lanes="")
    stages = [stage for stage in stages_of(pipeline) if stage.kind == StageKind.OPEN]
    rows = listed(user, kept, now=now).filter(stage__in=stages)
    found = rows.order_by().values("currency").annotate(rows=Count("pk"), known=Count("amount"))
    in_turn = sorted(found, key=lambda row: (-row["known"], row["currency"]))
    counts = {row["currency"]: (row["rows"], row["known"]) for row in in_turn}
    currency = kept.currency or next(iter(counts), pipeline.currency)
    count, known = counts.pop(currency, (0, 0))
    at = {stage.pk: column for column, stage in enumerate(stages)}
    named = {stage.pk: stage for stage in stages}
    largest = rows.filter(currency=currency, amount__isnull=False).order_by("-amount", "pk")
    read = largest.values_list("pk", "name", "owner__name", "stage", "stage_entered_at", "amount")[:MOST_POINTS]
    placed = []
    for pk, name, owner, stage_id, entered, amount in read:
        stage = named[stage_id]
        days, is_rotting = stay(entered, None, stage.rots_after_days, now)
        spot = Spot(at[stage_id], days, amount or Decimal(0))
        placed.append((pk, name, owner or "Nobody", stage.name, spot, is_rotting))
    spots = [spot for *_, spot, _ in placed]
    axes = Axes.around(spots, [stage.rots_after_days for stage in stages])
    points = [
        Point(
            name, owner, reverse("opportunity", args=[pk]), stage, spot, is_rotting, axes.x(spot), axes.y(spot.amount)
        )
        for pk, name, owner, stage, spot, is_rotting in placed
    ]
    others = sum(many for many, _ in counts.values())
    return Map(currency, stages, axes, points, known, count - known, others, kept)
