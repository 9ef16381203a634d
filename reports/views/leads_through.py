"""From leads to revenue."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.queries.leads_through import leads_through
from reports.views.asked import asked_of
from reports.views.changes import main_currency
from reports.views.forecast import pages
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can


@require_safe
@requires(Can.SEE_FUNNEL, Can.WORK_PIPELINE)
def forecast_leads(request: SignedInRequest) -> HttpResponse:
    """New leads × conversion × wins × size, month by month, with intervals."""
    currency = asked_of(request).currency or main_currency()
    found = leads_through(currency)
    columns = [
        {
            "label": period.label,
            "parts": [{"tone": "weighted", "label": "Middle", "value": likely.middle}],
            "low": likely.low,
            "high": likely.high,
        }
        for period, likely in (found.months if found else [])
    ]
    context: dict[str, Any] = {
        "found": found,
        "currency": currency,
        "columns": columns,
        "pages": pages("forecast_leads"),
    }
    return render(request, "reports/forecast_leads.html", context)


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """The months as a file."""
    currency = asked_of(request).currency or main_currency()
    found = leads_through(currency)

    def rows() -> Iterator[list[Any]]:
        for period, likely in found.months if found else []:
            yield [period.key, currency, likely.low, likely.middle, likely.high]

    return send(request, format, ["Month", "Currency", "P10", "P50", "P90"], rows(), name="forecast-leads")
