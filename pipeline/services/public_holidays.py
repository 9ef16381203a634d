"""Public holidays of the regions that teams and people follow, kept for the coming years."""

from datetime import date, datetime

from django.db import transaction

from core.errors import Refused
from leads import normalise
from pipeline import public_holidays
from pipeline.models import Availability, HandOffTerms, PublicHoliday
from pipeline.public_holidays import LONGEST, Unknown

AHEAD = 2  # whole years after this one


def follow_region(text: str, *, now: datetime) -> str:
    """The region in one way of writing, its holidays kept; Refused when there is none of this name."""
    region = normalise.line(text).upper().replace("_", "-").strip("-")
    if not region:
        return ""
    if len(region) > LONGEST:
        raise Refused(region="Write a country such as DE, or a part of it such as DE-BY.")
    if not _last(region) >= date(now.year + AHEAD, 1, 1):
        try:
            _keep(region, now)
        except Unknown as unknown:
            raise Refused(region=str(unknown)) from None
    return region


def _last(region: str) -> date:
    newest = PublicHoliday.objects.filter(region=region).order_by("-day").values_list("day", flat=True).first()
    return newest or date.min


def _keep(region: str, now: datetime) -> None:
    """Last year too: an absence of then may still be counted."""
    years = range(now.year - 1, now.year + AHEAD + 1)
    rows = [
        PublicHoliday(region=region, day=day, name=name) for day, name in public_holidays.days_of(region, years).items()
    ]
    PublicHoliday.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def keep_followed(*, now: datetime) -> int:
    """How many regions had days to add: once a year each. Those that nobody follows any more are forgotten."""
    followed = set(HandOffTerms.objects.values_list("region", flat=True))
    followed |= set(Availability.objects.values_list("region", flat=True))
    PublicHoliday.objects.exclude(region__in=followed).delete()
    due = [region for region in sorted(followed - {""}) if _last(region) < date(now.year + AHEAD, 1, 1)]
    for region in due:
        try:
            _keep(region, now)
        except Unknown:  # a newer version of the library no longer has it: what is kept stays
            continue
    return len(due)
