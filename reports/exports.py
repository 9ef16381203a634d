"""Forecast and funnel as files."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipeline.queries import Filters
from pipeline.views.board import sellers
from reports import queries
from reports.queries.forecast import Figure
from reports.queries.steps import STEPS
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can


@require_safe
@requires(Can.EXPORT_LISTS)
def forecast(request: SignedInRequest, format: str) -> HttpResponse:
    """The forecast by month and by owner."""
    whole = queries.forecast(request.user, Filters.parse(request.GET), now=timezone.now(), people=sellers(request.user))
    header = ["By", "", "Currency", "Closed", "Closed amount", "Open", "Open amount", "Open weighted", "Without amount"]

    def row(by: str, name: str, closed: Figure | None, still_open: Figure) -> list[Any]:
        won = [closed.count, closed.amount] if closed else [None, None]
        return [
            by,
            name,
            whole.currency,
            *won,
            still_open.count,
            still_open.amount,
            still_open.weighted,
            still_open.unknown,
        ]

    def rows() -> Iterator[list[Any]]:
        for month in whole.months:
            yield row("Month", f"{month.month:%Y-%m}", month.closed, month.open)
        for name, _, figure in whole.rests:
            yield row("Rest", name, None, figure)
        for seller in whole.sellers:
            name = str(seller.owner) if seller.owner else "Somebody who left" if not seller.is_known else "Nobody"
            yield row("Owner, this month's closed and all open", name, seller.closed, seller.all)

    return send(request, format, header, rows(), name="forecast")


@require_safe
@requires(Can.EXPORT_LISTS)
def funnel(request: SignedInRequest, format: str) -> HttpResponse:
    """The funnel by source and by month, as the page counts it."""
    counted = queries.funnel(queries.Wanted.parse(request.GET), now=timezone.now())
    groups = [("All", [counted.total]), ("Source", counted.sources), ("Month", counted.months)]
    rows = ([by, row.label, *(step.count for step in row.steps)] for by, lines in groups for row in lines)
    return send(request, format, ["By", "", *(str(step.label) for step in STEPS)], rows, name="funnel")
