"""What a person's day holds in the pipeline, for the Today page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from activities.models import Activity, ActivityKind
from pipeline.exchange import Together
from pipeline.models import HandOff, Opportunity, StageKind
from pipeline.periods import later
from pipeline.queries.currencies import together
from pipeline.queries.filters import Filters, midnight
from pipeline.queries.lists import rotting
from pipeline.queries.totals import Totals, totals
from users.models import User
from users.roles import Role

MOST = 20


@dataclass(frozen=True, slots=True)
class MyDay:
    """A rep's own opportunities; for everybody else those of all."""

    handed_over: Sequence[Opportunity]  # opened for them, and nobody has done anything about it yet
    stalled: Sequence[Opportunity]
    closing_totals: Totals  # expected to close this month
    closing_query: str
    won: Totals  # in this month (UTC)
    won_query: str
    in_one: Mapping[str, Together] = field(default_factory=dict)  # both, by the stage's kind, where currencies mix


def my_day(user: User, *, now: datetime) -> MyDay:
    """Three queries, and three more where currencies are mixed and there is a reporting one."""
    month, own = now.date().replace(day=1), user.role == Role.REP
    rows = Opportunity.objects.visible_to(user)
    if own:
        rows = rows.filter(owner=user)
    untouched = ~Exists(
        Activity.objects.filter(
            contact=OuterRef("contact"), actor__isnull=False, at__gt=OuterRef("created_at")
        ).exclude(kind=ActivityKind.OWNER)  # a yes to the offer is no work yet
    )
    answered = ~Exists(HandOff.objects.offered().filter(opportunity=OuterRef("pk")))
    fresh = (
        rows.open().filter(untouched, answered, next_step="", version__lte=1).for_card().order_by("-created_at", "-pk")
    )
    closing = Q(closed_at=None, expected_close__gte=month, expected_close__lt=later(month, 1))
    won = Q(stage__kind=StageKind.WON, closed_at__gte=midnight(month), closed_at__lt=midnight(later(month, 1)))
    counted = rows.filter(closing | won)
    sums = totals(counted, by="stage__kind")
    kept = Filters(owner=str(user.pk) if own else "")
    return MyDay(
        handed_over=list(fresh[:MOST]),
        stalled=list(rows.filter(rotting(now)).for_card().order_by("stage_entered_at", "pk")[:MOST]),
        closing_totals=sums.get(StageKind.OPEN, Totals()),
        closing_query=kept.query(expected=f"{month:%Y-%m}", sort="close"),
        won=sums.get(StageKind.WON, Totals()),
        won_query=kept.query(state="won", closed=f"{month:%Y-%m}"),
        in_one=together(counted, sums, by="stage__kind", today=now.date()),
    )
