"""A manager's day: the forecast, what changed, who needs help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from activities.models import FollowUp
from leads.models.contact import NAMED_BY
from pipeline.exchange import Together
from pipeline.models import Opportunity, StageKind
from pipeline.queries import Totals, totals
from pipeline.queries.currencies import together
from pipeline.queries.filters import midnight
from pipeline.queries.lists import rotting
from reports.queries import ForecastHeadline, forecast_headline
from users.models import User

WEEK, MOST = timedelta(days=7), 6
MOST_SELLERS = 12


@dataclass(frozen=True, slots=True)
class Seller:
    """One line of the team table."""

    user: User
    open: Totals
    won: Totals  # this month (UTC)
    open_in_one: Together | None  # where currencies mix
    won_in_one: Together | None
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
    rotting: int  # with those that nobody owns

    @property
    def is_quiet(self) -> bool:
        return not self.forecast.open.count and not self.overdue and not any(group.count for group in self.changes)

    @property
    def overdue(self) -> int:
        return sum(seller.overdue for seller in self.sellers)

    @property
    def first_sellers(self) -> list[Seller]:
        """All where they are few, else those with most that is late or stalled, then with most that is open."""
        if len(self.sellers) <= MOST_SELLERS:
            return self.sellers
        return sorted(self.sellers, key=lambda one: (-one.rotting - one.overdue, -one.open.count))[:MOST_SELLERS]


def manager_day(user: User, *, now: datetime) -> ManagerDay:
    """Ten queries, and seven more where currencies are mixed and there is a reporting one."""
    rotting_by = stalled_by_owner(user, now=now)
    return ManagerDay(
        forecast=forecast_headline(user, now=now),
        changes=changes(user, now=now),
        sellers=team(user, rotting_by, now=now),
        rotting=sum(rotting_by.values()),
    )


def stalled_by_owner(user: User, *, now: datetime) -> dict[int | None, int]:
    """How many opportunities of each owner, and of nobody, are in their stage for too long. One query."""
    rows = Opportunity.objects.visible_to(user).filter(rotting(now))
    return dict(rows.order_by().values_list("owner").annotate(n=Count("pk")))


def changes(user: User, *, now: datetime) -> list[Changes]:
    """Won, lost and new in the last seven days. Two queries."""
    visible, since = Opportunity.objects.visible_to(user), now - WEEK
    wanted = {
        "Won": Q(closed_at__gte=since, stage__kind=StageKind.WON),
        "Lost": Q(closed_at__gte=since, stage__kind=StageKind.LOST),
        "New": Q(created_at__gte=since),
    }
    recent = visible.filter(Q(closed_at__gte=since) | Q(created_at__gte=since))
    counts = recent.aggregate(**{title: Count("pk", filter=which) for title, which in wanted.items()})
    largest = F("amount").desc(nulls_last=True)
    arms = [visible.filter(which).order_by(largest, "-pk").values("pk")[:MOST] for which in wanted.values()]
    found = Opportunity.objects.filter(pk__in=arms[0].union(*arms[1:])).order_by(largest, "-pk")
    groups: dict[str, list[Opportunity]] = {title: [] for title in wanted}
    for row in found.in_brief(*(f"contact__{name}" for name in NAMED_BY)):
        if row.closed_at and row.closed_at >= since and row.stage.kind != StageKind.OPEN:
            groups["Won" if row.stage.kind == StageKind.WON else "Lost"].append(row)
        if row.created_at >= since:
            groups["New"].append(row)
    return [Changes(title, rows[:MOST], counts[title]) for title, rows in groups.items()]


def team(user: User, rotting_by: dict[int | None, int], *, now: datetime) -> list[Seller]:
    """Everybody who has opportunities or should have some. Four queries."""
    rows = Opportunity.objects.visible_to(user)
    month = midnight(now.date().replace(day=1))
    today, won = now.date(), rows.filter(stage__kind=StageKind.WON, closed_at__gte=month)
    open_by, won_by = totals(rows.open(), by="owner"), totals(won, by="owner")
    open_in_one = together(rows.open(), open_by, by="owner", today=today)
    won_in_one = together(won, won_by, by="owner", today=today)
    late = FollowUp.objects.visible_to(user).open().filter(due_at__lt=now)
    overdue_by = dict(late.order_by().values_list("assignee").annotate(n=Count("pk")))
    concerned = {*open_by, *won_by, *overdue_by} - {None}
    people = User.objects.get_queryset().filter(Q(pk__in=concerned) | Q(role="rep", is_active=True))
    return [
        Seller(
            person,
            open_by.get(person.pk, Totals()),
            won_by.get(person.pk, Totals()),
            open_in_one.get(person.pk),
            won_in_one.get(person.pk),
            rotting_by.get(person.pk, 0),
            overdue_by.get(person.pk, 0),
        )
        for person in people.select_related("team").order_by("team__name", "name", "pk")
    ]
