"""Settings → Stages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in, go_to, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.filters import number
from leads.models import Criterion
from pipeline import queries, services
from pipeline.forms import PipelineForm, RemoveStageForm, RetirePipelineForm, StageForm
from pipeline.gate_forms import GateForm
from pipeline.models import Opportunity, Pipeline, Stage, StageKind
from pipeline.queries.gates import gate_words
from users.access import SignedInRequest, requires
from users.roles import Can


def _page(pipeline_id: int) -> str:
    return f"{reverse('settings_stages')}?pipeline={pipeline_id}"


@require_safe
@requires(Can.MANAGE_STAGES)
def index(request: SignedInRequest) -> HttpResponse:
    """The stages of one pipeline, in the order of the board."""
    known = queries.pipelines(retired=True)
    in_use, retired = [one for one in known if not one.archived_at], [one for one in known if one.archived_at]
    wanted = number(request.GET.get("pipeline", ""))
    pipeline = next((one for one in known if one.pk == wanted), in_use[0] if in_use else None)
    counted = queries.stages_with_counts(pipeline) if pipeline else []
    asked = gate_words(stage for stage, _ in counted)
    context: dict[str, Any] = {
        "pipeline": pipeline,
        "stages": [(stage, here, stage.asks_for + asked[stage.pk]) for stage, here in counted],
        "archived": queries.archived_stages_of(pipeline) if pipeline else [],
        "tabs": [{"label": one.name, "url": _page(one.pk), "active": one is pipeline} for one in in_use],
        "retired": retired,
    }
    return render(request, "pipeline/stages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def pipeline_new(request: SignedInRequest) -> HttpResponse:
    """Another way of selling, with the stages that every installation starts with."""

    def save(given: dict[str, Any]) -> HttpResponse:
        row = services.save_pipeline(**given)
        messages.success(request, f"{row.name} is there, with the usual stages. Change them to how you sell.")
        return go_to(request, _page(row.pk))

    form = PipelineForm(posted(request))
    back = reverse("settings_stages")
    return fill_in(request, form, save, back=back, title="New pipeline", button="Add the pipeline")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def pipeline_change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name, team or currency."""
    row = get_object_or_404(Pipeline, pk=pk)
    title = f"Pipeline {row.name}"

    def save(given: dict[str, Any]) -> str:
        return f"{services.save_pipeline(pipeline=row, **given)} is saved."

    form = PipelineForm(posted(request), pipeline=row)
    return fill_in(request, form, save, back=_page(pk), title=title, button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def pipeline_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Out of use; where its open opportunities go is asked with it."""
    row = get_object_or_404(Pipeline, pk=pk)
    here = Opportunity.objects.open().filter(pipeline=row).count()

    def save(given: dict[str, Any]) -> str:
        services.retire_pipeline(pipeline=row, actor=request.user, now=timezone.now(), move_to=given.get("move_to"))
        return f"{row} is out of use. What was closed in it stays in every list and report."

    text = "It leaves the board and nothing is opened in it. It can be brought back at any time."
    if here:
        text = f"{'1 opportunity is' if here == 1 else f'{here:,} opportunities are'} open in it, to be moved. {text}"
    return fill_in(
        request,
        RetirePipelineForm(posted(request), pipeline=row, is_empty=not here),
        save,
        back=reverse("settings_stages"),
        title=f"Take {row} out of use",
        button="Move them and take it out of use" if here else "Take it out of use",
        tone="btn-danger",
        text=text,
    )


@require_POST
@requires(Can.MANAGE_STAGES)
def pipeline_bring_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """In use again."""
    row = get_object_or_404(Pipeline, pk=pk)
    services.bring_back_pipeline(pipeline=row)
    messages.success(request, f"{row} is in use again.")
    return go_to(request, _page(row.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def add(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """A new stage."""
    pipeline = get_object_or_404(Pipeline, pk=pipeline_id)

    def save(given: dict[str, Any]) -> str:
        return f"{services.add_stage(pipeline=pipeline, **given)} is on the board."

    back = _page(pipeline.pk)
    return fill_in(request, StageForm(posted(request)), save, back=back, title="New stage", button="Add the stage")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename a stage, or change what it asks for."""
    stage = get_object_or_404(Stage, pk=pk)

    def save(given: dict[str, Any]) -> str:
        services.change_stage(stage=stage, **given)
        return "Saved."

    form = StageForm(posted(request), stage=stage)
    return fill_in(request, form, save, back=_page(stage.pipeline_id), title=f"Stage {stage.name}", button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def gate(request: SignedInRequest, pk: int) -> HttpResponse:
    """What must be known of the people behind a card before it enters, and how many a person should have there."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline").exclude(kind=StageKind.LOST), pk=pk)
    form, status = GateForm(posted(request), stage=stage, criteria=Criterion.objects.all()), 200
    if form.is_bound and not form.is_rearranged:
        status = 422
        if form.is_valid():
            try:
                services.save_gate(stage=stage, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, f"{stage.name} asks for this from now on. What stands in it stays.")
                return go_to(request, _page(stage.pipeline_id))
    context = {"form": form, "stage": stage, "back": _page(stage.pipeline_id)}
    return render(request, "pipeline/gate.html", context, status=status)


@require_POST
@requires(Can.MANAGE_STAGES)
def shift(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place earlier or later."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    by = {"earlier": -1, "later": 1}.get(request.POST.get("to", ""))
    if by is None:
        return went_wrong(request, "Say earlier or later.", url=_page(stage.pipeline_id))
    try:
        services.shift_stage(stage=stage, by=by)
    except Refused as refused:
        return went_wrong(request, str(refused), url=_page(stage.pipeline_id))
    return go_to(request, _page(stage.pipeline_id))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Off the board; where its opportunities go is asked with it."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    here = queries.count_in(stage)

    def save(given: dict[str, Any]) -> str:
        archived = services.remove_stage(
            stage=stage, move_to=given.get("move_to"), actor=request.user, now=timezone.now()
        )
        return f"{stage.name} is archived; history goes on naming it." if archived else f"{stage.name} is gone."

    text = "If opportunities have gone through it, it is archived: off the board, and kept in their history."
    if here:
        text = (
            f"{'1 opportunity is' if here == 1 else f'{here:,} opportunities are'} in it and move with their history."
        )
    return fill_in(
        request,
        RemoveStageForm(posted(request), stage=stage, is_empty=not here),
        save,
        back=_page(stage.pipeline_id),
        title=f"Take {stage.name} off the board",
        button="Move them and archive" if here else "Take it off the board",
        tone="btn-danger",
        text=text,
    )


@require_POST
@requires(Can.MANAGE_STAGES)
def bring_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """An archived stage is on the board again."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    services.bring_back_stage(stage=stage)
    messages.success(request, f"{stage.name} is on the board again.")
    return go_to(request, _page(stage.pipeline_id))
