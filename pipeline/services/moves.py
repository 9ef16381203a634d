"""Cards go from column to column and up and down in it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Min, Q

from core.errors import Refused
from core.locks import locked
from pipeline import places, terms
from pipeline.models import Opportunity, Stage, StageKind
from pipeline.services.gates import Answers, enter
from pipeline.services.items import keep_to_items
from pipeline.services.offers import accept_by_working
from pipeline.services.rows import hold_opportunity, hold_stage, record_move, store
from users.models import User


@transaction.atomic
def move(
    *,
    opportunity_id: int,
    stage_id: int,
    now: datetime,
    actor: User,
    after_id: int | None = None,
    version: int | None = None,
    answers: Answers | None = None,
    across: bool = False,
    stays: bool = False,
    **fields: Any,
) -> Opportunity:
    """Put an open card into a column, below the card `after_id` or on top.

    `fields` and `answers` are what the stage asks for; Refused names all that is still missing. Stale when the card has
    changed since `version`. Only `across` pipelines does it leave its own. Where it `stays`, a card that is in the
    column already keeps its place and everything else. One that is put where it was stays the version that it is.
    """
    stage = hold_stage(stage_id)
    _make_room(stage, after_id, but_not=opportunity_id)
    opportunity = hold_opportunity(opportunity_id, version)
    if not opportunity.is_open:
        raise Refused(stage="This opportunity is closed. Reopen it before you move it.")
    came_from, is_across = opportunity.stage, stage.pipeline_id != opportunity.pipeline_id
    if is_across and not across:
        raise Refused(stage="This stage belongs to another pipeline.")
    if stage.kind != StageKind.OPEN:
        raise Refused(stage="Winning needs an amount and a date, losing a reason: use Win or Lose.")
    if stays and came_from == stage:
        return opportunity
    changes = terms.cleaned(fields, today=now.date())
    keep_to_items(opportunity, changes)
    entered = came_from != stage
    is_same = not entered and all(getattr(opportunity, name) == value for name, value in changes.items())
    if is_same and _stands_below(opportunity, after_id):
        return opportunity
    for name, value in changes.items():
        setattr(opportunity, name, value)
    if entered:
        enter(opportunity, stage, answers or {}, actor=actor, now=now)
        opportunity.stage, opportunity.stage_entered_at = stage, now
    opportunity.pipeline_id = stage.pipeline_id
    opportunity.position = place_in(stage, after_id, but_not=opportunity.pk)
    try:
        with transaction.atomic():
            store(opportunity, ["pipeline", "stage", "stage_entered_at", "position", *changes], now=now)
    except IntegrityError:  # one_open_opportunity
        raise Refused(stage=f"They have an open opportunity in {stage.pipeline} already. Work on that one.") from None
    if entered:
        there = f"{stage.pipeline}, {stage.name}" if is_across else stage.name
        title = f"{opportunity.name}: {came_from.name} → {there}"
        record_move(opportunity, came_from, title=title, now=now, actor=actor)
        accept_by_working(opportunity.pk, actor=actor, now=now)
    return opportunity


def place_in(stage: Stage, after_id: int | None, *, but_not: int) -> float:
    """A free place below `after_id`, or on top when that card is not (or no longer) here. The stage must be held."""
    place = _place(stage, after_id, but_not)
    if place is None:
        raise ArithmeticError(f"no room below card {after_id}: its column must be spaced anew first")
    return place


def _place(stage: Stage, after_id: int | None, but_not: int) -> float | None:
    """The place, or none when two cards stand so close that nothing fits between them."""
    cards = Opportunity.objects.open().filter(stage=stage).exclude(pk=but_not)
    after = cards.filter(pk=after_id).first() if after_id else None
    if after is None:
        return places.first(cards.aggregate(top=Min("position"))["top"])
    return places.between(after.position, _below(after, but_not))


def _stands_below(card: Opportunity, after_id: int | None) -> bool:
    """Whether it is directly below that card already; below none that is here means on top."""
    others = Opportunity.objects.open().filter(stage_id=card.stage_id).exclude(pk=card.pk)
    higher = others.filter(Q(position__lt=card.position) | Q(position=card.position, pk__lt=card.pk))
    after = others.filter(pk=after_id).first() if after_id else None
    return higher.order_by("-position", "-pk").first() == after


def _below(card: Opportunity, but_not: int) -> float | None:
    """Where the next card below stands; cards on one place stand by age."""
    cards = Opportunity.objects.open().filter(stage_id=card.stage_id).exclude(pk__in=[but_not, card.pk])
    same = cards.filter(position=card.position, pk__gt=card.pk).exists()
    if same:
        return card.position
    below = cards.filter(position__gt=card.position).order_by("position", "pk").first()
    return below.position if below else None


def _make_room(stage: Stage, after_id: int | None, *, but_not: int) -> None:
    """Space the column anew where nothing fits below the card; order and versions stay. The stage must be held.

    Before the moving card is held and together with it, all in key order: two moves that crossed, each holding its card
    and spacing the column that the other's card comes from, blocked each other for ever.
    """
    if _place(stage, after_id, but_not) is not None:
        return
    column = Opportunity.objects.open().filter(stage=stage)
    locked(Opportunity.objects.filter(Q(pk=but_not) | Q(pk__in=column.values("pk"))).only("pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pipeline_opportunity o SET position = n.place * %s FROM ("
            "  SELECT id, row_number() OVER (ORDER BY position, id) AS place FROM pipeline_opportunity"
            "  WHERE stage_id = %s AND closed_at IS NULL"
            ") n WHERE n.id = o.id",
            [places.STEP, stage.pk],
        )
