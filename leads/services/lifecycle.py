"""Who is out of the race."""

from datetime import datetime

from django.db import transaction

from core.errors import Refused
from core.locks import locked
from leads import signals
from leads.models import ChangedContact, Lifecycle, LifecycleChange, Standing
from leads.services.contacts import enter_lifecycle
from users.models import User


@transaction.atomic
def disqualify(contact_id: int, *, now: datetime, actor: User | None, reason: str) -> bool:
    """They will never buy; false when that is known. Refused while something is being sold to them, or after it was."""
    for standing in locked(Standing.objects.filter(pk=contact_id)):
        if standing.lifecycle == Lifecycle.PROSPECT:
            raise Refused("They are a prospect with an open opportunity. Lose it with a reason first; then disqualify.")
        if standing.lifecycle == Lifecycle.CUSTOMER:
            raise Refused("A customer cannot be disqualified.")
    is_new = enter_lifecycle(contact_id, Lifecycle.DISQUALIFIED, now=now, actor=actor, reason=reason)
    if is_new:
        signals.contact_disqualified.send(sender=None, contact_id=contact_id)
    return is_new


@transaction.atomic
def take_back_step(step: LifecycleChange) -> None:
    """Their newest step was a slip: it never was, and they are what they were before. The standing must be locked."""
    Standing.objects.filter(pk=step.contact_id).update(lifecycle=step.from_stage)
    step.delete()
    ChangedContact.objects.create(contact_id=step.contact_id)
    signals.contact_changed.send(sender=None, contact_ids=[step.contact_id])
