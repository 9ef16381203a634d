"""Logging what was said, planning what to do."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from activities import services
from activities.forms import FollowUpForm, LogForm, due_at
from activities.models import ActivityKind, FollowUp
from core.answers import back, done, wants_part, went_wrong
from core.errors import Refused
from core.forms import posted, show_refusal
from leads.models import Contact
from leads.queries import known_as
from users.access import SignedInRequest, requires
from users.roles import Can

TITLES = {
    ActivityKind.NOTE: "Write a note",
    ActivityKind.CALL: "Log a call",
    ActivityKind.MEETING: "Log a meeting",
    ActivityKind.REPLY: "Log a reply",
    ActivityKind.MAIL: "Log a mail",
}
MINUTE = timedelta(minutes=1)
SNOOZE = {"tomorrow": 1, "week": 7}


def _contact_of(request: SignedInRequest, pk: int) -> Contact:
    return get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.EDIT_LEADS)
def new(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    """A note, call, meeting, reply or mail; a double click logs it once."""
    contact = _contact_of(request, pk)
    if kind not in TITLES:
        raise Http404("no such kind")
    now = timezone.now()
    form = LogForm(posted(request), kind=kind, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            activity = services.log_activity(
                contact=contact, kind=kind, actor=request.user, now=now, **form.cleaned_data
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            home = reverse("contact", args=[pk])
            return done(request, url=home, text=f"{activity.title}.", event="contact-changed")
    context = {"contact": contact, "form": form, "title": TITLES[ActivityKind(kind)], "kind": kind}
    return _answer(request, "activities/log.html", context, failed=form.is_bound)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.EDIT_LEADS)
def follow_up_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Plan something to do."""
    contact = _contact_of(request, pk)
    now = timezone.now()
    form = FollowUpForm(posted(request), user=request.user, now=now)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            services.add_follow_up(
                contact=contact, assignee=asked["assignee"], title=asked["title"], due_at=form.due_at(), now=now
            )
        except Refused as refused:
            show_refusal(form, _on_this_form(refused))
        except OverflowError:
            form.add_error("due_on", "Choose a nearer day.")
        else:
            home = reverse("contact", args=[pk])
            return done(request, url=home, text="Follow-up planned.", event="contact-changed")
    return _answer(request, "activities/follow_up.html", {"contact": contact, "form": form}, failed=form.is_bound)


def _on_this_form(refused: Refused) -> Refused:
    """The form asks for a day where the service speaks of an instant."""
    fields = {("due_on" if name == "due_at" else name): message for name, message in refused.fields.items()}
    return Refused(fields.pop("", ""), **fields)


def _answer(request: SignedInRequest, template: str, context: dict[str, object], *, failed: bool) -> HttpResponse:
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"{template}{part}", context, status=422 if failed else 200)


# --- one follow-up ---


def _follow_up_of(request: SignedInRequest, pk: int) -> FollowUp:
    return get_object_or_404(FollowUp.objects.visible_to(request.user), pk=pk)


@require_POST
@requires(Can.EDIT_LEADS)
def follow_up_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """It is done; can be undone."""
    follow_up = _follow_up_of(request, pk)
    services.complete_follow_up(follow_up, now=timezone.now())
    return done(
        request,
        url=back(request, reverse("contact", args=[follow_up.contact_id])),
        text=f"Done: {follow_up.title}",
        undo=reverse("follow_up_reopen", args=[pk]),
        event="contact-changed",
    )


@require_POST
@requires(Can.EDIT_LEADS)
def follow_up_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """It is to be done after all."""
    follow_up = _follow_up_of(request, pk)
    services.reopen_follow_up(follow_up)
    home = back(request, reverse("contact", args=[follow_up.contact_id]))
    return done(request, url=home, text="Open again.", tone="info", event="contact-changed")


@require_POST
@requires(Can.EDIT_LEADS)
def follow_up_snooze(request: SignedInRequest, pk: int) -> HttpResponse:
    """Later: tomorrow, or in a week."""
    follow_up = _follow_up_of(request, pk)
    home = back(request, reverse("contact", args=[follow_up.contact_id]))
    days = SNOOZE.get(request.POST.get("until", ""))
    if days is None:
        return went_wrong(request, "Choose tomorrow or next week.", url=home)
    now = timezone.now()
    until = due_at(timezone.localdate(now) + timedelta(days=days))
    if not services.snooze_follow_up(follow_up, until=until, now=now):
        return went_wrong(request, "It is done already.", url=home)
    when = "tomorrow" if days == 1 else f"{until:%A}, {until.day} {until:%b}"
    return done(request, url=home, text=f"Moved to {when}.", event="contact-changed")
