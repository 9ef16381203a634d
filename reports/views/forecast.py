"""The forecast's page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from pipeline.queries import Filters
from pipeline.views.board import owner_filters, sellers
from reports import queries
from users.access import SignedInRequest


@require_safe
def forecast(request: SignedInRequest) -> HttpResponse:
    """Closed and weighted by month, and per owner; reps see what they may see."""
    now = timezone.now()
    wanted = Filters.parse(request.GET)
    owners = sellers(request.user)
    whole = queries.forecast(request.user, wanted, now=now, people=owners)
    address, query = reverse("forecast"), Filters(owner=wanted.owner, team=wanted.team)
    context: dict[str, Any] = {
        "forecast": whole,
        "list_url": reverse("pipeline_list"),
        "tiles": _tiles(whole, reverse("pipeline_list")),
        "columns": [
            {
                "label": f"{month.month:%b}",
                "url": f"{reverse('pipeline_list')}?{month.query}",
                "current": month.is_current,
                "parts": [
                    {"tone": "closed", "label": "Closed", "value": month.closed.amount},
                    {"tone": "weighted", "label": "Weighted open", "value": round(month.open.weighted, 2)},
                ],
            }
            for month in whole.months
        ],
        "currency_tabs": [
            {
                "label": currency,
                "count": f"{count:,}",
                "url": f"{address}?{Filters(owner=query.owner, team=query.team, currency=currency).query()}",
                "active": currency == whole.currency,
            }
            for currency, count in sorted(whole.currencies)
        ],
        "filters": owner_filters(owners, wanted),
        "kept": {"currency": whole.currency} if len(whole.currencies) > 1 else {},
    }
    return render(request, f"reports/forecast.html{'#figures' if wants_part(request) else ''}", context)


def _tiles(whole: queries.Forecast, address: str) -> list[dict[str, Any]]:
    """The four numbers of the day, each with the list behind it."""
    now, of = whole.current, "without amount"
    figures = [
        ("Closed this month", now.closed, now.closed.amount, "won", "closed"),
        ("Still due this month, weighted", now.open, now.open.weighted, "open", "weighted"),
        ("All that is open, weighted", whole.all, whole.all.weighted, "open", "weighted"),
        ("Overdue, weighted", whole.overdue, whole.overdue.weighted, "past their day", "alarm"),
    ]
    return [
        {
            "label": label,
            "amount": amount if figure.unknown < figure.count or not figure.count else None,
            "note": f"{figure.count:,} {word}" + (f", {figure.unknown:,} {of}" if figure.unknown else ""),
            "url": f"{address}?{figure.query}",
            "tone": tone,
        }
        for label, figure, amount, word, tone in figures
    ]
