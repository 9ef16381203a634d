"""What comes of the lead at the desk; each leads on to the next one, or stays while they are talking."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

import capture.services
from core.answers import done, fill_in, wants_part, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.models import Contact, Criterion, Purpose, Verdict
from leads.queries.consent import may
from pipeline.desk_forms import (
    AnswerForm,
    CallForm,
    DeskForm,
    DisqualifyForm,
    LaterForm,
    NurtureForm,
    PromoteForm,
    SurveyForm,
)
from pipeline.models import DeskOutcome
from pipeline.services import desk as services
from pipeline.views.desk import again, lead_of, undo_address
from users.access import SignedInRequest, requires
from users.roles import Can

FORM = ["GET", "HEAD", "POST"]
CALLED = {
    "connected": "Talked: write down what they say.",
    "voicemail": "Left a message; back tomorrow morning.",
    "no_answer": "No answer; back tomorrow morning.",
    "wrong_number": "Wrong number; back when they do something.",
}


def _moved(request: SignedInRequest, outcome: DeskOutcome, text: str) -> HttpResponse:
    """It is done, and the desk shows what is next."""
    return done(request, url=reverse("qualify"), text=text, undo=undo_address(outcome), event="desk-changed")


@require_POST
@requires(Can.EDIT_LEADS)
def answer(request: SignedInRequest, pk: int, key: str) -> HttpResponse:
    """They answered a criterion; wrong input comes back into its place."""
    contact = lead_of(request, pk)
    criterion = get_object_or_404(Criterion, key=key)
    form = AnswerForm(request.POST, criterion=criterion)
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
        try:
            now = timezone.now()
            outcome = services.answer(contact_id=contact.pk, criterion=criterion, actor=request.user, now=now, **given)
        except services.HeldByAnother as refused:
            return again(request, refused)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return _moved(request, outcome, f"{criterion.label}: {Verdict(given['verdict']).label.lower()}.")
    context = {"contact": contact, "criterion": criterion, "form": form, "nonce": form["nonce"].value()}
    if not wants_part(request):
        said = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return went_wrong(request, said, url=reverse("qualify"))
    return render(request, "pipeline/desk.html#answer", context, status=422)


@require_POST
@requires(Can.EDIT_LEADS)
def call(request: SignedInRequest, pk: int, outcome: str) -> HttpResponse:
    """They were called."""
    if outcome not in CALLED:
        raise Http404("no such outcome")

    def log(contact: Contact, given: dict[str, Any]) -> DeskOutcome:
        return services.log_call(
            contact_id=contact.pk, outcome=outcome, actor=request.user, now=timezone.now(), **given
        )

    return _at_once(request, pk, CallForm(request.POST), log, CALLED[outcome])


@require_POST
@requires(Can.EDIT_LEADS)
def pass_on(request: SignedInRequest, pk: int) -> HttpResponse:
    """The next one, please."""

    def next_one(contact: Contact, given: dict[str, Any]) -> DeskOutcome:
        return services.pass_on(contact_id=contact.pk, actor=request.user, now=timezone.now(), **given)

    return _at_once(request, pk, DeskForm(request.POST), next_one, "Passed on.")


@require_POST
@requires(Can.EDIT_LEADS)
def ask_by_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    """They were asked by mail; back when they answer, or in a week."""

    def asked(contact: Contact, given: dict[str, Any]) -> DeskOutcome:
        return services.request_data(contact_id=contact.pk, actor=request.user, now=timezone.now(), **given)

    return _at_once(request, pk, DeskForm(request.POST), asked, "Back when they answer, or in a week.")


def _at_once(
    request: SignedInRequest,
    pk: int,
    form: Form,
    work: Callable[[Contact, dict[str, Any]], DeskOutcome],
    text: str,
) -> HttpResponse:
    """One press, nothing to fill in."""
    contact = lead_of(request, pk)
    home = reverse("qualify")
    if not form.is_valid():
        return went_wrong(request, "This page is damaged. Reload it and try again.", url=home, status=400)
    try:
        outcome = work(contact, form.cleaned_data)
    except services.HeldByAnother as refused:
        return again(request, refused)
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    return _moved(request, outcome, f"{contact.name}: {text[0].lower()}{text[1:]}")


# --- with a form ---


@require_http_methods(FORM)
@requires(Can.EDIT_LEADS)
def nurture(request: SignedInRequest, pk: int) -> HttpResponse:
    """Not now: until a day, or until they do something."""
    contact = lead_of(request, pk)
    form = NurtureForm(posted(request), initial=_from_page(request))

    def save(given: dict[str, Any]) -> HttpResponse:
        now = timezone.now()
        until = form.until(now)
        outcome = services.nurture(
            contact_id=contact.pk,
            actor=request.user,
            now=now,
            until=until,
            or_event=given["or_event"] or until is None,
            note=given["note"],
            nonce=given["nonce"],
        )
        back = f"back on {timezone.localdate(until):%-d %b %Y}" if until else "back when they do something"
        return _moved(request, outcome, f"{contact.name}: {back}.")

    return fill_in(
        request,
        form,
        save,
        back=reverse("qualify"),
        title=f"Leave {contact.name} to nurture",
        button="Leave to nurture",
    )


@require_http_methods(FORM)
@requires(Can.EDIT_LEADS)
def later(request: SignedInRequest, pk: int) -> HttpResponse:
    """They want to be called at an hour."""
    contact = lead_of(request, pk)
    now = timezone.now()

    def save(given: dict[str, Any]) -> HttpResponse:
        outcome = services.call_later(contact_id=contact.pk, actor=request.user, now=now, **given)
        at = timezone.localtime(given["at"])
        return _moved(request, outcome, f"{contact.name}: call on {at:%A, %-d %b, %H:%M}.")

    form = LaterForm(posted(request), now=now, initial=_from_page(request))
    return fill_in(
        request, form, save, back=reverse("qualify"), title=f"Call {contact.name} later", button="Call later"
    )


@require_http_methods(FORM)
@requires(Can.EDIT_LEADS)
def survey(request: SignedInRequest, pk: int) -> HttpResponse:
    """A form is mailed to them; they are back at the desk when they answer, or in a week."""
    contact = lead_of(request, pk)
    sendable = capture.services.sendable()
    if request.method != "POST" and not (sendable and may(contact, Purpose.MARKETING)):
        return redirect("contact_forms", pk=contact.pk)  # which says why not, and has links to copy
    form = SurveyForm(posted(request), sendable=sendable, initial=_from_page(request))

    def save(given: dict[str, Any]) -> HttpResponse:
        outcome = services.request_data(
            contact_id=contact.pk,
            actor=request.user,
            now=timezone.now(),
            form_id=given["survey"],
            words=given["words"],
            nonce=given["nonce"],
        )
        return _moved(request, outcome, f"{contact.name}: the form is on its way; back when they answer, or in a week.")

    links = reverse("contact_forms", args=[contact.pk])
    return fill_in(
        request,
        form,
        save,
        back=reverse("qualify"),
        title=f"Ask {contact.name} by mail",
        button="Send",
        other=links,
        other_label="Copy a link into a mail of your own instead",
    )


@require_http_methods(FORM)
@requires(Can.EDIT_LEADS)
def disqualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """They will never buy."""
    contact = lead_of(request, pk)

    def save(given: dict[str, Any]) -> HttpResponse:
        outcome = services.disqualify(contact_id=contact.pk, actor=request.user, now=timezone.now(), **given)
        return _moved(request, outcome, f"{contact.name} is disqualified.")

    form = DisqualifyForm(posted(request), initial=_from_page(request))
    title = f"Disqualify {contact.name}"
    return fill_in(request, form, save, back=reverse("qualify"), title=title, button="Disqualify", tone="btn-danger")


@require_http_methods(FORM)
@requires(Can.WORK_PIPELINE)
def promote(request: SignedInRequest, pk: int) -> HttpResponse:
    """A prospect, by the person's own judgement."""
    contact = lead_of(request, pk)

    def save(given: dict[str, Any]) -> HttpResponse:
        outcome = services.promote(contact_id=contact.pk, actor=request.user, now=timezone.now(), **given)
        return _moved(request, outcome, f"{contact.name} is a prospect.")

    form = PromoteForm(posted(request), initial=_from_page(request))
    return fill_in(request, form, save, back=reverse("qualify"), title=f"Promote {contact.name}", button="Promote")


def _from_page(request: SignedInRequest) -> dict[str, str]:
    """The nonce of the page from which the form was opened."""
    return {"nonce": request.GET.get("nonce", "").replace("\0", "")[:40]}
