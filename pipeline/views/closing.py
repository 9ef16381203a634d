"""Win, lose, reopen: dialogs on the board and on the opportunity's page."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.answers import fill_in, go_to, wants_part, went_wrong
from core.errors import Refused
from core.forms import posted
from leads.models import Contact
from leads.queries import known_as
from pipeline import services
from pipeline.forms import LoseForm, PromoteForm, VersionForm, WinForm
from pipeline.gate_forms import Answering
from pipeline.models import Opportunity
from pipeline.queries.availability import terms_of
from pipeline.queries.gates import missing_to_win
from pipeline.queries.handover import deal_to_join
from pipeline.views.board import fresh_columns, is_on_board
from users.access import SignedInRequest, requires
from users.roles import Can


def _closing(
    request: SignedInRequest,
    opportunity: Opportunity,
    form: VersionForm,
    close: Callable[[dict[str, Any]], Opportunity],
    **words: Any,
) -> HttpResponse:
    """Show the form, or do it and show the news: the board's columns, or the page anew."""

    def save(given: dict[str, Any]) -> str | HttpResponse:
        closed = close(given)
        said = f"{closed.name} is {closed.stage.name.lower()}."
        if not (wants_part(request) and request.POST.get("since")):  # on its page
            return said
        news = {"close-dialog": True, "toast": {"text": said, "tone": "success"}}
        now = timezone.now()
        fresh = fresh_columns(request, opportunity.pipeline, request.POST, now=now, always=closed.stage_id, news=news)
        return fresh or HttpResponse()

    def newest() -> VersionForm:
        again = request.POST.copy()  # the next try is made on what is shown now
        again["version"] = str(Opportunity.objects.get(pk=opportunity.pk).version)
        anew = type(form)(again)
        if isinstance(anew, Answering) and isinstance(form, Answering):
            anew.ask(form.asked)
        return anew

    page = reverse("opportunity", args=[opportunity.pk])
    return fill_in(request, form, save, back=page, newest=newest, on_board=is_on_board(request), **words)


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
            answers=form.answers,
            actor=request.user,
            now=now,
        )

    form = WinForm(posted(request), initial=initial)
    form.ask(missing_to_win(opportunity, now=now))
    return _closing(request, opportunity, form, close, title=f"Win {opportunity.name}", button="Won")


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
            competitor=given.get("competitor"),
            version=given["version"],
            actor=request.user,
            now=timezone.now(),
        )

    form = LoseForm(posted(request), initial={"version": opportunity.version})
    return _closing(request, opportunity, form, close, title=f"Lose {opportunity.name}", button="Lost")


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
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user).for_page(), contact_id))

    def save(given: dict[str, Any]) -> HttpResponse:
        opportunity = services.promote(
            contact_id=contact.pk,
            manual=True,
            reason=given["reason"],
            joins=given.get("joins"),
            actor=request.user,
            now=timezone.now(),
        )
        if opportunity is None:  # deleted meanwhile
            raise Http404
        messages.success(request, f"{contact.name} is a prospect; {opportunity.owner or 'nobody'} has the next step.")
        is_seen = Opportunity.objects.visible_to(request.user).filter(pk=opportunity.pk).exists()
        return go_to(request, reverse("opportunity", args=[opportunity.pk]) if is_seen else reverse("pipeline"))

    back = reverse("contact", args=[contact.pk])
    terms = terms_of(contact.standing.owner.team_id if contact.standing.owner else None)
    form = PromoteForm(posted(request), deal=deal_to_join(contact), joins=terms.joins_company)
    return fill_in(request, form, save, back=back, title=f"Promote {contact.name}", button="Promote")
