"""A marketer's day."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from crm.queries.nearly import NearLead, near_leads
from leads.models import Source, Standing
from reports.queries import FunnelHeadline, funnel_headline
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
class MarketerDay:
    """All of it."""

    sources: list[SourceWeek]
    funnel: FunnelHeadline
    near: list[NearLead]  # of those who miss one thing only
    near_count: int
    gaps: list[tuple[str, int]]  # what is missing -> how many of them miss it

    @property
    def new(self) -> int:
        return sum(row.count for row in self.sources)

    @property
    def new_before(self) -> int:
        return sum(row.before for row in self.sources)


def marketer_day(user: User, *, now: datetime, shown: int | None = None) -> MarketerDay:
    """What came in and what it lacks. Seven queries."""
    looked_at = near_leads(user, now=now)
    near = [lead for lead in looked_at.found if len(lead.missing) == 1]
    gaps = Counter("points" if what.split()[0].isdigit() else what for lead in near for what in lead.missing)
    return MarketerDay(
        sources=new_by_source(user, now=now),
        funnel=funnel_headline(now=now),
        near=looked_at.shown(near[:shown], now=now),
        near_count=len(near),
        gaps=gaps.most_common(),
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
