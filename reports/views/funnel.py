"""The funnel's pages: steps, cohorts, the difference between two periods, and the people behind each number."""

from dataclasses import replace
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
from reports import queries
from reports.attribution import MODELS
from reports.queries.labels import activations, labels
from reports.queries.proof import counted_anew
from reports.queries.restated import back_tests, restatement
from reports.queries.steps import BY_KEY, STEPS
from reports.queries.wanted import DIVISIONS, PERIODS, SHARED, Wanted
from reports.views.asked import part_asked_of
from users.access import SignedInRequest, requires
from users.roles import Can

PAGES = (
    ("funnel", "Steps"),
    ("funnel_cohorts", "Cohorts"),
    ("funnel_compare", "What changed"),
    ("funnel_costs", "Costs and return"),
)
TOUCHES = dict(zip(MODELS, ("First touch", "Last touch", "Linear", "Position-based"), strict=True))
SAID = {
    "skipped": "who passed a step of which we know nothing",
    "sent_back": "who went back to being a lead",
    "came_again": "who became a prospect again",
}


def frame(current: str, wanted: Wanted) -> dict[str, Any]:
    """What all pages of the funnel show around theirs; the months that were chosen go along from page to page."""
    chosen = {"months": str(wanted.months)}
    if wanted.by != "source":
        chosen["by"] = wanted.by
    if wanted.by in SHARED and wanted.touch != MODELS[0]:
        chosen["touch"] = wanted.touch

    def here(name: str, months: int) -> str:
        return f"{reverse(name)}?" + "&".join(f"{key}={value}" for key, value in (chosen | {"months": months}).items())

    return {
        "tabs": [
            {"label": label, "url": here(name, wanted.months), "active": name == current} for name, label in PAGES
        ],
        "periods": [
            {"label": f"{months} months", "url": here(current, months), "active": months == wanted.months}
            for months in PERIODS
        ],
        "list_url": reverse("funnel_contacts"),
        "kept_months": {"months": wanted.months},
    }


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel(request: SignedInRequest) -> HttpResponse:
    """Step by step, divided as it is asked, and by month."""
    now = timezone.now()
    wanted = part_asked_of(request)
    filters: list[dict[str, Any]] = [
        {"name": "by", "label": "Divided by", "choices": list(DIVISIONS.items()), "value": wanted.by}
    ]
    if wanted.by in SHARED:
        filters.append({"name": "touch", "label": "Credit", "choices": list(TOUCHES.items()), "value": wanted.touch})
    months = wanted.cohorts(now.date())
    tests = back_tests()
    if tests:
        choices = [("", "as it was"), *((test.pk, f"by v{test.definition.version}") for test in tests)]
        filters.append({"name": "restated", "label": "Past judged", "choices": choices, "value": wanted.restated or ""})
    marks = activations(months)
    context = {
        **frame("funnel", wanted),
        "funnel": queries.funnel(wanted, now=now, activations=marks),
        "steps": STEPS,
        "division": DIVISIONS[wanted.by],
        "restated": restatement(wanted, tests, months),
        "is_shared": wanted.by in SHARED,
        "touch": TOUCHES[wanted.touch],
        "filters": filters,
    }
    return render(request, f"reports/funnel.html{'#figures' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_counting(request: SignedInRequest) -> HttpResponse:
    """How far what was won is counted in another currency; nothing where it is."""
    context = {"anew": counted_anew(), "was_running": request.GET.get("running") == "yes"}
    return render(request, "reports/_counting.html", context)


def _step_filter(wanted: Wanted) -> dict[str, Any]:
    value = wanted.reached if wanted.reached != "lead" else "won"
    choices = [(step.key, step.label) for step in reversed(STEPS[1:])]
    return {"name": "reached", "label": "Reached", "choices": choices, "value": value}


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_cohorts(request: SignedInRequest) -> HttpResponse:
    """How far each month's people had got by which age."""
    wanted = part_asked_of(request)
    if wanted.by != "source":
        wanted = replace(wanted, by="source", key=None)
    sources = [("", "all"), *Source.choices]
    context = {
        **frame("funnel_cohorts", wanted),
        "cohorts": queries.cohorts(wanted, now=timezone.now()),
        "filters": [
            _step_filter(wanted),
            {"name": "source", "label": "Source", "choices": sources, "value": wanted.key or ""},
        ],
    }
    return render(request, f"reports/funnel_cohorts.html{'#figures' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_compare(request: SignedInRequest) -> HttpResponse:
    """The last full months against those before, with the difference explained."""
    wanted = part_asked_of(request)
    context = {
        **frame("funnel_compare", wanted),
        "compared": queries.comparison(wanted, now=timezone.now()),
        "filters": [_step_filter(wanted)],
    }
    return render(request, f"reports/funnel_compare.html{'#figures' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_contacts(request: SignedInRequest) -> HttpResponse:
    """Exactly the contacts behind a number of the funnel."""
    now = timezone.now()
    wanted = Wanted.parse(request.GET)
    people = wanted.people(request.user, now=now)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = leads.queries.list_page(people, sort="-new", after=after, before=before)
    here = f"{reverse('funnel_contacts')}?{wanted.query()}"
    is_first = not after and not before
    erased = capped_count(wanted.erased(now=now)) if is_first else 0
    shares = wanted.credit(now=now) if is_first and wanted.is_shared else None
    context = {
        "rows": leads.queries.rows_of([row.pk for row in page.rows], now=now),
        "count": capped_count(people) + erased if is_first else None,
        "erased": erased,
        "shares": None if shares is None else queries.shown(shares),
        "touch": TOUCHES[wanted.touch],
        "wanted": wanted,
        "step": BY_KEY[wanted.reached],
        "mark": SAID.get(wanted.mark, ""),
        "missing": BY_KEY[wanted.missing].label.lower() if wanted.missing else "",
        "title": _title(wanted),
        "older": f"{here}&after={page.after}" if page.after else "",
        "newer": f"{here}&before={page.before}" if page.before else "",
        "back": f"{reverse('funnel')}?months={wanted.months}",
    }
    return render(request, f"reports/funnel_contacts.html{'#list' if wants_part(request) else ''}", context)


def _title(wanted: Wanted) -> str:
    if wanted.month:
        when = f"of {wanted.month:%B %Y}"
    elif wanted.end:
        when = f"of the {wanted.months} months to {wanted.end:%B %Y}"
    else:
        when = f"of the last {wanted.months} months"
    said = f"{BY_KEY[wanted.reached].label} {when}"
    if wanted.key is not None:
        name = labels(wanted.by, [wanted.key])[wanted.key]
        said += f" from {name.lower()}" if wanted.by == "source" else f", {DIVISIONS[wanted.by].lower()}: {name}"
    if wanted.level:
        said += ", each month up to the same age"
    if wanted.restated is not None:
        said += ", whom another definition would have judged a prospect"
    if wanted.within is not None and not wanted.level:
        said += f", by the end of month {wanted.within}"
    return said
