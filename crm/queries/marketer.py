"""A marketer's day."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from crm.queries.health import Health, definition_health
from crm.queries.nearly import NearLead, near_leads
from leads.models import Source, Standing
from reports.queries import FunnelHeadline, funnel_headline
from scoring.proportions import FEW, Share
from users.models import User

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SourceWeek:
    """New leads of one source, in the last seven days and in the seven before."""

    source: str
    label: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """A step of the funnel: how many of the step before took it, lately and in as many months before."""

    label: str
    query: str
    lately: Share
    before: Share
    is_first: bool

    @property
    def points(self) -> int | None:
        """Percentage points more than before; none where one of the two is unknown."""
        lately, before = self.lately.value, self.before.value
        return None if lately is None or before is None else round(100 * lately) - round(100 * before)

    @property
    def is_few(self) -> bool:
        return min(self.lately.of, self.before.of) < FEW


@dataclass(frozen=True, slots=True)
class MarketerDay:
    """All of it."""

    sources: list[SourceWeek]
    funnel: FunnelHeadline
    near: list[NearLead]  # of those who miss one thing only
    near_count: int
    gaps: list[tuple[str, int]]  # what is missing -> how many of them miss it
    health: Health

    @property
    def conversions(self) -> list[Conversion]:
        steps = self.funnel.steps
        return [
            Conversion(
                step.label,
                step.query,
                Share(step.count, steps[max(place - 1, 0)].count),
                Share(step.before, steps[max(place - 1, 0)].before),
                place == 0,
            )
            for place, step in enumerate(steps)
        ]

    @property
    def is_quiet(self) -> bool:
        return not self.sources and not self.near_count

    @property
    def new(self) -> int:
        return sum(row.count for row in self.sources)

    @property
    def new_before(self) -> int:
        return sum(row.before for row in self.sources)


def marketer_day(user: User, *, now: datetime, shown: int | None = None) -> MarketerDay:
    """What came in, what it lacks, and how the definition does. Nine queries."""
    looked_at = near_leads(user, now=now)
    near = [lead for lead in looked_at.found if len(lead.missing) == 1]
    gaps = Counter("points" if what.split()[0].isdigit() else what for lead in near for what in lead.missing)
    return MarketerDay(
        sources=new_by_source(user, now=now),
        funnel=funnel_headline(now=now),
        near=looked_at.shown(near[:shown], now=now),
        near_count=len(near),
        gaps=gaps.most_common(),
        health=definition_health(),
    )


def new_by_source(user: User, *, now: datetime) -> list[SourceWeek]:
    """Most first; sources of which nobody came in either week are left out. One query."""
    created = "contact__created_at__gte"
    rows = (
        Standing.objects.visible_to(user)
        .filter(**{created: now - 2 * WEEK})
        .values("source")
        .annotate(n=Count("pk", filter=Q(**{created: now - WEEK})), all=Count("pk"))
        .order_by("-n", "source")
    )
    return [SourceWeek(row["source"], Source(row["source"]).label, row["n"], row["all"] - row["n"]) for row in rows]
