"""What came in by forms, and what each did; what is suspicious waits here for somebody to look."""

from collections.abc import Iterator
from itertools import starmap
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import queries, services
from capture.answering import told
from capture.forms import SpamForm
from capture.models import Form, SpamRules, Submission, SubmissionStatus
from capture.services.review import MOST_AT_ONCE
from core.answers import back, fill_in, wants_part
from core.export import Instants
from core.forms import posted
from leads.models import Contact
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

TONES = {
    SubmissionStatus.ACCEPTED: "pill-good",
    SubmissionStatus.AWAITING: "pill-plain",
    SubmissionStatus.QUARANTINED: "pill-alarm",
    SubmissionStatus.REJECTED: "pill-plain",
}


@requires(Can.MANAGE_CAPTURE)
@require_safe
def all_forms(request: SignedInRequest) -> HttpResponse:
    """Submissions of all forms."""
    return _list(request, None)


@requires(Can.MANAGE_CAPTURE)
@require_safe
def of_form(request: SignedInRequest, pk: int) -> HttpResponse:
    """Submissions of one form."""
    return _list(request, get_object_or_404(Form, pk=pk))


def _list(request: SignedInRequest, form: Form | None) -> HttpResponse:
    wanted = request.GET.get("status", "")
    status = wanted if wanted in SubmissionStatus.values else ""
    found = queries.page_of(
        queries.submissions(request.user, form=form, status=status),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context: dict[str, Any] = {
        "form": form,
        "rows": [(row, TONES[SubmissionStatus(row.status)]) for row in found.rows],
        "status": status,
        "newer": _with(request, status, before=found.before),
        "older": _with(request, status, after=found.after),
        "export": urlencode({"form": form.pk if form else "", "status": status}),
        "can_review": status != SubmissionStatus.ACCEPTED,
    }
    if wants_part(request):
        return render(request, "capture/submissions.html#list", context)
    counts = queries.status_counts(request.user, form=form)
    tabs = [{"label": "All", "url": request.path, "active": not status, "count": None}]
    tabs += [
        {
            "label": value.label,
            "url": f"{request.path}?status={value}",
            "active": status == value,
            "count": counts[value],
        }
        for value in SubmissionStatus
    ]
    return render(request, "capture/submissions.html", context | {"tabs": tabs})


def _with(request: SignedInRequest, status: str, **place: str) -> str:
    given = {name: value for name, value in ({"status": status} | place).items() if value}
    return f"{request.path}?{urlencode(given)}" if any(place.values()) else ""


def _submission(request: SignedInRequest, pk: int) -> Submission:
    rows = Submission.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("form", "version", "contact", "invited", "reviewed_by", "event"), pk=pk
    )


@requires(Can.MANAGE_CAPTURE)
@require_safe
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every answer, and what it did."""
    row = _submission(request, pk)
    boxes = {box["purpose"]: box["wording"] for box in row.version.consents}
    context = {
        "row": row,
        "tone": TONES[SubmissionStatus(row.status)],
        "consents": [(purpose, boxes.get(purpose, "")) for purpose in row.consents],
        "seen": row.contact is not None and Contact.objects.visible_to(request.user).filter(pk=row.contact.pk).exists(),
    }
    part = "#dialog" if wants_part(request) else ""
    return render(request, f"capture/submission.html{part}", context)


@requires(Can.MANAGE_CAPTURE)
@require_POST
def review(request: SignedInRequest) -> HttpResponse:
    """Take in what is good, or call it spam: one or many."""
    ids = {int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 19}
    chosen = list(queries.submissions(request.user).filter(pk__in=sorted(ids)[:MOST_AT_ONCE]))
    now = timezone.now()
    if not chosen:
        messages.error(request, "Choose submissions first.")
    elif request.POST.get("do") == "spam":
        count = services.mark_spam(chosen, by=request.user, now=now)
        messages.success(request, f"{count} called spam. They stay under Spam, and can still be taken in.")
    elif request.POST.get("do") != "release":
        messages.error(request, "Say whether they are taken in or called spam.")
    else:
        reviewed = services.release_all(chosen, by=request.user, now=now)
        messages.success(request, f"{reviewed.count} taken in, as of the moment when they came.")
        for failure in reviewed.failures[:5]:
            messages.error(request, failure)
    return redirect(back(request, reverse("submissions")))


@requires(Can.EXPORT_LISTS)
@require_safe
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """The list as a file, one column for each question that was ever asked; streamed."""
    number = request.GET.get("form", "")
    form = get_object_or_404(Form, pk=int(number)) if number.isdecimal() and len(number) < 10 else None
    rows = queries.submissions(request.user, form=form, status=request.GET.get("status", ""))
    versions = form.versions.order_by("number") if form else []
    labels = {question.key: question.label for version in versions for question in version.asked}
    header = ["No.", "Form", Instants("Received"), "Status", "Reasons", "Contact"]
    header += labels.values() if form else ["Answers"]

    def cells() -> Iterator[list[Any]]:
        for row in queries.all_of(rows):
            said = {question.key: answer for question, answer in row.said}
            answers = [said.get(key, "") for key in labels]
            if form is None:
                answers = ["; ".join(starmap(told, row.said))]
            about = [row.pk, row.form.slug, row.received_at, row.get_status_display()]
            yield [*about, "; ".join(row.why), row.contact_id, *answers]

    return send(request, format, header, cells(), name=f"submissions-{form.slug}" if form else "submissions")


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def spam(request: SignedInRequest) -> HttpResponse:
    """What makes a submission suspicious."""
    rules = SpamRules.objects.first() or SpamRules()

    def save(given: dict[str, Any]) -> str:
        services.save_spam_rules(
            blocked_domains=given["blocked_domains"].split(),
            blocks_disposable=given["blocks_disposable"],
            most_links=given["most_links"],
        )
        return "Saved. It holds for what comes from now on."

    initial = {
        "blocked_domains": "\n".join(rules.blocked_domains),
        "blocks_disposable": rules.blocks_disposable,
        "most_links": rules.most_links,
    }
    return fill_in(
        request,
        SpamForm(posted(request), initial=initial),
        save,
        back=reverse("settings_forms"),
        title="What is suspicious",
        button="Save",
        text="Suspicious submissions are kept in quarantine, where somebody looks at them. Nothing is lost.",
    )
