"""Which contacts a number of the funnel stands for: read from an address, and written back into one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from core.keyset import BIGGEST
from leads.filters import SaysWrong, asked_wrongly, number, written
from leads.models import Source, Standing, StandingQuerySet
from pipeline.periods import later, month_of
from pipeline.queries.filters import midnight
from reports.attribution import MODELS, WHOLE
from reports.models import Channel, Credit, Journey
from reports.queries.steps import BY_KEY, KEYS
from scoring.models import BackTestPromotion
from users.models import User

PERIODS = (3, 6, 12, 24)
OLDEST_AGE = 36
LONGEST_KEY = 210
# how the people of a month are divided; channels and campaigns share a person by one of the models
DIVISIONS = {
    "source": "Source",
    "channel": "Channel",
    "campaign": "Campaign",
    "form": "Form",
    "owner": "Owner",
    "persona": "Persona",
    "version": "Definition",
}
SHARED = ("channel", "campaign")
MARKS = {"skipped": "skipped", "sent_back": "sent_back", "came_again": "came_again"}


@dataclass(frozen=True, slots=True)
class Wanted(SaysWrong):
    """Every part is optional. Of what an address asks wrongly there is nobody: else a list would show everybody."""

    months: int = 12
    month: date | None = None
    end: date | None = None  # the newest of the months; none: this one
    by: str = "source"
    touch: str = "first"
    key: str | None = None  # one part of that division
    reached: str = "lead"
    within: int | None = None  # months of age by which the step was reached
    level: bool = False  # each month up to the age that its counterpart of the newest period can have
    mark: str = ""
    missing: str = ""  # a step that they have not reached
    restated: int | None = None  # a back-test whose definition would have judged them a prospect
    wrong: tuple[tuple[str, str], ...] = ()  # (part, as it was asked)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Wanted":
        def one_of(name: str, known: "tuple[str, ...] | list[str]", default: str) -> str:
            value = given.get(name, "")
            return value if value in known else default

        by = one_of("by", list(DIVISIONS), "source")
        key: str | None = given.get("key")
        source = given.get("source", "")
        if source in Source.values:
            by, key = "source", source
        within = given.get("within", "")
        found = cls(
            months=int(one_of("months", [str(one) for one in PERIODS], "12")),
            month=month_of(given.get("month", "")),
            end=month_of(given.get("end", "")),
            by=by,
            touch=one_of("touch", MODELS, "first"),
            key=_storable(key),
            reached=one_of("reached", KEYS, "lead"),
            within=int(within) if within.isascii() and within.isdigit() and len(within) < 3 else None,
            level=given.get("level") == "1",
            mark=one_of("mark", list(MARKS), ""),
            missing=one_of("missing", KEYS, ""),
            restated=number(given.get("restated", "")),
        )
        known = {"months": PERIODS, "by": DIVISIONS, "touch": MODELS, "reached": KEYS, "source": Source.values}
        wrong = [
            (name, value)
            for name, values in known.items()
            if (value := written(given.get(name, ""))) and value not in map(str, values)
        ]
        wrong += asked_wrongly(found, given, ("month", "end", "within", "mark", "missing", "restated"))
        if key and found.key is None:
            wrong.append(("key", written(key)))
        return replace(found, wrong=tuple(wrong)) if wrong else found

    def query(self) -> str:
        """As an address's query."""
        return f"{self.stem()}&reached={self.reached}"

    def stem(self) -> str:
        """The query but for the step, which is last."""
        said = {"month": f"{self.month:%Y-%m}"} if self.month else {"months": str(self.months)}
        if self.end:
            said["end"] = f"{self.end:%Y-%m}"
        if self.key is not None:
            said |= {"source": self.key} if self.by == "source" else {"by": self.by, "key": self.key}
            if self.by in SHARED:
                said["touch"] = self.touch
        if self.within is not None:
            said["within"] = str(self.within)
        if self.level:
            said["level"] = "1"
        if self.mark:
            said["mark"] = self.mark
        if self.missing:
            said["missing"] = self.missing
        if self.restated is not None:
            said["restated"] = str(self.restated)
        return urlencode(said)

    @property
    def cell(self) -> str:
        """What the rollup calls this division."""
        return f"{self.by}.{self.touch}" if self.by in SHARED else self.by

    def cohorts(self, today: date) -> list[date]:
        """First days of the months that are meant, the newest first."""
        if self.month:
            return [self.month]
        newest = self.end or today.replace(day=1)
        return [later(newest, -step) for step in range(self.months)]

    def before(self, today: date) -> "Wanted":
        """The same of the months before."""
        return replace(self, month=None, end=later(self.cohorts(today)[-1], -1))

    def people(self, user: User, *, now: datetime) -> StandingQuerySet:
        """Those contacts, as far as the user may see."""
        return self._among(Standing.objects.visible_to(user), now)

    def erased(self, *, now: datetime) -> StandingQuerySet:
        """Those of whom only the number is left: they still count, and are in no list."""
        return self._among(Standing.objects.filter(is_erased=True), now)

    def _among(self, rows: StandingQuerySet, now: datetime) -> StandingQuerySet:
        return rows.filter(pk__in=self.journeys(now=now).values("pk"))

    def journeys(self, *, now: datetime) -> "QuerySet[Journey]":
        """Of everybody who is meant."""
        if self.wrong:
            return Journey.objects.none()
        cohorts = self.cohorts(now.astimezone(UTC).date())
        rows = Journey.objects.filter(month__range=(cohorts[-1], cohorts[0]))
        at = BY_KEY[self.reached].at
        rows = rows.filter(**{f"{at}__isnull": False})
        if self.mark:
            rows = rows.filter(**{f"{MARKS[self.mark]}__gt": 0})
        if self.restated is not None:
            promoted = BackTestPromotion.objects.filter(back_test=self.restated, is_active=False)
            rows = rows.filter(pk__in=promoted.values("contact_id"))
        if self.missing:
            rows = rows.filter(**{f"{BY_KEY[self.missing].at}__isnull": True})
        if self.key is not None:
            rows = rows.filter(self._part(self.key))
        if self.level or self.within is not None:
            ends = (
                Q(month=month, **{f"{at}__lt": midnight(later(month, 1 + (place if self.level else self.within or 0)))})
                for place, month in enumerate(cohorts)
            )
            rows = rows.filter(reduce(or_, ends))
        return rows

    @property
    def is_shared(self) -> bool:
        """Whether the people who are meant are only partly credited to what is asked for."""
        return self.by in SHARED and self.key is not None

    def credit(self, *, now: datetime) -> int:
        """Thousandths of people that are credited to the part, which the list behind it adds up to."""
        mine = self.journeys(now=now).values("pk")
        credits = Credit.objects.filter(contact_id__in=mine, channel__in=self._channels(self.key or ""))
        credited = credits.aggregate(parts=Sum(self.touch))["parts"] or 0
        if self.key:
            return int(credited)
        return (
            int(credited) + WHOLE * self.journeys(now=now).exclude(pk__in=Credit.objects.values("contact_id")).count()
        )

    def _part(self, key: str) -> Q:
        if self.by in {"source", "form"}:
            return Q(**{self.by: key})
        if self.by in SHARED:
            return self._shared(key)
        column = {"owner": "owner_id", "persona": "persona_id", "version": "version"}[self.by]
        if not key:
            return Q(**{column: None})
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 20 else -1
        most = BIGGEST if self.by == "owner" else 2**31 - 1
        return Q(**{column: number}) if 0 <= number <= most else Q(pk__in=[])

    def _channels(self, key: str) -> "QuerySet[Channel]":
        if self.by == "campaign":
            return Channel.objects.filter(campaign=key)
        return Channel.objects.annotate(name=Concat("source", Value(" / "), "medium")).filter(name=key)

    def _shared(self, key: str) -> Q:
        credits = Credit.objects.filter(channel__in=self._channels(key), **{f"{self.touch}__gt": 0})
        theirs = Q(pk__in=credits.values("contact_id"))
        return theirs | ~Q(pk__in=Credit.objects.values("contact_id")) if not key else theirs


def _storable(key: str | None) -> str | None:
    """A key that the database can be asked for."""
    if key is None or len(key) > LONGEST_KEY or "\0" in key or any("\ud800" <= sign <= "\udfff" for sign in key):
        return None
    return key
