"""When people work, when they are away, and how much they can take."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from core.errors import Refused
from leads import normalise
from pipeline import working_time
from pipeline.models import Absence, Availability, Holiday
from pipeline.services.public_holidays import follow_region
from pipeline.working_time import Unreadable
from users.models import Team, User
from users.roles import Role

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_CAPACITY = Decimal(1000)
LONGEST_ABSENCE = 730
MOST_SKILLS, LONGEST_SKILL = 20, 40
EARLIEST, LATEST = date(2020, 1, 1), date(2100, 1, 1)
KEEP: Decimal = Decimal(-1)


@transaction.atomic
def save_hours(
    *,
    user: User,
    week: Sequence[str],
    is_paused: bool,
    substitute: User | None,
    now: datetime,
    capacity: Decimal | None = KEEP,
    region: str = "",
    skills: Sequence[str] | None = None,
) -> Availability:
    """The usual week, in seven texts, who stands in, and whose public holidays they have; `capacity` and `skills` are
    left as they are unless they are given."""
    errors, cleaned = {}, []
    for name, text in zip(DAYS, week, strict=True):
        try:
            cleaned.append(working_time.as_text(working_time.parse(text[:200])))
        except Unreadable as wrong:
            errors[name] = str(wrong)
    if substitute is not None and (substitute.pk == user.pk or substitute.role != Role.REP or not substitute.is_active):
        errors["substitute"] = "Choose a colleague who can be handed prospects."
    if capacity is not None and capacity != KEEP and not 0 <= capacity <= MOST_CAPACITY:
        errors["capacity"] = f"Between 0 and {MOST_CAPACITY} a week; empty for no limit."
    try:
        region = follow_region(region, now=now)
        known = None if skills is None else checked_skills(skills)
    except Refused as refused:
        errors |= refused.fields
    if errors:
        raise Refused(**errors)
    if not any(cleaned):
        raise Refused(monday="Give at least one day. Whoever does not work now is away, or paused.")
    fields = {"week": cleaned, "is_paused": is_paused, "substitute": substitute, "region": region}
    if capacity != KEEP:
        fields["capacity"] = capacity
    if known is not None:
        fields["skills"] = known
    return Availability.objects.update_or_create(user=user, defaults=fields)[0]


def checked_skills(skills: Sequence[str]) -> list[str]:
    """Each once, in the order in which they were given; Refused when there are too many, or one is too long."""
    by_key: dict[str, str] = {}
    for text in skills:
        if skill := normalise.line(text):
            by_key.setdefault(skill.casefold(), skill)
    if len(by_key) > MOST_SKILLS:
        raise Refused(skills=f"At most {MOST_SKILLS}; these are {len(by_key):,}.")
    if any(len(skill) > LONGEST_SKILL for skill in by_key.values()):
        raise Refused(skills=f"A skill has at most {LONGEST_SKILL} characters. Put commas between them.")
    return list(by_key.values())


@transaction.atomic
def add_absence(*, user: User, first_day: date, last_day: date, why: str = "") -> Absence:
    """Whole days away; nothing is handed over meanwhile."""
    why = normalise.line(why)
    if len(why) > 80:
        raise Refused(why=f"At most 80 characters; this has {len(why):,}.")
    if not EARLIEST <= first_day <= LATEST:
        raise Refused(first_day="Give a day of this century.")
    if last_day < first_day:
        raise Refused(last_day="This is before the first day.")
    if (last_day - first_day).days > LONGEST_ABSENCE:
        raise Refused(last_day="Longer than two years: deactivate the person instead.")
    return Absence.objects.create(user=user, first_day=first_day, last_day=last_day, why=why)


def remove_absence(absence: Absence) -> None:
    """They are here after all."""
    Absence.objects.filter(pk=absence.pk).delete()


@transaction.atomic
def add_holiday(*, day: date, name: str, team: Team | None, is_worked: bool = False) -> Holiday:
    """A day on which the team, or nobody at all, works; or one on which they do although it is a holiday."""
    name = normalise.line(name)
    if not name or len(name) > 80:
        raise Refused(name="Give it a name of at most 80 characters.")
    if not EARLIEST <= day <= LATEST:
        raise Refused(day="Give a day of this century.")
    try:
        with transaction.atomic():
            return Holiday.objects.create(day=day, name=name, team=team, is_worked=is_worked)
    except IntegrityError:
        raise Refused(day="Something is said of this day already: remove that first.") from None


def remove_holiday(holiday: Holiday) -> None:
    """Nothing is said of the day any more."""
    Holiday.objects.filter(pk=holiday.pk).delete()
