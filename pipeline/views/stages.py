"""Settings → Stages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import go_to, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.filters import number
from pipeline import queries, services
from pipeline.forms import StageForm
from pipeline.models import Pipeline, Stage
from pipeline.views.closing import form_page
from users.access import SignedInRequest, requires
from users.roles import Can


def _page(stage: Stage) -> str:
    return f"{reverse('settings_stages')}?pipeline={stage.pipeline_id}"


@require_safe
@requires(Can.MANAGE_STAGES)
def index(request: SignedInRequest) -> HttpResponse:
    """The stages of one pipeline, in the order of the board."""
    known = queries.pipelines()
    wanted = number(request.GET.get("pipeline", ""))
    pipeline = next((one for one in known if one.pk == wanted), known[0] if known else None)
    context: dict[str, Any] = {
        "pipeline": pipeline,
        "stages": queries.stages_with_counts(pipeline) if pipeline else [],
        "tabs": [
            {"label": one.name, "url": f"{reverse('settings_stages')}?pipeline={one.pk}", "active": one is pipeline}
            for one in known
        ],
    }
    return render(request, "pipeline/stages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def add(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """A new stage."""
    pipeline = get_object_or_404(Pipeline, pk=pipeline_id)
    page = f"{reverse('settings_stages')}?pipeline={pipeline.pk}"
    form = StageForm(posted(request))
    context: dict[str, Any] = {
        "title": "New stage",
        "action": reverse("stage_add", args=[pipeline.pk]),
        "button": "Add the stage",
        "back": page,
    }
    if request.method != "POST":
        return form_page(request, form, **context)
    if not form.is_valid():
        return form_page(request, form, status=422, **context)
    try:
        stage = services.add_stage(pipeline=pipeline, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return form_page(request, form, status=422, **context)
    messages.success(request, f"{stage.name} is on the board.")
    return go_to(request, page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename a stage, or change what it asks for."""
    stage = get_object_or_404(Stage, pk=pk)
    form = StageForm(posted(request), stage=stage)
    context: dict[str, Any] = {
        "title": f"Stage {stage.name}",
        "action": reverse("stage_change", args=[pk]),
        "button": "Save",
        "back": _page(stage),
    }
    if request.method != "POST":
        return form_page(request, form, **context)
    if not form.is_valid():
        return form_page(request, form, status=422, **context)
    try:
        services.change_stage(stage=stage, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return form_page(request, form, status=422, **context)
    messages.success(request, "Saved.")
    return go_to(request, _page(stage))


@require_POST
@requires(Can.MANAGE_STAGES)
def shift(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place earlier or later."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    by = {"earlier": -1, "later": 1}.get(request.POST.get("to", ""))
    if by is None:
        return went_wrong(request, "Say earlier or later.", url=_page(stage))
    try:
        services.shift_stage(stage=stage, by=by)
    except Refused as refused:
        return went_wrong(request, str(refused), url=_page(stage))
    return go_to(request, _page(stage))


@require_POST
@requires(Can.MANAGE_STAGES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Only a stage that was never used."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    try:
        services.delete_stage(stage=stage)
    except Refused as refused:
        return went_wrong(request, str(refused), url=_page(stage))
    messages.success(request, f"{stage.name} is gone.")
    return go_to(request, _page(stage))
