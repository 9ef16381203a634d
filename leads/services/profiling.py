"""Visits of whoever took profiling back are kept but not scored, until they agree again."""

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Coalesce

from core import locks
from leads import signals
from leads.human import Sign
from leads.models import ChangedContact, Contact, EngagementEvent, Purpose
from leads.queries.consent import may
from leads.services.quarantine import rule_row

RANGE = 5_000
# who reports visits; what somebody does towards us on purpose comes from elsewhere
VISITS = Q(source__startswith="tracker:") | Q(source__startswith="segment:")
_TEXTS = ArrayField(CharField(max_length=16))


@transaction.atomic
def apply_profiling(contact_id: int) -> bool:
    """Hold or release the next range of somebody's visits, as they last said; whether there is more."""
    contacts = locks.locked(Contact.objects.filter(pk=contact_id, erased_at=None))
    if not contacts:
        return False
    held = Q(human_reasons__contains=[Sign.OBJECTED])
    visits = EngagementEvent.objects.filter(VISITS, contact=contact_id)
    if may(contacts[0], Purpose.PROFILING):
        keys = list(visits.filter(held).order_by("pk").values_list("pk", flat=True)[:RANGE])
        line = rule_row().line
        doubtful = Q(human__lt=line) & ~Q(human_reasons__contains=[Sign.RELEASED])
        rows = EngagementEvent.objects.filter(pk__in=keys)
        rows.filter(~(doubtful | Q(human_reasons__contains=[Sign.HELD]))).update(is_quarantined=False)
        rows.update(human_reasons=Func(F("human_reasons"), Value(Sign.OBJECTED), function="array_remove"))
    else:
        fresh = visits.filter(Q(human_reasons=None) | ~held)
        keys = list(fresh.order_by("pk").values_list("pk", flat=True)[:RANGE])
        none = Value([], output_field=_TEXTS)
        reasons = Func(Coalesce(F("human_reasons"), none), Value(Sign.OBJECTED), function="array_append")
        EngagementEvent.objects.filter(pk__in=keys).update(is_quarantined=True, human_reasons=reasons)
    if keys:
        ChangedContact.objects.create(contact_id=contact_id)
        signals.engagement_recorded.send(sender=None, contact_ids=[contact_id])
    return len(keys) == RANGE
