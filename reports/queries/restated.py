"""The past as another definition would have judged it, from back-tests that have been run (scoring)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from leads.days import date_of
from reports.models import Journey
from reports.queries.wanted import Wanted
from scoring.models import BackTest, BackTestPromotion


@dataclass(frozen=True, slots=True)
class Restated:
    """How many of a month's people a definition would have judged a prospect; none before it looks."""

    count: int | None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Restatement:
    """A definition's judgement of the past, week by week since a day."""

    test: BackTest
    since: date
    months: dict[date, Restated]

    @property
    def label(self) -> str:
        return f"v{self.test.definition.version}"


def back_tests() -> list[BackTest]:
    """The newest finished one of each definition, newest definitions first. One query."""
    rows = BackTest.objects.filter(done_at__isnull=False, preview=None).select_related("definition")
    return list(rows.order_by("-definition__version", "-pk").distinct("definition__version"))


def restatement(wanted: Wanted, tests: Sequence[BackTest], months: Sequence[date]) -> Restatement | None:
    """Of the months whose people it saw from the beginning. One query."""
    test = next((test for test in tests if test.pk == wanted.restated), None)
    if test is None:
        return None
    since = date_of(test.first_day)
    promoted = BackTestPromotion.objects.filter(back_test=test, is_active=False).values("contact_id")
    seen = Journey.objects.filter(month__range=(months[-1], months[0]), pk__in=promoted)
    counts = Counter(seen.values_list("month", flat=True))
    bare = replace(wanted, key=None, end=None, mark="", missing="", within=None, level=False, reached="lead")
    told = {
        month: Restated(counts[month], replace(bare, month=month).query()) if month >= since else Restated(None)
        for month in months
    }
    return Restatement(test, since, told)
