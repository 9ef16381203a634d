"""The funnel's tables as files: the numbers of the pages."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports import queries
from reports.attribution import WHOLE
from reports.queries.steps import STEPS
from reports.queries.wanted import DIVISIONS
from reports.services.journeys import main_currency
from reports.views.asked import part_asked_of
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can


def _people(parts: int) -> int | float:
    """Whole people, or tenths of them where they are shared."""
    return parts // WHOLE if parts % WHOLE == 0 else parts / WHOLE


@require_safe
@requires(Can.EXPORT_LISTS)
def funnel(request: SignedInRequest, format: str) -> HttpResponse:
    """The funnel by step, as it is divided, and by month."""
    wanted = part_asked_of(request)
    counted = queries.funnel(wanted, now=timezone.now())
    groups = [("All", [counted.total]), (DIVISIONS[wanted.by], counted.parts), ("Month", counted.months)]
    rows: list[list[Any]] = [
        [by, row.label, *(_people(one.parts) for one in row.steps)] for by, lines in groups for row in lines
    ]
    spreads = [one.spread for one in counted.total.steps]
    for label, name in (("Median days to it", "median"), ("First quartile", "low"), ("Third quartile", "high")):
        rows.append(["Time", label, *(getattr(spread, name) if spread else None for spread in spreads)])
    return send(request, format, ["By", "", *(step.label for step in STEPS)], rows, name="funnel")


@require_safe
@requires(Can.EXPORT_LISTS)
def cohorts(request: SignedInRequest, format: str) -> HttpResponse:
    """Each month's people: how many had got there by the end of each month of age."""
    found = queries.cohorts(part_asked_of(request), now=timezone.now())

    def rows() -> Iterator[list[Any]]:
        for row in found.rows:
            yield [f"{row.month:%Y-%m}", row.size, row.not_yet, *(one.count for one in row.cells)]
        for label, name in (("Share", "share"), ("Low", "low"), ("High", "high")):
            yield [label, found.size, found.size - found.count, *(round(getattr(one, name), 4) for one in found.table)]

    header = ["Became known in", "People", "Not yet", *(f"Month {age}" for age in found.ages)]
    return send(request, format, header, rows(), name="cohorts")


@require_safe
@requires(Can.EXPORT_LISTS)
def compare(request: SignedInRequest, format: str) -> HttpResponse:
    """The difference between two periods, explained by source."""
    found = queries.comparison(part_asked_of(request), now=timezone.now())
    header = ["Source", "Came before", "Got there before", "Came now", "Got there now", "Difference"]
    rows = (
        [one.label, one.before.came, one.before.got, one.after.came, one.after.got, one.difference]
        + [value / 10 for value in (one.volume, one.mix, one.rate)]
        for one in (*found.parts, found.whole)
    )
    return send(request, format, [*header, "Volume", "Mix", "Rate"], rows, name="funnel-compared")


@require_safe
@requires(Can.EXPORT_LISTS)
def costs(request: SignedInRequest, format: str) -> HttpResponse:
    """What campaigns cost and brought."""
    found = queries.costs(part_asked_of(request), now=timezone.now(), currency=main_currency())
    header = ["Campaign", "Currency", "Cost", "Leads", "Per lead", "Prospects", "Per prospect", "Customers"]

    def rows() -> Iterator[list[Any]]:
        for one in (*found.campaigns, found.total):
            people = [value for figure in one.figures for value in (_people(figure.parts), figure.each)]
            yield [one.label, found.currency, one.cost, *people, one.revenue, one.back]

    return send(request, format, [*header, "Per customer", "Won", "Return"], rows(), name="campaign-costs")
