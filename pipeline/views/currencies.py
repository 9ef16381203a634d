"""Settings → Currencies: in which one we report, and what the others are worth."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in
from core.forms import posted
from pipeline import services
from pipeline.currency_forms import RateForm, RatesForm, ReportingForm
from pipeline.models import ExchangeRate, Opportunity
from pipeline.queries.currencies import rates_in, reporting_currency
from pipeline.services.currencies import SHOWN_WRONG
from users.access import SignedInRequest, requires
from users.roles import Can

SHOWN = 200


@require_safe
@requires(Can.MANAGE_STAGES)
def index(request: SignedInRequest) -> HttpResponse:
    """The reporting currency, which currencies want a rate, and the newest rates."""
    base, today = reporting_currency(), timezone.now().date()
    in_use = set(Opportunity.objects.order_by().values_list("currency", flat=True).distinct()[:200])
    rates = rates_in(base, ((code, today) for code in in_use if base))
    rows = list(ExchangeRate.objects.select_related("set_by")[: SHOWN + 1])
    context = {
        "base": base,
        "rates": rows[:SHOWN],
        "is_cut": len(rows) > SHOWN,
        "unrated": sorted(code for code in in_use if base and rates.on(code, today) is None),
        "in_use": sorted(in_use),
    }
    return render(request, "pipeline/currencies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def reporting(request: SignedInRequest) -> HttpResponse:
    """Another reporting currency, or none."""

    def save(given: dict[str, Any]) -> str:
        code = services.set_reporting_currency(**given)
        return f"Sums of several currencies are shown in {code}." if code else "Currencies stand side by side."

    form = ReportingForm(posted(request), initial={"currency": reporting_currency()})
    back = reverse("settings_currencies")
    return fill_in(request, form, save, back=back, title="Reporting currency", button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def rate(request: SignedInRequest) -> HttpResponse:
    """One rate."""
    now = timezone.now()

    def save(given: dict[str, Any]) -> str:
        return f"{services.set_rate(actor=request.user, now=now, **given)} is saved."

    initial = {"day": now.date(), "currency": request.GET.get("currency", "")[:3]}
    form = RateForm(posted(request), base=reporting_currency() or "the reporting currency", initial=initial)
    return fill_in(request, form, save, back=reverse("settings_currencies"), title="New rate", button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def rates(request: SignedInRequest) -> HttpResponse:
    """Many rates at once, as a list."""

    def save(given: dict[str, Any]) -> str:
        listed = services.take_rates(text=given["text"], actor=request.user, now=timezone.now())
        if listed.wrong:
            more = f" And {len(listed.wrong) - SHOWN_WRONG:,} more." if len(listed.wrong) > SHOWN_WRONG else ""
            messages.warning(request, " ".join(listed.wrong[:SHOWN_WRONG]) + more)
        return f"{listed.kept:,} rate{'' if listed.kept == 1 else 's'} saved."

    form = RatesForm(request.POST, request.FILES) if request.method == "POST" else RatesForm()
    back = reverse("settings_currencies")
    return fill_in(request, form, save, back=back, title="Rates from a list", button="Save")


@require_POST
@requires(Can.MANAGE_STAGES)
def rate_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """It was wrong."""
    services.remove_rate(rate_id=pk)
    return redirect("settings_currencies")
