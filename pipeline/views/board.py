"""The board, what others changed on it, and moving its cards."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import form_page, wants_part, went_wrong
from core.errors import Refused, Stale
from core.forms import show_refusal
from leads.filters import number
from pipeline import queries, services
from pipeline.forms import MoveForm
from pipeline.gates import CRITERION
from pipeline.models import Opportunity, Pipeline, Stage
from pipeline.queries import Filters
from pipeline.queries.gates import over_limit, unanswered
from pipeline.terms import LABELS
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import CAPABILITIES, Can

SELLERS = [role.value for role, allowed in CAPABILITIES.items() if Can.WORK_PIPELINE in allowed]


def sellers(user: User) -> list[User]:
    """Colleagues who can own opportunities and whose work this person may see. One query."""
    people = User.objects.filter(is_active=True, role__in=SELLERS).select_related("team").order_by("name", "pk")
    return [one for one in people if user.sees_everything or one.pk in user.visible_owner_ids]


def owner_filters(owners: Iterable[User], wanted: Filters) -> list[dict[str, Any]]:
    """The owner and, where there are several, the team to filter by."""
    owners = list(owners)
    teams = sorted({(one.team.name, one.team.pk) for one in owners if one.team})
    people: list[tuple[object, str]] = [
        ("", "anybody"),
        (queries.NOBODY, "nobody"),
        *((one.pk, one.name) for one in owners),
    ]
    filters: list[dict[str, Any]] = [{"name": "owner", "label": "Owner", "value": wanted.owner, "choices": people}]
    if len(teams) > 1:
        choices = [("", "any"), *((pk, name) for name, pk in teams)]
        filters.append({"name": "team", "label": "Team", "value": wanted.team or "", "choices": choices})
    return filters


@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    """All columns of one pipeline; to htmx only the part that the filters change."""
    now = timezone.now()
    wanted = Filters.parse(request.GET)
    known = queries.pipelines()
    pipeline = _chosen(known, wanted.pipeline, request.user)
    if pipeline is None:
        return render(request, "pipeline/board.html", {"board": None})
    address = reverse("pipeline")
    context = {
        "board": queries.board(request.user, pipeline, wanted, now=now),
        "readonly": not request.user.can(Can.WORK_PIPELINE),
        "switch": [
            {"label": one.name, "url": f"{address}?{Filters(pipeline=one.pk).query()}", "active": one == pipeline}
            for one in known
        ],
        "filters": owner_filters(sellers(request.user), wanted),
        "kept": {"pipeline": pipeline.pk} if len(known) > 1 else {},
    }
    return render(request, f"pipeline/board.html{'#frame' if wants_part(request) else ''}", context)


def _chosen(known: list[Pipeline], wanted: int | None, user: User) -> Pipeline | None:
    """The pipeline that was asked for, else that of the person's team, else the first."""
    asked = [one for one in known if one.pk == wanted]
    own = [one for one in known if one.team_id is not None and one.team_id == user.team_id]
    return next(iter(asked + own + known), None)


@require_safe
def changes(request: SignedInRequest) -> HttpResponse:
    """The columns that others have changed since the reader's board was made; 204 when there are none."""
    pipeline = next((one for one in queries.pipelines() if one.pk == number(request.GET.get("pipeline", ""))), None)
    if pipeline is None:
        raise Http404
    cursor = request.GET.get("since", "")
    if _stages(cursor) != _stages("-".join(f"{stage.pk}." for stage in queries.stages_of(pipeline))):
        response = HttpResponse(status=204)  # stages came or went: the page's own columns are no longer right
        response["HX-Refresh"] = "true"
        return response
    return fresh_columns(request, pipeline, request.GET, now=timezone.now()) or HttpResponse(status=204)


def _stages(cursor: str) -> list[str]:
    return [mark.split(".")[0] for mark in cursor.split("-")]


def fresh_columns(
    request: SignedInRequest,
    pipeline: Pipeline,
    given: Mapping[str, str],
    *,
    now: datetime,
    status: int = 200,
    always: int | None = None,
    news: dict[str, Any] | None = None,
) -> HttpResponse | None:
    """The columns that differ from what the reader's board (`given`: since, shown, owner, team) shows; none if none do.

    The column `always` is among them in any case: a card was dropped there that does not belong there.
    """
    wanted = Filters(owner=Filters.parse(given).owner, team=Filters.parse(given).team)
    shown: dict[int, int] = {}
    for part in getattr(given, "getlist", lambda _: [])("shown")[:100]:
        stage, _, cards = part.partition("-")
        if (pk := number(stage)) and (many := number(cards)):
            shown[pk] = shown.get(pk, 0) + many
    cursor = "-".join(mark for mark in given.get("since", "").split("-") if mark.split(".")[0] != str(always))
    seen, changed = queries.columns_changed_since(request.user, pipeline, wanted, cursor, now=now, shown=shown)
    if not changed:
        return None
    context = {"board": seen, "changed": changed, "readonly": not request.user.can(Can.WORK_PIPELINE)}
    response = render(request, "pipeline/board.html#changes", context, status=status)
    if news:
        response["HX-Trigger"] = json.dumps(news)
    return response


@require_safe
def more(request: SignedInRequest, stage_id: int) -> HttpResponse:
    """The next cards of a column, when the reader has scrolled to its end."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=stage_id)
    wanted, now = Filters.parse(request.GET), timezone.now()
    if not wants_part(request):
        return redirect(f"{reverse('pipeline_list')}?{Filters(pipeline=stage.pipeline_id, stage=stage.pk).query()}")
    cards, after = queries.column_page(request.user, stage, wanted, after=request.GET.get("after", ""), now=now)
    context = {
        "stage": stage,
        "cards": cards,
        "more": after,
        "filters_query": Filters(owner=wanted.owner, team=wanted.team).query(),
        "readonly": not request.user.can(Can.WORK_PIPELINE),
    }
    return render(request, "pipeline/board.html#cards", context)


@require_http_methods(["POST"])
@requires(Can.WORK_PIPELINE)
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a card into a column: 200 the changed columns, 409 the fresh ones, 422 what the stage asks for."""
    now = timezone.now()
    opportunity = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)
    form = MoveForm(request.POST)
    if any(name.startswith(CRITERION) for name in request.POST):
        form.ask(unanswered(opportunity, _target(request), now=now))
    home = f"{reverse('pipeline')}?{Filters(pipeline=opportunity.pipeline_id).query()}"
    if not form.is_valid():
        if {"stage", "after", "version"} & set(form.errors):
            return went_wrong(request, "This move is damaged. Reload the board and try again.", url=home, status=400)
        return _ask(request, opportunity, form, [name for name in LABELS if name in form.errors])
    stage_id = form.cleaned_data["stage"]
    try:
        moved = services.move(
            opportunity_id=pk,
            stage_id=stage_id,
            after_id=form.cleaned_data["after"],
            version=form.cleaned_data["version"],
            actor=request.user,
            now=now,
            answers=form.answers,
            **form.given,
        )
    except Stale as stale:
        if not wants_part(request):
            return went_wrong(request, str(stale), url=home)
        fresh = fresh_columns(request, opportunity.pipeline, request.POST, now=now, status=409, always=stage_id)
        return fresh or HttpResponse(status=409)
    except Refused as refused:
        asked = [name for name in refused.fields if name in LABELS or name.startswith(CRITERION)]
        if not asked:
            return went_wrong(request, str(refused), url=home)
        form = MoveForm(request.POST)
        form.ask(unanswered(opportunity, _target(request), now=now))
        form.is_valid()
        show_refusal(form, refused)
        return _ask(request, opportunity, form, asked)
    crowded = over_limit(moved) if moved.stage_id != opportunity.stage_id else ""
    if not wants_part(request):
        if crowded:
            messages.warning(request, crowded)
        return redirect(home)
    news: dict[str, Any] = {"close-dialog": True}
    if crowded:
        news["toast"] = {"text": crowded, "tone": "warning"}
    return (
        fresh_columns(request, opportunity.pipeline, request.POST, now=now, always=stage_id, news=news)
        or HttpResponse()
    )


def _target(request: HttpRequest) -> Stage:
    """The stage that was meant; one that is not there asks for nothing."""
    return Stage.objects.filter(pk=number(request.POST.get("stage", "")) or 0).first() or Stage()


def is_on_board(request: HttpRequest) -> bool:
    """Whether it was asked from the board, whose columns are to be refreshed."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path == reverse("pipeline")


def _ask(request: SignedInRequest, opportunity: Opportunity, form: MoveForm, names: list[str]) -> HttpResponse:
    """The dialog that asks for what is missing; 422."""
    stage = Stage.objects.filter(pk=number(form.data.get("stage", "")) or 0).first()
    form.only(names)
    context = {
        "title": f"{stage.name if stage else 'This stage'} needs more",
        "action": reverse("opportunity_move", args=[opportunity.pk]),
        "button": f"Move to {stage.name}" if stage else "Move",
        "back": reverse("opportunity", args=[opportunity.pk]),
        "on_board": is_on_board(request),
    }
    return form_page(request, form, status=422, **context)
