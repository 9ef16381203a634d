"""The steps of the funnel, each one predicate over the facts.

Steps nest: a contact counts for a step only if it has reached all steps before. The rollup and the lists behind its
numbers are both made of these predicates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from functools import reduce
from operator import and_, or_

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth

from leads.models import EngagementEvent, Lifecycle, LifecycleChange, Standing
from pipeline.models import Opportunity, StageKind
from pipeline.periods import later
from pipeline.queries.filters import midnight
from reports.models import FunnelCell
from scoring.models import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel; `column` is the rollup's, `facts` what must be there besides all steps before."""

    key: str
    label: str
    means: str
    column: str
    tone: str
    facts: tuple[Exists, ...] = ()  # any of them

    @property
    def holds(self) -> Q:
        return reduce(or_, (Q(fact) for fact in self.facts), Q())


# the rows of a step are those of Standing (or Contact): both have the contact's key as theirs
_ME = OuterRef("pk")
_PROMOTED = Exists(LifecycleChange.objects.filter(contact=_ME, to_stage=Lifecycle.PROSPECT))
STEPS = (
    Step("lead", "Leads", "became known to us in that month", "leads", "lead"),
    Step(
        "engaged",
        "Engaged",
        "did something we noticed, ever",
        "engaged",
        "engagement",
        (Exists(EngagementEvent.objects.filter(contact=_ME)),),
    ),
    Step(
        "qualified",
        "Qualified",
        "was judged a prospect by a definition, or promoted by hand",
        "qualified",
        "prospect",
        (Exists(Verdict.objects.filter(contact=_ME, is_qualified=True)), _PROMOTED),
    ),
    Step("prospect", "Prospects", "was handed to sales", "prospects", "prospect", (_PROMOTED,)),
    Step(
        "won",
        "Won",
        "has an opportunity that was won",
        "won",
        "customer",
        (Exists(Opportunity.objects.filter(contact=_ME, stage__kind=StageKind.WON, closed_at__isnull=False)),),
    ),
)
KEYS = [step.key for step in STEPS]


def reached(key: str) -> Q:
    """Has reached this step, and with it all before."""
    path = STEPS[1 : KEYS.index(key) + 1]
    # whoever was promoted is qualified by that alone: to look for verdicts as well would only cost
    needed = [one for one in path if not any(one is not other and set(other.facts) <= set(one.facts) for other in path)]
    return reduce(and_, (step.holds for step in needed), Q())


def in_months(months: Iterable[date]) -> Q:
    """Became known to us in one of these UTC months."""
    ranges = (
        Q(contact__created_at__gte=midnight(month), contact__created_at__lt=midnight(later(month, 1)))
        for month in months
    )
    return reduce(or_, ranges, Q(pk__in=[]))


def counted(rows: QuerySet[Standing]) -> list[FunnelCell]:
    """The cells of these contacts, from the facts. One query."""
    # the first step that is missing ends the walk, so later steps are looked up only for who got there
    depth = Case(
        *(When(~step.holds, then=Value(index)) for index, step in enumerate(STEPS[1:])),
        default=Value(len(STEPS) - 1),
        output_field=IntegerField(),
    )
    groups = (
        rows.order_by()
        .annotate(month=TruncMonth("contact__created_at", tzinfo=UTC), depth=depth)
        .values("month", "source", "depth")
        .annotate(people=Count("pk"))
    )
    cells: dict[tuple[date, str], FunnelCell] = {}
    for group in groups:
        key = (group["month"].date(), group["source"])
        cell = cells.setdefault(key, FunnelCell(month=key[0], source=key[1]))
        for step in STEPS[: group["depth"] + 1]:
            setattr(cell, step.column, getattr(cell, step.column) + group["people"])
    return list(cells.values())
