"""Which threshold the team could work off: the weekly load of each, beside what people can take."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import go_to
from core.errors import Refused
from leads.days import date_of
from pipeline import capacity
from pipeline.queries.capacity import members_of
from scoring import loads
from scoring.models import LoadTrial
from scoring.queries import Active, active_specs
from scoring.queries.trials import reps_of
from scoring.services import loads as services
from scoring.views.pages import whose_tabs
from users.access import SignedInRequest, requires
from users.roles import Can

READERS = (Can.EDIT_DEFINITION, Can.MANAGE_STAGES)


def _team(given: Mapping[str, str]) -> tuple[Active, int | None]:
    """The active definitions, and the team whose own one is asked about; none: the one for all."""
    active = active_specs()
    return active, next((pk for pk in active.teams if str(pk) == given.get("team")), None)


def _newest(team_id: int | None) -> LoadTrial | None:
    return LoadTrial.objects.select_related("definition__team").filter(definition__team=team_id).first()


def _address(team_id: int | None, name: str = "threshold") -> str:
    return reverse(name) + (f"?team={team_id}" if team_id else "")


@requires(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def threshold(request: SignedInRequest) -> HttpResponse:
    """The load of each threshold beside the team's capacity; POST works it out anew."""
    now = timezone.now()
    active, team_id = _team(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            services.start_load_trial(by=request.user, now=now, team_id=team_id)
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(_address(team_id))
    members = members_of(reps_of(team_id).select_related("team"), now=now)
    trial, room = _newest(team_id), capacity.together(members)
    context: dict[str, Any] = {"trial": trial, "members": members, "room": room, "ahead": capacity.WEEKS}
    context |= {"team_id": team_id, "progress_url": _address(team_id, "threshold_progress")}
    context["tabs"] = whose_tabs(active, active.of_team(team_id), reverse("threshold")) if active.teams else []
    if trial and trial.done_at:
        context |= _found(trial, room)
    context["may_draft"] = request.user.can(Can.EDIT_DEFINITION)
    context["may_route"] = request.user.can(Can.MANAGE_STAGES)
    return render(request, "pipeline/threshold.html", context)


def _found(trial: LoadTrial, room: Decimal) -> dict[str, Any]:
    """The rows and what they come to."""
    all_of_them = loads.loads(trial.floor, trial.figures)
    active = next(one for one in all_of_them if one.threshold == trial.definition.threshold)
    best = loads.fitting(all_of_them, room)
    fits_any = best is not None and best.threshold == trial.floor
    proposed = None if best is None or fits_any else best
    return {
        "rows": [
            {"row": one, "load": one.load, "over": one.load.over(room), "is_flood": one.load.is_flood(room)}
            | {"is_active": one.first <= active.threshold <= one.last}
            | {"is_proposed": proposed is not None and one.first <= proposed.threshold <= one.last}
            for one in loads.rows(all_of_them, active.threshold, proposed.threshold if proposed else None)
        ],
        "active": active,
        "proposed": proposed,
        "is_same": proposed is not None and proposed.threshold == active.threshold,
        "fits_any": fits_any,
        "since": date_of(trial.first_day + 1),
        "until": date_of(trial.first_day + 7 * trial.weeks),
    }


@requires(*READERS)
@require_safe
def threshold_progress(request: SignedInRequest) -> HttpResponse:
    """How far it is; the page is loaded anew when it is done."""
    team_id = _team(request.GET)[1]
    trial = _newest(team_id)
    context = {"trial": trial, "progress_url": _address(team_id, "threshold_progress")}
    response = render(request, "pipeline/threshold.html#progress", context)
    if trial is None or trial.done_at:
        response["HX-Refresh"] = "true"
    return response


@requires(Can.EDIT_DEFINITION)
@require_POST
def threshold_draft(request: SignedInRequest) -> HttpResponse:
    """A draft of the active definition with the threshold that fits."""
    now, (_, team_id) = timezone.now(), _team(request.POST)
    trial, room = _newest(team_id), capacity.together(members_of(reps_of(team_id), now=now))
    proposed = _found(trial, room)["proposed"] if trial and trial.done_at and not trial.is_stale else None
    if trial is None or proposed is None:
        messages.error(request, "No threshold is proposed any more. Work it out again.")
        return redirect(_address(team_id))
    note = (
        f"A line at {proposed.threshold} would have promoted {proposed.a_week:.1f} leads a week in the last "
        f"{len(proposed.weeks)} weeks ({proposed.people} in all); the team can take {room} a week."
    )
    try:
        draft = services.draft_with_threshold(
            threshold=proposed.threshold, note=note, by=request.user, now=now, source_id=trial.definition_id
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(_address(team_id))
    return go_to(request, reverse("definition_edit", args=[draft.pk]))
