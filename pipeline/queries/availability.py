"""Who works when, who is away, and how much everybody has been given lately."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from pipeline import sharing, working_time
from pipeline.models import Absence, Availability, HandOff, HandOffState, HandOffTerms, Holiday, PublicHoliday, Turn
from pipeline.models.availability import USUAL_WEEK
from pipeline.sharing import Candidate
from pipeline.working_time import Hours
from users.models import User
from users.roles import Role

TAKEN = (HandOffState.OFFERED, HandOffState.ACCEPTED)
LONG_AGO = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who may be handed prospects, as they are at an instant."""

    user: User
    hours: Hours
    capacity: Decimal | None
    is_paused: bool
    substitute_id: int | None
    last_week: int
    last_weeks: int
    skills: tuple[str, ...] = ()

    def away_because(self, now: datetime) -> str:
        """Why they cannot look after somebody now, however much they owe them; empty when they can."""
        if not self.user.is_active:
            return "no longer works here"
        if self.is_paused:
            return "paused"
        back = working_time.away_until(self.hours, now)
        return f"away until {_day(back, self.hours.zone)}" if back else ""

    @property
    def capacity_words(self) -> str:
        """Prospects a week, or that there is no limit."""
        return "no limit" if self.capacity is None else sharing.plain(self.capacity)

    def full_because(self) -> str:
        """Why they can take no further one; empty when they can."""
        return sharing.full_because(self.capacity, self.last_week, self.last_weeks)

    def holiday_because(self, now: datetime) -> str:
        """Why a colleague who works should rather get it."""
        back = working_time.holiday_until(self.hours, now)
        return f"holiday until {_day(back, self.hours.zone)}" if back else ""


def _day(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}"


def workers(people: Iterable[User], *, now: datetime) -> dict[int, Worker]:
    """By id. Five queries, six where public holidays are kept, however many they are."""
    by_id = {user.pk: user for user in people}
    kept = {row.pk: row for row in Availability.objects.filter(pk__in=by_id)}
    given = _given(by_id, now=now)
    hours = _hours(by_id, kept, now=now)
    found = {}
    for pk, user in by_id.items():
        row = kept.get(pk) or Availability(user=user)
        week, weeks = given.get(pk, (0, 0))
        facts = (row.capacity, row.is_paused, row.substitute_id, week, weeks, tuple(row.skills))
        found[pk] = Worker(user, hours[pk], *facts)
    return found


def hours_of(user: User, *, now: datetime) -> Hours:
    """One person's working time. Four queries, five where public holidays are kept."""
    kept = {row.pk: row for row in Availability.objects.filter(pk=user.pk)}
    return _hours({user.pk: user}, kept, now=now)[user.pk]


def _hours(by_id: dict[int, User], kept: dict[int, Availability], *, now: datetime) -> dict[int, Hours]:
    since = now.date() - LONG_AGO
    absences: dict[int, list[tuple[date, date]]] = {}
    for absence in Absence.objects.filter(user__in=by_id, last_day__gte=since):
        absences.setdefault(absence.user_id, []).append((absence.first_day, absence.last_day))
    said = list(Holiday.objects.filter(day__gte=since).values_list("day", "team_id", "is_worked"))
    said.sort(key=lambda row: row[1] is not None)  # what a team says goes before what is said for all
    public: dict[str, set[date]] = {}
    for region, day in PublicHoliday.objects.filter(day__gte=since).values_list("region", "day"):
        public.setdefault(region, set()).add(day)
    regions = _regions(by_id.values(), kept) if public else {}
    return {
        pk: Hours(
            user.timezone,
            _week(tuple(kept[pk].week if pk in kept else USUAL_WEEK)),
            _days_off(public.get(regions.get(pk, ""), set()), said, user.team_id),
            tuple(absences.get(pk, ())),
        )
        for pk, user in by_id.items()
    }


def _days_off(public: set[date], said: Iterable[tuple[date, int | None, bool]], team_id: int | None) -> frozenset[date]:
    off = set(public)
    for day, of, is_worked in said:
        if of is None or of == team_id:
            (off.discard if is_worked else off.add)(day)
    return frozenset(off)


def _regions(people: Iterable[User], kept: dict[int, Availability]) -> dict[int, str]:
    """Whose public holidays each has: their own choice, else their team's, else everybody else's. One query."""
    of_team: dict[int | None, str] = dict(HandOffTerms.objects.values_list("team", "region"))
    return {
        user.pk: (kept[user.pk].region if user.pk in kept else "") or of_team.get(user.team_id, of_team.get(None, ""))
        for user in people
    }


@lru_cache(maxsize=512)
def _week(texts: tuple[str, ...]) -> tuple[tuple[working_time.Interval, ...], ...]:
    return working_time.week_of(texts)


def _given(ids: Iterable[int], *, now: datetime) -> dict[int, tuple[int, int]]:
    """What each was given in the last 7 and in the last 28 days, and did not give back."""
    rows = (
        HandOff.objects.filter(rep__in=ids, state__in=TAKEN, offered_at__gt=now - timedelta(days=28))
        .order_by()
        .values_list("rep")
        .annotate(week=Count("pk", filter=Q(offered_at__gt=now - timedelta(days=7))), weeks=Count("pk"))
    )
    return {rep: (week, weeks) for rep, week, weeks in rows}


def candidates_of(
    them: Iterable[Worker],
    turns: dict[int, Turn],
    *,
    now: datetime,
    but_not: Collection[int] = (),
    stand_ins: dict[int, str] | None = None,
) -> list[Candidate]:
    """What the fair share chooses among. A holiday counts only where somebody else works."""
    them, stand_ins = list(them), stand_ins or {}
    reasons = {one.user.pk: _why_not(one, now=now, but_not=but_not) for one in them}
    holidays = {one.user.pk: one.holiday_because(now) for one in them}
    if any(not reasons[pk] and not holidays[pk] for pk in reasons):
        reasons = {pk: why or holidays[pk] for pk, why in reasons.items()}
    return [
        Candidate(
            rep_id=one.user.pk,
            name=one.user.name,
            capacity=one.capacity,
            credit=turns[one.user.pk].credit if one.user.pk in turns else 0,
            last_at=turns[one.user.pk].at if one.user.pk in turns else None,
            why_not=reasons[one.user.pk],
            stands_in_for=stand_ins.get(one.user.pk, ""),
        )
        for one in them
    ]


def _why_not(worker: Worker, *, now: datetime, but_not: Collection[int]) -> str:
    if worker.user.role != Role.REP:
        return "is no rep"
    if worker.user.pk in but_not:
        return "had it before"
    return worker.away_because(now) or worker.full_because()


def terms_of(team_id: int | None) -> HandOffTerms:
    """The team's terms, else those of everybody else, else the usual ones. One query."""
    rows = {row.team_id: row for row in HandOffTerms.objects.filter(Q(team=team_id) | Q(team=None))}
    return rows.get(team_id) or rows.get(None) or HandOffTerms()
