"""The board, what others changed on it, and moving its cards."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
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
from pipeline.queries.order import ON_BOARD
from pipeline.terms import LABELS
from pipeline.views.bands import facts_of_band, said_of
from pipeline.views.beginning import begin
from pipeline.views.filtering import (
    bulk_choices,
    expected_filter,
    kept_of,
    owner_filters,
    priority_filter,
    said,
    sellers,
    view_switch,
)
from users.access import SignedInRequest, requires
from users.list_bar import ListBar
from users.models import User
from users.roles import Can

LANES = {"owner": "owners", "month": "months of close", "category": "forecast", "priority": "priorities"}


@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    """All columns of one pipeline; to htmx only the part that the filters change."""
    now, address = timezone.now(), reverse("pipeline")
    wanted = Filters.parse(request.GET)
    known = queries.pipelines()
    pipeline = chosen_pipeline(known, wanted.pipeline, request.user)
    if pipeline is None:
        return render(request, "pipeline/board.html", {"board": None})
    seen = queries.board(request.user, pipeline, wanted, now=now)
    bar = ListBar.read(request.user, request.GET, page="pipeline_list", path=address, query=wanted.query())
    context = _drawn(request, seen) | {
        "bar": bar,
        "tabs": bar.tabs(
            {"label": one.name, "url": f"{address}?{wanted.query(pipeline=one.pk)}", "active": one == pipeline}
            for one in known
        ),
        "switch": view_switch("pipeline", bar),
        "said": said(wanted, address),
        "beginning": begin(request.user, wanted, sum(column.totals.count for column in seen.columns)),
    }
    if not wants_part(request):
        sort, owners = wanted.sort if seen.is_sorted else "", sellers(request.user)
        filters = [
            *owner_filters(owners, wanted),
            expected_filter(wanted, now.date()),
            priority_filter(wanted),
            {"name": "sort", "label": "Order", "value": sort, "choices": [("", "by hand"), *ON_BOARD.items()]},
            {"name": "lanes", "label": "Bands", "value": wanted.lanes, "choices": [("", "none"), *LANES.items()]},
        ]
        kept = kept_of(wanted, (one["name"] for one in filters)) | {"pipeline": pipeline.pk} | bar.kept
        context |= {"filters": filters, "kept": kept, "wanted": wanted}
        if not context["readonly"]:
            context["bulk"] = bulk_choices(owners, [pipeline])
    return render(request, f"pipeline/board.html{'#frame' if wants_part(request) else ''}", context)


def _drawn(request: SignedInRequest, seen: queries.Board) -> dict[str, Any]:
    return {"board": seen, "readonly": not request.user.can(Can.WORK_PIPELINE)}


def chosen_pipeline(known: list[Pipeline], wanted: int | None, user: User) -> Pipeline | None:
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
    """The columns that differ from what the reader's board (`given`: since, shown, query) shows; none if none do.

    The column `always` is among them in any case: a card was dropped there that does not belong there.
    """
    wanted = Filters.parse(QueryDict(given.get("query", "")[:2000]))
    shown: dict[int, int] = {}
    for part in getattr(given, "getlist", lambda _: [])("shown")[:100]:
        stage, _, cards = part.partition("-")
        if (pk := number(stage)) and (many := number(cards)):
            shown[pk] = shown.get(pk, 0) + many
    cursor = "-".join(mark for mark in given.get("since", "").split("-") if mark.split(".")[0] != str(always))
    seen, changed = queries.columns_changed_since(request.user, pipeline, wanted, cursor, now=now, shown=shown)
    if not changed:
        return None
    if wanted.lanes:  # a card may have come into another band: they are drawn together
        context = _drawn(request, queries.board(request.user, pipeline, wanted, now=now)) | {"oob": True}
    else:
        context = _drawn(request, seen) | {"changed": changed}
    response = render(request, f"pipeline/board.html#{'bands' if wanted.lanes else 'changes'}", context, status=status)
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
        "filters_query": replace(wanted, pipeline=None, stage=None).query(),
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
        if {"stage", "after", "version", "bands", "band"} & set(form.errors):
            return went_wrong(request, "This move is damaged. Reload the board and try again.", url=home, status=400)
        return _ask(request, opportunity, form, [name for name in LABELS if name in form.errors])
    stage_id = form.cleaned_data["stage"]
    bands, band = form.cleaned_data["bands"], form.cleaned_data["band"]
    try:
        facts = facts_of_band(request.user, opportunity, bands, band, to=_target(request), today=now.date())
        moved, change = services.move_card(
            opportunity_id=pk,
            stage_id=stage_id,
            after_id=form.cleaned_data["after"],
            version=form.cleaned_data["version"],
            actor=request.user,
            now=now,
            answers=form.answers,
            facts=facts,
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
    entered = moved.stage_id != opportunity.stage_id
    crowded = over_limit(moved) if entered else ""
    if not wants_part(request):
        if crowded:
            messages.warning(request, crowded)
        return redirect(home)
    news: dict[str, Any] = {"close-dialog": True}
    if entered or (facts and moved.version != opportunity.version):
        there = f"in {moved.stage.name}" + (f", {said_of(bands, moved)}" if facts else "")
        toast = {"text": crowded or f"{moved.name} is {there}.", "tone": "warning" if crowded else "info"}
        news["toast"] = toast | ({"undo": reverse("pipeline_undo", args=[change.pk])} if change else {})
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
