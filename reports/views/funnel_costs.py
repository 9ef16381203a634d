"""What campaigns cost and brought; writing it down."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import done, fill_in, wants_part
from core.errors import Refused
from core.forms import posted, show_refusal
from reports import queries, services
from reports.cost_forms import CostForm, CostListForm
from reports.services.costs import SHOWN_WRONG
from reports.services.journeys import main_currency
from reports.views.asked import part_asked_of
from reports.views.funnel import TOUCHES, frame
from users.access import SignedInRequest, requires
from users.roles import Can


@require_safe
@requires(Can.SEE_FUNNEL)
def funnel_costs(request: SignedInRequest) -> HttpResponse:
    """Cost per lead, prospect and customer, and what came back, by campaign."""
    wanted = part_asked_of(request)
    entered = queries.entered(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    here = f"{reverse('funnel_costs')}?months={wanted.months}&touch={wanted.touch}"
    context: dict[str, Any] = {
        **frame("funnel_costs", wanted),
        "costs": queries.costs(wanted, now=timezone.now(), currency=main_currency()),
        "entered": entered,
        "older": f"{here}&after={entered.after}" if entered.after else "",
        "newer": f"{here}&before={entered.before}" if entered.before else "",
        "may_enter": request.user.can(Can.MANAGE_CAPTURE),
        "filters": [{"name": "touch", "label": "Credit", "choices": list(TOUCHES.items()), "value": wanted.touch}],
        "touch": TOUCHES[wanted.touch],
    }
    return render(request, f"reports/funnel_costs.html{'#figures' if wants_part(request) else ''}", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_CAPTURE)
def add_cost(request: SignedInRequest) -> HttpResponse:
    """What one campaign cost in one month."""
    form = CostForm(posted(request), currency=main_currency())

    def save(data: dict[str, Any]) -> str:
        cost = services.set_cost(**data, actor=request.user, now=timezone.now())
        return f"Cost of {cost.campaign} in {cost.month:%B %Y} written down."

    return fill_in(request, form, save, back=reverse("funnel_costs"), title="What a campaign cost", button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_CAPTURE)
def import_costs(request: SignedInRequest) -> HttpResponse:
    """A list of costs: the good lines are kept, the others are shown with what is wrong."""
    form = CostListForm(posted(request), request.FILES or None)
    listed = None
    if request.method == "POST" and form.is_valid():
        try:
            listed = services.take_costs(
                content=form.cleaned_data["file"].read(),
                currency=main_currency(),
                actor=request.user,
                now=timezone.now(),
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            if not listed.wrong:
                messages.success(request, f"{listed.kept:,} cost{'s' if listed.kept != 1 else ''} written down.")
    context = {
        "form": form,
        "listed": listed,
        "wrong": listed.wrong[:SHOWN_WRONG] if listed else [],
        "currency": main_currency(),
    }
    failed = request.method == "POST" and (listed is None or bool(listed.wrong))
    return render(request, "reports/funnel_costs_import.html", context, status=422 if failed else 200)


@require_POST
@requires(Can.MANAGE_CAPTURE)
def remove_cost(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a cost back; it is unknown again."""
    was_there = services.remove_cost(cost_id=pk)
    text = "The cost is unknown again." if was_there else "It was gone already."
    return done(request, url=reverse("funnel_costs"), text=text)
