"""Settings → Hand-off and routing: terms, rules, who can take how much, holidays."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from pipeline import services
from pipeline.models import HandOffTerms, Holiday, PublicHoliday, RoutingRule, Turn
from pipeline.queries.availability import terms_of, workers
from pipeline.queries.routing import named, words_of
from pipeline.queries.simulation import Simulation, simulate
from pipeline.routing_forms import HolidayForm, RuleForm, TermsForm
from pipeline.services.routing_rules import checked_rule
from pipeline.sharing import WHOLE
from users.access import SignedInRequest, requires
from users.models import Team, User
from users.roles import Can


@require_safe
@requires(Can.MANAGE_STAGES)
def index(request: SignedInRequest) -> HttpResponse:
    """Everything on one page."""
    now = timezone.now()
    terms = {row.team_id: row for row in HandOffTerms.objects.select_related("team")}
    common = terms.pop(None, HandOffTerms())
    rules = list(RoutingRule.objects.select_related("team").prefetch_related("members"))
    people = workers(User.objects.active_reps().select_related("team").order_by("name", "pk"), now=now)
    turns = {turn.pk: turn for turn in Turn.objects.filter(pk__in=people)}
    context = {
        "common": common,
        "own_terms": sorted(terms.values(), key=lambda row: str(row.team)),
        "other_teams": [team for team in Team.objects.order_by("name", "pk") if team.pk not in terms],
        "rules": [(rule, words_of(rule), named(rule)) for rule in rules],
        "people": [
            {
                "worker": one,
                "why_not": one.away_because(now) or one.full_because() or one.holiday_because(now),
                "owed": turns[pk].credit / WHOLE if pk in turns else None,
            }
            for pk, one in people.items()
        ],
        "holidays": list(Holiday.objects.filter(day__gte=now.date()).select_related("team")[:40]),
        "public": PublicHoliday.objects.filter(day__gte=now.date(), day__lt=now.date() + timedelta(days=366))[:60],
    }
    return render(request, "pipeline/routing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def terms(request: SignedInRequest, team_id: int | None = None) -> HttpResponse:
    """How a team takes over, or everybody who has no terms of their own."""
    team = get_object_or_404(Team, pk=team_id) if team_id else None
    form = TermsForm(posted(request), terms=terms_of(team_id))

    def save(given: dict[str, Any]) -> str:
        services.save_terms(team=team, now=timezone.now(), **given)
        return "Saved. It counts from the next prospect on."

    title = f"Team {team}" if team else "Everybody else"
    return fill_in(request, form, save, back=reverse("settings_routing"), title=title, button="Save")


@require_POST
@requires(Can.MANAGE_STAGES)
def terms_drop(request: SignedInRequest, team_id: int) -> HttpResponse:
    """The team has no terms of its own any more."""
    services.drop_terms(get_object_or_404(Team, pk=team_id))
    return redirect("settings_routing")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def rule(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A rule, new or changed; it can be tried on the last month before it is saved."""
    row = get_object_or_404(RoutingRule, pk=pk) if pk else None
    form, status = RuleForm(posted(request), rule=row), 200
    tried: Simulation | None = None
    if form.is_bound and not form.is_rearranged:
        status = 422
        if form.is_valid():
            given = dict(form.cleaned_data)
            try:
                if request.POST.get("do") == "try":
                    tried, status = _tried(row, given), 200
                else:
                    members = list(given.pop("members"))
                    saved = services.save_routing_rule(rule=row, members=members, **given)
                    messages.success(request, f"{saved.name} is saved. It counts from the next prospect on.")
                    return redirect("settings_routing")
            except Refused as refused:
                show_refusal(form, refused)
    context = {"form": form, "row": row, "tried": tried}
    return render(request, "pipeline/routing_rule.html", context, status=status)


def _tried(row: RoutingRule | None, given: dict[str, Any]) -> Simulation:
    members = list(given.pop("members"))
    draft = checked_rule(row, **given)
    rules = list(RoutingRule.objects.filter(is_active=True).prefetch_related("members").select_related("team"))
    if row is None:
        rules.append(draft)
    else:
        rules = [draft if one.pk == row.pk else one for one in rules]
        if row.pk not in {one.pk for one in rules}:
            rules.append(draft)
    rules = [one for one in rules if one.is_active]
    return simulate(rules, {draft.name: [user.pk for user in members]}, now=timezone.now())


@require_POST
@requires(Can.MANAGE_STAGES)
def rule_shift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Earlier or later."""
    row = get_object_or_404(RoutingRule, pk=pk)
    try:
        services.shift_routing_rule(row, earlier=request.POST.get("to") == "earlier")
    except Refused as refused:
        return went_wrong(request, str(refused), url=reverse("settings_routing"))
    return redirect("settings_routing")


@require_POST
@requires(Can.MANAGE_STAGES)
def rule_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Gone."""
    row = get_object_or_404(RoutingRule, pk=pk)
    services.remove_routing_rule(row)
    messages.success(request, f"{row.name} no longer applies.")
    return redirect("settings_routing")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def holiday_new(request: SignedInRequest) -> HttpResponse:
    """One more day on which nobody works, or one that is worked on after all: of the day that the address names."""

    def save(given: dict[str, Any]) -> str:
        holiday = services.add_holiday(**given)
        return f"{holiday} is {'worked on' if holiday.is_worked else 'a holiday'}."

    initial = {name: request.GET.get(name, "")[:80] for name in ("day", "name", "is_worked")}
    form = HolidayForm(posted(request), initial=initial)
    title = "Work on a holiday" if initial["is_worked"] else "New holiday"
    return fill_in(request, form, save, back=reverse("settings_routing"), title=title, button="Add")


@require_POST
@requires(Can.MANAGE_STAGES)
def holiday_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Nothing is said of the day any more."""
    services.remove_holiday(get_object_or_404(Holiday, pk=pk))
    return redirect("settings_routing")
