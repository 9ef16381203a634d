"""The forecast's page, and the figure that a manager puts beside the deals'."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import fill_in, wants_part
from core.forms import posted
from pipeline import services
from pipeline.periods import Unit, parse, period_of
from pipeline.queries import Filters
from pipeline.queries.currencies import reporting_currency
from pipeline.views.filtering import owner_filters, sellers
from reports import queries
from reports.forms import CallForm
from reports.queries.figures import Forecast, Month
from reports.queries.record import counted_for
from reports.views.asked import asked_of
from users.access import SignedInRequest, requires
from users.roles import Can

UNITS = ((Unit.MONTH, "Months"), (Unit.QUARTER, "Quarters"), (Unit.YEAR, "Years"))
NOW = {Unit.MONTH: "this month", Unit.QUARTER: "this quarter", Unit.YEAR: "this year"}


def unit_of(text: str) -> Unit:
    """What an address asks for; months unless it asks for something else."""
    return next((unit for unit, _ in UNITS if unit.value == text), Unit.MONTH)


def pages(current: str, query: str = "") -> list[dict[str, Any]]:
    """The pages of the forecast, as tabs."""
    known = (
        ("forecast", "Forecast"),
        ("forecast_changes", "What changed"),
        ("forecast_accuracy", "How right it was"),
        ("forecast_leads", "From leads"),
    )
    more = f"?{query}" if query else ""
    return [{"label": label, "url": reverse(name) + more, "active": name == current} for name, label in known]


def kept_query(wanted: Filters, together: bool) -> str:
    """What the forecast's pages keep when one goes from one to the other: whose it is, and in which currency."""
    kept = Filters(owner=wanted.owner, team=wanted.team, currency="" if together else wanted.currency).query()
    return "&".join(filter(None, [kept, "together=yes" if together else ""]))


@require_safe
def forecast(request: SignedInRequest) -> HttpResponse:
    """Closed and open by how sure we are, by month, quarter or year, and per owner; reps see what they may see."""
    now = timezone.now()
    wanted, unit = counted_for(request.user, asked_of(request)), unit_of(request.GET.get("unit", ""))
    owners = sellers(request.user)
    together = request.GET.get("together") == "yes"
    whole = queries.forecast(request.user, wanted, now=now, people=owners, unit=unit, together=together)
    ours = reporting_currency() if len(whole.currencies) > 1 else ""
    address, kept = reverse("forecast"), Filters(owner=wanted.owner, team=wanted.team, currency=wanted.currency)

    def here(unit: Unit = unit, **changes: object) -> str:
        in_one = "together=yes" if whole.is_together and "currency" not in changes else ""
        query = "&".join(filter(None, [kept.query(**changes), f"unit={unit}" if unit != Unit.MONTH else "", in_one]))
        return f"{address}?{query}" if query else address

    in_unit = here(currency="")
    all_in_one = f"{in_unit}{'&' if '?' in in_unit else '?'}together=yes"
    context: dict[str, Any] = {
        "forecast": whole,
        "list_url": reverse("pipeline_list"),
        "team_url": f"{here()}{'&' if '?' in here() else '?'}team=",
        "pages": pages("forecast", kept_query(wanted, whole.is_together)),
        "units": [{"label": label, "url": here(one), "active": one == unit} for one, label in UNITS],
        "now_words": NOW[unit],
        "tiles": _tiles(whole, reverse("pipeline_list"), NOW[unit]),
        "columns": [_column(month, reverse("pipeline_list")) for month in whole.months],
        "currency_tabs": [
            {
                "label": currency,
                "count": f"{count:,}",
                "url": here(currency=currency),
                "active": currency == whole.currency and not whole.is_together,
            }
            for currency, count in sorted(whole.currencies)
        ]
        + ([{"label": f"All in {ours}", "url": all_in_one, "active": whole.is_together}] if ours else []),
        "filters": owner_filters(owners, wanted),
        "kept": ({"together": "yes"} if whole.is_together else {})
        | ({"currency": whole.currency} if len(whole.currencies) > 1 and not whole.is_together else {})
        | ({"unit": unit.value} if unit != Unit.MONTH else {}),
        "can_call": request.user.can(Can.MANAGE_FORECAST),
        "is_empty": not (whole.currencies or whole.sellers or request.GET.get("owner") or request.GET.get("team")),
        "is_of_team": not request.user.sees_everything and wanted.team is not None,
    }
    return render(request, f"reports/forecast.html{'#figures' if wants_part(request) else ''}", context)


def _column(month: Month, list_url: str) -> dict[str, Any]:
    parts = (
        ("closed", "Closed", month.closed.amount),
        ("commit", "Commit", month.commit.amount),
        ("best", "Best case", month.best.amount),
        ("weighted", "Pipeline, weighted", round(month.early.weighted, 2)),
    )
    column: dict[str, Any] = {
        "label": month.period.label,
        "url": f"{list_url}?{month.query}",
        "current": month.is_current,
        "parts": [{"tone": tone, "label": label, "value": value} for tone, label, value in parts],
    }
    if month.likely is not None:
        column |= {"low": month.likely.low, "high": month.likely.high}
    return column | ({"mark": month.quota} if month.quota else {})


def _tiles(whole: Forecast, address: str, when: str) -> list[dict[str, Any]]:
    """The four numbers of the day, each with the list behind it."""
    now, of = whole.current, "without amount"
    figures = [
        (f"Closed {when}", now.closed, now.closed.amount, "won", "closed"),
        (f"Still due {when}, weighted", now.open, now.open.weighted, "open", "weighted"),
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


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_FORECAST)
def call(request: SignedInRequest) -> HttpResponse:
    """A manager's own figure for a person or a team in a month, beside what the deals say, with the reason."""
    now = timezone.now()
    asked = parse(request.GET.get("period", ""), settings.FISCAL_YEAR_START)
    month = period_of(now.date() if asked is None or asked.unit != Unit.MONTH else asked.start, Unit.MONTH)
    wanted = asked_of(request)
    owners = sellers(request.user)
    person = next((one for one in owners if str(one.pk) == request.GET.get("person", "")), None)
    team = next((one.team for one in owners if one.team and str(one.team_id) == request.GET.get("team", "")), None)
    if (person is None) == (team is None):
        raise Http404
    whole = queries.forecast(request.user, Filters(currency=wanted.currency), now=now, people=owners)
    months = [one for one in whole.months if one.period.start >= whole.current.period.start]
    form = CallForm(posted(request), months=months, chosen=month.start)
    whose = str(person or team)

    def save(given: dict[str, Any]) -> str:
        chosen = given["month"]
        # what the deals say of that month, for this person or the people of this team
        only = Filters(currency=whole.currency, owner=str(person.pk) if person else "", team=team.pk if team else None)
        found = queries.forecast(request.user, only, now=now)
        original = next(one for one in found.months if one.period.start == chosen)
        services.call_forecast(
            month=chosen,
            currency=whole.currency,
            amount=given["amount"],
            note=given["note"],
            original=original.committed,
            actor=request.user,
            now=now,
            owner=person,
            team=team,
        )
        return (
            f"{whose}, {chosen:%B}: your figure stands beside theirs."
            if given["amount"] is not None
            else (f"{whose}, {chosen:%B}: what the opportunities say stands again.")
        )

    return fill_in(
        request,
        form,
        save,
        back=reverse("forecast"),
        title=f"Your figure for {whose}",
        button="Save",
        action=request.get_full_path(),
        text=f"In {whole.currency}. What the opportunities say stays beside it, and both are held against what comes.",
    )
