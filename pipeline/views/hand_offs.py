"""Hand-offs: accept, reject, undo; why it went to whom; what waits on Today."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import done, fill_in, go_to, wants_part, went_wrong
from core.errors import Refused, Stale
from core.forms import posted
from leads.models import Contact, Standing
from leads.queries import known_as
from leads.vocabulary import UNDONE_WITHIN
from pipeline import explaining, queries, services
from pipeline.hand_off_forms import RejectForm, RestForm, UndoForm
from pipeline.models import HandOff, Opportunity
from pipeline.queries import hand_offs as asked
from pipeline.services.undoing import lost_by_undoing
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can

CHANGED = "hand-offs-changed"


def _visible(request: SignedInRequest, pk: int) -> HandOff:
    return get_object_or_404(
        HandOff.objects.visible_to(request.user)
        .filter(contact__standing__is_erased=False)
        .select_related("contact", "rep", "opportunity__stage", "decided_by"),
        pk=pk,
    )


def _page_of(row: HandOff, user: User) -> str:
    """The opportunity, or what is left when it has been taken away."""
    if row.opportunity_id and Opportunity.objects.visible_to(user).filter(pk=row.opportunity_id).exists():
        return reverse("opportunity", args=[row.opportunity_id])
    if Contact.objects.visible_to(user).filter(pk=row.contact_id).exists():
        return reverse("contact", args=[row.contact_id])
    return reverse("today")


def shown(request: SignedInRequest, rows: list[HandOff]) -> list[dict[str, Any]]:
    """Each offer with whether its clock is red and whether this person may answer it."""
    now = timezone.now()
    return [
        {"offer": row, "is_late": asked.is_late(row, now), "may_answer": asked.may_answer(row, request.user)}
        for row in rows
    ]


@require_safe
def waiting(request: SignedInRequest) -> HttpResponse:
    """What waits for an answer, for Today; it asks again by itself."""
    context = {
        "offers": shown(request, asked.waiting_for(request.user)),
        "suggestions": asked.suggestions_for(request.user),
        "can_work": request.user.can(Can.WORK_PIPELINE),
        "is_today": "today" in request.GET,
    }
    return render(request, f"pipeline/waiting.html{'#waiting' if wants_part(request) else ''}", context)


@require_safe
def hand_off(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why it went to this rep, and what became of it."""
    row = _visible(request, pk)
    got_by = row.rep.name if row.rep else "nobody"
    is_candidate = request.user.pk != row.rep_id and request.user.role == "rep"
    context = {
        "row": row,
        "explained": explaining.explained(row.routing),
        "why_not_me": explaining.why_not_me(row.routing, request.user.pk, got_by) if is_candidate else "",
        "story": asked.story_of(row.contact),
        "sees_contact": Contact.objects.visible_to(request.user).filter(pk=row.contact_id).exists(),
        "one": shown(request, [row])[0],
        "is_undoable": is_undoable(row, request.user),
    }
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"pipeline/hand_off.html{part}", context)


def is_undoable(row: HandOff | None, user: User) -> bool:
    """Whether the promotion can still be undone, for who may."""
    if row is None or not user.can(Can.WORK_PIPELINE) or row.opportunity is None:
        return False
    is_fresh = timezone.now() - row.opportunity.created_at <= UNDONE_WITHIN
    return is_fresh and row.opportunity.is_open and row.state in ("offered", "accepted", "joined")


@require_POST
@requires(Can.WORK_PIPELINE)
def accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """One click: yes."""
    row = _visible(request, pk)
    try:
        row = services.accept(hand_off_id=pk, actor=request.user, now=timezone.now())
    except Stale as stale:
        return went_wrong(request, str(stale), url=_page_of(row, request.user), status=409)
    except Refused as refused:
        return went_wrong(request, str(refused), url=_page_of(row, request.user))
    page, said = _page_of(row, request.user), f"{row.contact.name} is yours. Call them."
    return _stay_or_go(request, page, said)


def _stay_or_go(request: SignedInRequest, page: str, said: str) -> HttpResponse:
    """A list goes on where it is; everywhere else the record is next."""
    if request.POST.get("stay"):
        return done(request, url=page, text=said, event=CHANGED)
    messages.success(request, said)
    return go_to(request, page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def reject(request: SignedInRequest, pk: int) -> HttpResponse:
    """No, and why."""
    row = _visible(request, pk)

    def save(given: dict[str, Any]) -> HttpResponse:
        services.reject(hand_off_id=pk, actor=request.user, now=timezone.now(), **given)
        messages.success(request, f"Thank you. What you found out about {row.contact.name} is kept.")
        return go_to(request, reverse("today"))

    form = RejectForm(posted(request))
    text = "It goes back to the leads and leaves the board; what you found out corrects the evidence."
    back = _page_of(row, request.user)
    return fill_in(
        request,
        form,
        save,
        back=back,
        title=f"Reject {row.contact.name}",
        button="Reject",
        tone="btn-danger",
        text=text,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """As if it had not been promoted."""
    row = _visible(request, pk)
    lost = lost_by_undoing(row.opportunity) if row.opportunity and row.state != "joined" else []
    form = UndoForm(posted(request), lost=list(lost))

    def save(given: dict[str, Any]) -> HttpResponse:
        services.undo_promotion(hand_off_id=pk, actor=request.user, now=timezone.now(), **given)
        said = f"{row.contact.name} is as before the promotion."
        seen = Contact.objects.visible_to(request.user).filter(pk=row.contact_id).exists()
        page = reverse("contact", args=[row.contact_id]) if seen else reverse("pipeline")
        if request.GET.get("stay"):
            return done(request, url=page, text=said, event=CHANGED)
        messages.success(request, said)
        return go_to(request, page)

    text = "The opportunity goes, the contact is what it was, with its former owner. Its timeline keeps the story."
    title = f"Undo the promotion of {row.contact.name}"
    return fill_in(
        request,
        form,
        save,
        back=_page_of(row, request.user),
        title=title,
        button="Undo",
        tone="btn-danger",
        text=text,
        action=request.get_full_path(),
    )


@require_safe
def of_contact(request: SignedInRequest, contact_id: int) -> HttpResponse:
    """The contact page's panel: what waits, what was decided, what brings them back."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), contact_id))
    story = asked.story_of(contact)
    newest = story.newest
    context = {
        "contact": contact,
        "story": story,
        "one": shown(request, [story.open])[0] if story.open else None,
        "is_undoable": is_undoable(newest, request.user),
        "is_suggested": queries.suggested().filter(pk=contact.pk).exists(),
        "can_work": request.user.can(Can.WORK_PIPELINE),
    }
    return render(request, "pipeline/_hand_offs_of.html", context)


@require_POST
@requires(Can.WORK_PIPELINE)
def confirm(request: SignedInRequest, contact_id: int) -> HttpResponse:
    """One click makes a suggested lead a prospect."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), contact_id))
    page = reverse("contact", args=[contact.pk])
    try:
        opportunity = services.promote(contact_id=contact.pk, confirmed=True, actor=request.user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=page)
    said = f"{contact.name} is a prospect; {(opportunity and opportunity.owner) or 'nobody'} has the next step."
    return _stay_or_go(request, page, said)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def not_now(request: SignedInRequest, contact_id: int) -> HttpResponse:
    """A suggestion is put aside until something brings it back."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), contact_id))

    def save(given: dict[str, Any]) -> HttpResponse:
        services.put_aside(contact_id=contact.pk, actor=request.user, now=timezone.now(), **given)
        return done(request, url=reverse("today"), text=f"{contact.name} rests.", event=CHANGED)

    back = reverse("contact", args=[contact.pk])
    form = RestForm(posted(request))
    return fill_in(request, form, save, back=back, title=f"Not now: {contact.name}", button="Let them rest")


@require_POST
@requires(Can.WORK_PIPELINE)
def bring_back(request: SignedInRequest, contact_id: int) -> HttpResponse:
    """Somebody who rests is looked at again at once."""
    standing = get_object_or_404(Standing.objects.visible_to(request.user), pk=contact_id)
    now = timezone.now()
    rest = asked.story_of(Contact.objects.get(pk=standing.pk)).rest
    page = reverse("contact", args=[contact_id])
    if rest is None or not services.bring_back(rest.pk, now=now):
        return went_wrong(request, "They do not rest any more.", url=page, status=409)
    messages.success(request, "Looked at again: whoever is qualified is promoted.")
    return go_to(request, page)
