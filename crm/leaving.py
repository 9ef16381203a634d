"""What becomes of somebody's open work when the person leaves."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from activities.models import FollowUp
from core.errors import Refused
from leads.models import Lifecycle, Standing
from leads.services import assign_owner
from pipeline import services as pipeline
from pipeline.models import Opportunity
from users import services
from users.models import User
from users.queries import heirs_of


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much somebody has in hand."""

    opportunities: int
    leads: int
    follow_ups: int

    def __bool__(self) -> bool:
        return bool(self.opportunities or self.leads or self.follow_ups)


def open_work(user: User) -> OpenWork:
    """Three counts."""
    return OpenWork(
        Opportunity.objects.open().filter(owner=user).count(),
        Standing.objects.filter(owner=user).exclude(lifecycle=Lifecycle.DISQUALIFIED).count(),
        FollowUp.objects.open().filter(assignee=user).count(),
    )


@transaction.atomic
def leave(user: User, *, heir: User | None, actor: User, now: datetime) -> bool:
    """Deactivate, and give what is open to `heir`; without one it keeps its owner. False when inactive already."""
    if heir is not None and heir not in heirs_of(user):
        raise Refused(heir=f"{heir} cannot take this over. Choose an active rep, manager or administrator.")
    if heir is not None:
        for pk in Opportunity.objects.open().filter(owner=user).order_by("pk").values_list("pk", flat=True):
            pipeline.edit(opportunity_id=pk, owner=heir, actor=actor, now=now)
        assign_owner(Standing.objects.filter(owner=user).values_list("pk", flat=True), heir, now=now, actor=actor)
        FollowUp.objects.open().filter(assignee=user).update(assignee=heir)
    return services.deactivate(user, actor=actor, now=now)
