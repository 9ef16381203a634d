"""The page of one opportunity, its facts and its people."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in, go_to, went_wrong
from core.errors import Refused
from core.forms import posted
from leads.filters import number
from leads.models import Contact, ContactQuerySet, CustomField
from leads.queries import chips_for
from leads.services import find_contact
from pipeline import queries, services, terms
from pipeline.forms import EditForm, PersonForm, TransferForm
from pipeline.models import Opportunity
from pipeline.queries.gates import over_limit, unanswered
from pipeline.queries.hand_offs import story_of_opportunity
from pipeline.queries.records import before_of
from pipeline.views.filtering import sellers
from pipeline.views.hand_offs import is_undoable, shown
from users.access import SignedInRequest, requires
from users.roles import Can


@require_safe
def opportunity(request: SignedInRequest, pk: int) -> HttpResponse:
    """Facts, people, history, and why it became a prospect."""
    now = timezone.now()
    row = get_object_or_404(
        Opportunity.objects.visible_to(request.user).for_card().select_related("pipeline", "lost_to").defer(None), pk=pk
    )
    known = queries.pipelines()
    row.pipeline = next((one for one in known if one.pk == row.pipeline_id), row.pipeline)
    stages = [stage for stage in queries.stages_of(row.pipeline) if stage.kind == "open"]
    days, is_rotting = queries.stay(row.stage_entered_at, row.closed_at, row.stage.rots_after_days, now)
    story = story_of_opportunity(row)
    context: dict[str, Any] = {
        "opportunity": row,
        "story": story,
        "one": shown(request, [story.open])[0] if story.open and row.is_open else None,
        "is_undoable": is_undoable(story.newest, request.user),
        "before": before_of(row),
        "chips": chips_for([row.contact_id], now=now)[row.contact_id],
        "days": days,
        "is_rotting": is_rotting,
        "stages": stages,
        "has_others": len(known) > 1,
        "history": queries.history_of(row, now=now),
        "people": queries.people_of(row),
        "items": list(row.items.select_related("product").order_by("position")),
        "snapshot": queries.snapshot_of(row),
        "can_work": request.user.can(Can.WORK_PIPELINE),
        "today": now.date(),
        "sees_contact": Contact.objects.visible_to(request.user).filter(pk=row.contact_id).exists(),
    }
    context |= {
        "tags": list(row.tags.all()),
        "competitors": list(row.competitors.all()),
        "co_owners": list(row.co_owners.all()),
        "own": [
            (field, row.custom[field.key])
            for field in (CustomField.objects.filter(about="opportunity") if row.custom else [])
            if field.key in row.custom
        ],
    }
    context["items_total"] = sum(item.amount for item in context["items"])
    return render(request, "pipeline/opportunity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change the facts."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)
    page, owners, follows = reverse("opportunity", args=[pk]), sellers(request.user), row.items.exists()
    form = EditForm(posted(request), owners=owners, opportunity=row, follows=follows)

    def save(given: dict[str, Any]) -> str | HttpResponse:
        owner = form.owners.get(given["owner"])
        services.edit(opportunity_id=pk, actor=request.user, now=timezone.now(), **given | {"owner": owner})
        if Opportunity.objects.visible_to(request.user).filter(pk=pk).exists():
            return "Saved."
        messages.success(request, "Saved.")
        return go_to(request, reverse("pipeline"))

    def newest() -> EditForm:
        again = Opportunity.objects.for_card().get(pk=pk)
        return EditForm(owners=owners, opportunity=again, follows=again.items.exists())

    return fill_in(request, form, save, back=page, newest=newest, title=f"Edit {row.name}", button="Save")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def transfer(request: SignedInRequest, pk: int) -> HttpResponse:
    """To another pipeline; what the stage there asks for is asked with it."""
    row, now = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk), timezone.now()
    others = [one for one in queries.pipelines() if one.pk != row.pipeline_id]
    form = TransferForm(posted(request), pipelines=others, version=row.version)
    stages = {stage.pk: stage for one in others for stage in one.stages.all()}
    target = stages.get(number(request.POST.get("stage", "")) or 0)
    asked = unanswered(row, target, now=now) if target else []
    form.ask(asked)
    form.only([*terms.missing(target.required_fields if target else [], vars(row)), *(one.name for one in asked)])

    def save(given: dict[str, Any]) -> str:
        moved = services.move(
            opportunity_id=pk,
            stage_id=given["stage"],
            version=given["version"],
            answers=form.answers,
            across=True,
            actor=request.user,
            now=now,
            **form.given,
        )
        return f"{moved.name} is in {moved.pipeline} now. {over_limit(moved)}".strip()

    def newest() -> TransferForm:
        return TransferForm(pipelines=others, version=Opportunity.objects.get(pk=pk).version)

    title = f"Move {row.name} to another pipeline"
    return fill_in(
        request, form, save, back=reverse("opportunity", args=[pk]), newest=newest, title=title, button="Move"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def add_person(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody else takes part in the decision; offered are the people of the same company."""
    row = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)
    page = reverse("opportunity", args=[pk])
    visible = Contact.objects.visible_to(request.user)
    colleagues = visible.filter(company=row.company_id).exclude(pk=row.contact_id) if row.company_id else visible.none()
    people = [(one.pk, one.name) for one in colleagues.order_by("last_name", "first_name", "pk")[:200]]
    form = PersonForm(posted(request), people=people)

    def save(given: dict[str, Any]) -> str:
        services.add_person(opportunity_id=pk, contact=_meant(form, visible), role=given["role"], now=timezone.now())
        return ""

    return fill_in(request, form, save, back=page, title=f"Who else decides about {row.name}?", button="Add")


def _meant(form: PersonForm, visible: ContactQuerySet) -> Contact:
    """Who was chosen or whose address was given."""
    if form.cleaned_data.get("contact"):
        chosen = visible.filter(pk=form.cleaned_data["contact"]).first()
    else:
        found = find_contact(email=form.cleaned_data["email"])
        chosen = visible.filter(pk=found.pk).first() if found else None
    if chosen is None:
        raise Refused(email="Nobody with this address is among the people you see. Add them as a lead first.")
    return chosen


@require_POST
@requires(Can.WORK_PIPELINE)
def remove_person(request: SignedInRequest, pk: int, contact_id: int) -> HttpResponse:
    """Somebody no longer takes part."""
    get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    page = reverse("opportunity", args=[pk])
    try:
        services.remove_person(opportunity_id=pk, contact_id=contact_id, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=page)
    return go_to(request, page)
