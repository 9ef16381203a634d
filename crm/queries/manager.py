"""A manager's day: the forecast, what changed, who needs help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from activities.models import FollowUp
from pipeline.models import Opportunity, StageKind
from pipeline.queries import Totals, totals
from pipeline.queries.filters import midnight
from pipeline.queries.lists import rotting
from reports.queries import ForecastHeadline, forecast_headline
from users.models import User

WEEK, MOST = timedelta(days=7), 6


@dataclass(frozen=True, slots=True)
class Seller:
    """One line of the team table."""

    user: User
    open: Totals
    won: Totals  # this month (UTC)
    rotting: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Opportunities that something happened to in the last seven days: the largest, and how many there were."""

    title: str
    rows: Sequence[Opportunity]
    count: int


@dataclass(frozen=True, slots=True)
class ManagerDay:
    """All of it."""

    forecast: ForecastHeadline
    changes: list[Changes]
    sellers: list[Seller]

    @property
    def rotting(self) -> int:
        return sum(seller.rotting for seller in self.sellers)

    @property
    def overdue(self) -> int:
        return sum(seller.overdue for seller in self.sellers)


def manager_day(user: User, *, now: datetime) -> ManagerDay:
    """Eleven queries."""
    return ManagerDay(
        forecast=forecast_headline(user, now=now), changes=changes(user, now=now), sellers=team(user, now=now)
    )


def changes(user: User, *, now: datetime) -> list[Changes]:
    """Won, lost and new in the last seven days. Four queries."""
    visible, since = Opportunity.objects.visible_to(user), now - WEEK
    wanted = {
        "Won": Q(closed_at__gte=since, stage__kind=StageKind.WON),
        "Lost": Q(closed_at__gte=since, stage__kind=StageKind.LOST),
        "New": Q(created_at__gte=since),
    }
    recent = visible.filter(Q(closed_at__gte=since) | Q(created_at__gte=since))
    counts = recent.aggregate(**{title: Count("pk", filter=which) for title, which in wanted.items()})
    largest = F("amount").desc(nulls_last=True)
    return [
        Changes(title, list(visible.filter(which).for_card().order_by(largest, "-pk")[:MOST]), counts[title])
        for title, which in wanted.items()
    ]


def team(user: User, *, now: datetime) -> list[Seller]:
    """Everybody who has opportunities or should have some. Six queries."""
    rows = Opportunity.objects.visible_to(user)
    month = midnight(now.date().replace(day=1))
    open_by = totals(rows.open(), by="owner")
    won_by = totals(rows.filter(stage__kind=StageKind.WON, closed_at__gte=month), by="owner")
    rotting_by = dict(rows.filter(rotting(now)).order_by().values_list("owner").annotate(n=Count("pk")))
    late = FollowUp.objects.visible_to(user).open().filter(due_at__lt=now)
    overdue_by = dict(late.order_by().values_list("assignee").annotate(n=Count("pk")))
    concerned = {*open_by, *won_by, *overdue_by} - {None}
    people = User.objects.get_queryset().filter(Q(pk__in=concerned) | Q(role="rep", is_active=True))
    return [
        Seller(
            person,
            open_by.get(person.pk, Totals()),
            won_by.get(person.pk, Totals()),
            rotting_by.get(person.pk, 0),
            overdue_by.get(person.pk, 0),
        )
        for person in people.select_related("team").order_by("team__name", "name", "pk")
    ]
