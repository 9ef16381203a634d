"""Win, lose, reopen: dialogs on the board and on the opportunity's page."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.answers import go_to, wants_part, went_wrong
from core.errors import Refused, Stale
from core.forms import posted, show_refusal
from leads.models import Contact
from pipeline import services
from pipeline.forms import LoseForm, PromoteForm, VersionForm, WinForm
from pipeline.models import Opportunity
from pipeline.views.board import fresh_columns, is_on_board
from users.access import SignedInRequest, requires
from users.roles import Can


def form_page(request: HttpRequest, form: Any, *, status: int = 200, **context: Any) -> HttpResponse:
    """A form in the dialog, or on a page of its own."""
    part = "#dialog" if wants_part(request) else ""
    context |= {"form": form, "on_board": is_on_board(request)}
    response = render(request, f"pipeline/form.html{part}", context, status=status)
    if part and status != 200:  # whatever asked, the errors belong into the dialog
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _closing(
    request: SignedInRequest,
    opportunity: Opportunity,
    form: VersionForm,
    close: Callable[[dict[str, Any]], Opportunity],
    **context: Any,
) -> HttpResponse:
    """Show the form, or do it and show the news: the board's columns, or the page anew."""
    page = reverse("opportunity", args=[opportunity.pk])
    context |= {"opportunity": opportunity, "back": page}
    if request.method != "POST":
        return form_page(request, form, **context)
    if not form.is_valid():
        return form_page(request, form, status=422, **context)
    try:
        closed = close(form.cleaned_data)
    except Stale as stale:
        show_refusal(form, stale)
        newest = Opportunity.objects.get(pk=opportunity.pk)  # the next try is made on what is shown now
        again = request.POST.copy()
        again["version"] = str(newest.version)
        form.data = again
        return form_page(request, form, status=409, **context)
    except Refused as refused:
        show_refusal(form, refused)
        return form_page(request, form, status=422, **context)
    said = f"{closed.name} is {closed.stage.name.lower()}."
    if wants_part(request) and request.POST.get("since"):  # on the board
        news = {"close-dialog": True, "toast": {"text": said, "tone": "success"}}
        now = timezone.now()
        fresh = fresh_columns(request, opportunity.pipeline, request.POST, now=now, always=closed.stage_id, news=news)
        return fresh or HttpResponse()
    messages.success(request, said)
    return go_to(request, page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def win(request: SignedInRequest, pk: int) -> HttpResponse:
    """They bought."""
    opportunity = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)
    now = timezone.now()
    initial = {"amount": opportunity.amount, "closed_on": now.astimezone(UTC).date(), "version": opportunity.version}

    def close(given: dict[str, Any]) -> Opportunity:
        return services.win(
            opportunity_id=pk,
            amount=given["amount"],
            closed_on=given["closed_on"],
            version=given["version"],
            actor=request.user,
            now=now,
        )

    form = WinForm(posted(request), initial=initial)
    address = reverse("opportunity_win", args=[pk])
    return _closing(
        request, opportunity, form, close, title=f"Win {opportunity.name}", action=address, button="Won", tone="good"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def lose(request: SignedInRequest, pk: int) -> HttpResponse:
    """They did not buy."""
    opportunity = get_object_or_404(Opportunity.objects.visible_to(request.user).for_card(), pk=pk)

    def close(given: dict[str, Any]) -> Opportunity:
        return services.lose(
            opportunity_id=pk,
            reason=given["reason"],
            note=given["note"],
            version=given["version"],
            actor=request.user,
            now=timezone.now(),
        )

    form = LoseForm(posted(request), initial={"version": opportunity.version})
    address = reverse("opportunity_lose", args=[pk])
    return _closing(request, opportunity, form, close, title=f"Lose {opportunity.name}", action=address, button="Lost")


@require_POST
@requires(Can.WORK_PIPELINE)
def reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """It was not over."""
    get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    page = reverse("opportunity", args=[pk])
    try:
        opportunity = services.reopen(opportunity_id=pk, actor=request.user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=page)
    messages.success(request, f"{opportunity.name} is open again, in {opportunity.stage.name}.")
    return go_to(request, page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def promote(request: SignedInRequest, contact_id: int) -> HttpResponse:
    """Make a contact a prospect by hand, with a reason."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user).for_page(), pk=contact_id)
    form = PromoteForm(posted(request))
    context: dict[str, Any] = {
        "title": f"Promote {contact.name}",
        "action": reverse("contact_promote", args=[contact.pk]),
        "button": "Promote",
        "back": reverse("contact", args=[contact.pk]),
    }
    if request.method != "POST":
        return form_page(request, form, **context)
    if not form.is_valid():
        return form_page(request, form, status=422, **context)
    try:
        opportunity = services.promote(
            contact_id=contact.pk,
            manual=True,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        show_refusal(form, refused)
        return form_page(request, form, status=422, **context)
    if opportunity is None:  # deleted meanwhile
        raise Http404
    messages.success(request, f"{contact.name} is a prospect; {opportunity.owner or 'nobody'} has the next step.")
    is_seen = Opportunity.objects.visible_to(request.user).filter(pk=opportunity.pk).exists()
    return go_to(request, reverse("opportunity", args=[opportunity.pk]) if is_seen else reverse("pipeline"))
