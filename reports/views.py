"""Forecast and funnel."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

import leads.queries
from core.answers import wants_part
from core.keyset import capped_count
from leads.models import Source
from pipeline.queries import Filters
from pipeline.views.board import owner_filters, sellers
from reports import queries
from reports.queries.funnel import PERIODS
from reports.queries.steps import STEPS
from users.access import SignedInRequest, requires
from users.roles import Can


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


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel(request: SignedInRequest) -> HttpResponse:
    """Step by step, by source, by month."""
    wanted = queries.Wanted.parse(request.GET)
    address = reverse("funnel")
    context = {
        "funnel": queries.funnel(wanted, now=timezone.now()),
        "steps": STEPS,
        "list_url": reverse("funnel_contacts"),
        "periods": [
            {"label": f"{months} months", "url": f"{address}?months={months}", "active": months == wanted.months}
            for months in PERIODS
        ],
    }
    return render(request, f"reports/funnel.html{'#figures' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_contacts(request: SignedInRequest) -> HttpResponse:
    """Exactly the contacts behind a number of the funnel, from the facts as they are now."""
    now = timezone.now()
    wanted = queries.Wanted.parse(request.GET)
    people = wanted.people(request.user, now=now)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = leads.queries.list_page(people, sort="-new", after=after, before=before)
    here = f"{reverse('funnel_contacts')}?{wanted.query()}"
    step = next(step for step in STEPS if step.key == wanted.reached)
    is_first = not after and not before
    erased = capped_count(wanted.erased(now=now)) if is_first else 0
    context = {
        "rows": leads.queries.rows_of([row.pk for row in page.rows], now=now),
        "count": capped_count(people) + erased if is_first else None,
        "erased": erased,
        "wanted": wanted,
        "step": step,
        "title": _title(wanted, step.label),
        "older": f"{here}&after={page.after}" if page.after else "",
        "newer": f"{here}&before={page.before}" if page.before else "",
        "back": f"{reverse('funnel')}?months={wanted.months}",
    }
    return render(request, f"reports/funnel_contacts.html{'#list' if wants_part(request) else ''}", context)


def _title(wanted: queries.Wanted, step: str) -> str:
    when = f"of {wanted.month:%B %Y}" if wanted.month else f"of the last {wanted.months} months"
    sources = dict(Source.choices)
    return f"{step} {when}" + (f" from {str(sources[wanted.source]).lower()}" if wanted.source else "")
