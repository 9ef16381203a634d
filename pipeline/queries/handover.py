"""Who should be promoted and has not been."""

from datetime import datetime

from django.db.models import CharField, DateTimeField, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from leads.models import Contact, Lifecycle, Standing, StandingQuerySet
from pipeline.models import HandOffTerms, Opportunity, PromotionMode, Recycle, RecycleState, StageMove
from scoring.models import Verdict

EVER = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


def waiting_for_promotion() -> StandingQuerySet:
    """Qualified leads whose newest verdict nobody has acted on: no opportunity is open, opened or closed since.

    Without the last part a lead that was just lost or rejected, and whose score is still high, would be handed over
    again at once. Whoever was brought back after a rest counts as qualified from then on.
    """
    verdict = Verdict.objects.filter(contact=OuterRef("contact"), is_qualified=True).order_by("-pk").values("at")[:1]
    back = Recycle.objects.filter(contact=OuterRef("contact"), state=RecycleState.RETURNED).order_by("-ended_at")
    moved = StageMove.objects.filter(opportunity__contact=OuterRef("contact"), at__gte=OuterRef("qualified_at"))
    let_go = Recycle.objects.filter(contact=OuterRef("contact"), created_at__gte=OuterRef("qualified_at"))
    is_open = Opportunity.objects.open().filter(contact=OuterRef("contact"))
    newest = Greatest(
        Coalesce(Subquery(verdict), EVER, output_field=DateTimeField()),
        Coalesce(Subquery(back.values("ended_at")[:1]), EVER, output_field=DateTimeField()),
    )
    return (
        Standing.objects.filter(is_qualified=True, lifecycle=Lifecycle.LEAD, is_erased=False)
        .annotate(qualified_at=newest)
        .filter(~Exists(moved), ~Exists(let_go), ~Exists(is_open))
    )


def _in_mode(mode: PromotionMode) -> StandingQuerySet:
    """Of those who wait, whose owner's team has its prospects made in this way; leads that nobody owns follow the
    terms of everybody else."""
    own = HandOffTerms.objects.filter(team=OuterRef("owner__team"))
    common = HandOffTerms.objects.filter(team=None)
    asked = Coalesce(
        Subquery(own.values("mode")[:1]),
        Subquery(common.values("mode")[:1]),
        Value(PromotionMode.AUTOMATIC.value),
        output_field=CharField(),
    )
    return waiting_for_promotion().annotate(mode=asked).filter(mode=mode)


def unpromoted() -> StandingQuerySet:
    """Those whom a worker promotes."""
    return _in_mode(PromotionMode.AUTOMATIC)


def suggested() -> StandingQuerySet:
    """Those whom a person is to confirm."""
    return _in_mode(PromotionMode.SUGGEST)


def deal_to_join(contact: Contact) -> Opportunity | None:
    """The newest open opportunity of the contact's company, of which somebody else is the main person."""
    if contact.company_id is None:
        return None
    rows = Opportunity.objects.open().filter(company=contact.company_id).exclude(contact=contact)
    return rows.order_by("-created_at", "-pk").first()
