"""Who should be promoted and has not been."""

from datetime import datetime

from django.db.models import DateTimeField, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from leads.models import Lifecycle, Standing, StandingQuerySet
from pipeline.models import Opportunity, StageMove
from scoring.models import Verdict

EVER = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


def unpromoted() -> StandingQuerySet:
    """Qualified leads whose newest verdict nobody has acted on: no opportunity is open, opened or closed since.

    Without the last part a lead that was just lost, and whose score is still high, would be handed over again at once.
    """
    verdict = Verdict.objects.filter(contact=OuterRef("contact"), is_qualified=True).order_by("-pk").values("at")[:1]
    moved_since = StageMove.objects.filter(opportunity__contact=OuterRef("contact"), at__gte=OuterRef("qualified_at"))
    is_open = Opportunity.objects.open().filter(contact=OuterRef("contact"))
    return (
        Standing.objects.filter(is_qualified=True, lifecycle=Lifecycle.LEAD, is_erased=False)
        .annotate(qualified_at=Coalesce(Subquery(verdict), EVER, output_field=DateTimeField()))
        .filter(~Exists(moved_since), ~Exists(is_open))
    )
