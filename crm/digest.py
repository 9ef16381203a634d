"""The week in figures, for those who lead: what came in, what became of it, what is expected."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse

from activities.notices import DIGEST_AT, Topic
from activities.services import notify
from core.components.numbers import money_text
from leads.models import Lifecycle, LifecycleChange, Source, Standing
from pipeline.exchange import Together
from pipeline.models import Opportunity, StageKind
from pipeline.queries import Totals, total
from pipeline.queries.currencies import together_as_one
from pipeline.queries.filters import midnight
from pipeline.queries.lists import rotting
from users.models import User
from users.roles import Role

READERS = (Role.MARKETER, Role.MANAGER, Role.ADMIN)  # they see everybody's records: one text for all of them
MOST_SOURCES = 6
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """A line for the bell, and the lines of the mail."""

    monday: date  # on which the week that is told of began
    headline: str
    lines: tuple[str, ...]


def due(*, now: datetime) -> list[int]:
    """Readers whose clock has passed their hour on Monday and who were not told of the week yet. One query."""
    people = User.objects.get_queryset().filter(is_active=True, role__in=READERS)
    told = people.filter(notifications__key=_key(_last_monday(now)))
    rows = people.exclude(pk__in=told.values("pk")).values_list("pk", "timezone", "notice_hours__digest_at")
    monday = _last_monday(now) + WEEK
    return sorted(
        pk for pk, zone, at in rows if now >= datetime.combine(monday, at or DIGEST_AT, tzinfo=ZoneInfo(zone))
    )


def _last_monday(now: datetime) -> date:
    """On which the week before this one began (UTC)."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday()) - WEEK


def _key(monday: date) -> str:
    return f"week:{monday.isoformat()}"


def tell(user_ids: list[int], *, now: datetime) -> int:
    """Tell them of the week before this one, each once."""
    if not user_ids:
        return 0
    week = last_week(now=now)
    return notify(
        user_ids=user_ids,
        topic=Topic.WEEK,
        key=_key(week.monday),
        text=week.headline,
        body="\n".join(week.lines),
        url=reverse("today"),
        now=now,
    )


def last_week(*, now: datetime) -> Week:
    """The figures of the last whole week, UTC, each beside that of the week before. Six queries; mixed sums six."""
    monday = _last_monday(now)
    since, until = midnight(monday), midnight(monday + WEEK)
    before = since - WEEK
    sources = _sources(before, since, until)
    new, new_before = sum(row[1] for row in sources), sum(row[2] for row in sources)
    if len(sources) > MOST_SOURCES:  # what is listed adds up
        rest = sources[MOST_SOURCES - 1 :]
        sources = [*sources[: MOST_SOURCES - 1], ("", sum(row[1] for row in rest), sum(row[2] for row in rest))]
    steps = _steps(before, since, until)
    wins = Opportunity.objects.filter(stage__kind=StageKind.WON, closed_at__gte=since, closed_at__lt=until)
    won = total(wins)
    lost = Opportunity.objects.filter(stage__kind=StageKind.LOST, closed_at__gte=since, closed_at__lt=until).count()
    still_open = total(Opportunity.objects.open())
    stalled = Opportunity.objects.filter(rotting(now)).count()
    earned = _sums(won, together_as_one(wins, won, today=now.date()))
    open_in_one = together_as_one(Opportunity.objects.open(), still_open, today=now.date())
    site = settings.SITE_URL
    lines = [
        f"The week of {monday:%-d %B} (in brackets: the week before)",
        "",
        f"New leads      {new:,} ({new_before:,})",
        *(
            f"  {Source(key).label if key else 'From elsewhere'}: {count:,} ({earlier:,})"
            for key, count, earlier in sources
        ),
        f"Prospects      {steps[Lifecycle.PROSPECT][0]:,} ({steps[Lifecycle.PROSPECT][1]:,})",
        f"Disqualified   {steps[Lifecycle.DISQUALIFIED][0]:,} ({steps[Lifecycle.DISQUALIFIED][1]:,})",
        f"Won            {won.count:,}: {earned}",
        f"Lost           {lost:,}",
        "",
        f"Open now       {f'{still_open.count:,}: {_sums(still_open, open_in_one)}' if still_open.count else 'none'}",
        f"Stalled        {stalled:,} for too long in their stage",
        "",
        f"Funnel: {site}{reverse('funnel')}",
        f"Forecast: {site}{reverse('forecast')}",
    ]
    prospects = steps[Lifecycle.PROSPECT][0]
    headline = (
        f"Last week: {new:,} new lead{'s'[: new != 1]}, {prospects:,} prospect{'s'[: prospects != 1]}, won {earned}"
    )
    return Week(monday, headline, tuple(lines))


def _sources(before: datetime, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    created = "contact__created_at"
    rows = Standing.objects.filter(**{f"{created}__gte": before, f"{created}__lt": until}).values("source")
    counted = rows.annotate(n=Count("pk", filter=Q(**{f"{created}__gte": since})), all=Count("pk"))
    return [(row["source"], row["n"], row["all"] - row["n"]) for row in counted.order_by("-n", "source")]


def _steps(before: datetime, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    wanted = (Lifecycle.PROSPECT, Lifecycle.DISQUALIFIED)
    rows = LifecycleChange.objects.filter(to_stage__in=wanted, at__gte=before, at__lt=until).order_by()
    people = rows.values("to_stage").annotate(
        n=Count("contact", filter=Q(at__gte=since), distinct=True),
        earlier=Count("contact", filter=Q(at__lt=since), distinct=True),
    )
    found = {row["to_stage"]: (row["n"], row["earlier"]) for row in people}
    return {step: found.get(step, (0, 0)) for step in wanted}


def _sums(some: Totals, in_one: Together | None) -> str:
    """Money per currency, with the sum in the reporting one where they mix; of unknown amount is said."""
    said = " + ".join(money_text(one.amount, one.currency) for one in some.sums)
    if in_one is not None:
        said = f"{said} ≈ {money_text(in_one.amount, in_one.currency)}"
        said = ", ".join(filter(None, [said, in_one.without]))
    unknown = f"{some.unknown:,} without amount" if some.unknown else ""
    return ", ".join(filter(None, [said, unknown])) or "nothing"
