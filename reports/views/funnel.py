"""The funnel's pages."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

import leads.queries
from core.answers import wants_part
from core.keyset import capped_count
from leads.models import Source
from reports import queries
from reports.queries.funnel import PERIODS
from reports.queries.steps import STEPS
from users.access import SignedInRequest, requires
from users.roles import Can


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
