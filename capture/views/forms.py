"""Settings of marketers: forms, their builder, their versions, how they are put on a web site."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import nonces, queries, services
from capture.arrangement import Content, Target, problems, unknown_host
from capture.forms import TRAP, FormSettings, LeadForm, NewForm
from capture.forms.builder import OWN_QUESTIONS, read_content, rearranged
from capture.models import Form, FormVersion, Site
from capture.queries.targets import NOTHING, targets
from capture.questions import OPERATORS, TYPES, WITH_OPTIONS, Option, Question
from capture.reference import STARTS
from core.answers import fill_in, go_to, wants_part
from core.errors import Refused, Stale
from core.forms import posted
from leads.models import EventKind, Purpose, Verdict
from users.access import SignedInRequest, requires
from users.roles import Can

SAVED = "The draft is saved. Visitors see it when you publish it."


@requires(Can.MANAGE_CAPTURE)
@require_safe
def forms(request: SignedInRequest) -> HttpResponse:
    """Forms with their public links and what came in by them."""
    labels = dict(EventKind.objects.values_list("key", "label"))
    rows = [
        {
            "form": row.form,
            "kind": labels.get(row.form.event_kind, row.form.event_kind),
            "accepted": row.accepted,
            "held": row.held,
            "last_at": row.last_at,
            "link": public_link(row.form),
        }
        for row in queries.forms_with_counts()
    ]
    return render(request, "capture/forms.html", {"rows": rows, "held": sum(row["held"] for row in rows)})


def public_link(form: Form) -> str:
    """Where visitors find it."""
    return f"{settings.SITE_URL}{reverse('form', args=[form.slug])}"


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """A form to begin with; the builder does the rest."""

    def save(given: dict[str, Any]) -> HttpResponse:
        start = STARTS[given["start"]]
        row = services.create_form(
            title=given["title"],
            slug=given["slug"],
            content=start.content,
            now=timezone.now(),
            by=request.user,
            event_kind=start.event_kind,
            source=start.source,
            is_by_invitation=start.is_by_invitation,
        )
        return go_to(request, reverse("form_edit", args=[row.pk]))

    form = NewForm(posted(request), initial={"start": "contact"})
    return fill_in(request, form, save, back=reverse("settings_forms"), title="New form", button="Go on")


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """The builder. Its buttons send all of it and get it back rearranged; only save and publish keep anything."""
    row = get_object_or_404(Form.objects.select_related("published"), pk=pk)
    known = targets()
    draft = row.versions.filter(published_at=None).first()
    shown = draft or row.published or FormVersion(form=row)
    seen = draft.stamp if draft else ""
    if request.method != "POST":
        return _builder(request, row, shown.content, known, seen=seen, draft=draft)
    content = read_content(request.POST, known)
    do = request.POST.get("do", "refresh")
    if do not in {"save", "publish"}:
        content = rearranged(content, do, request.POST, known)
        return _builder(request, row, content, known, seen=request.POST.get("seen", ""), draft=draft, is_changed=True)
    now = timezone.now()
    if do == "publish":
        wrong = problems(content, known, is_by_invitation=row.is_by_invitation)
        if wrong:
            said = "Not published yet: see the notes below."
            return _builder(
                request, row, content, known, seen=request.POST.get("seen", ""), draft=draft, wrong=wrong, said=said,
                is_changed=True, status=422,
            )  # fmt: skip
    try:
        services.save_draft(row, content, now=now, by=request.user, seen=request.POST.get("seen", ""))
        if do == "publish":
            services.publish(row, now=now)
    except Stale as stale:
        return _builder(
            request, row, content, known, seen=seen, draft=draft, said=str(stale), is_changed=True, status=409
        )
    except Refused as refused:
        return _builder(
            request, row, content, known, seen=seen, draft=draft, wrong=refused.fields, is_changed=True, status=422
        )
    messages.success(request, f"{row.title} is published." if do == "publish" else SAVED)
    return go_to(request, reverse("form_share" if do == "publish" else "form_edit", args=[pk]))


def _builder(
    request: SignedInRequest,
    row: Form,
    content: Content,
    known: dict[str, Target],
    *,
    seen: str,
    draft: FormVersion | None,
    wrong: dict[str, str] | None = None,
    said: str = "",
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    wrong = wrong or {}
    groups: dict[str, list[Target]] = {}
    for target in known.values():
        groups.setdefault(target.group, []).append(target)
    context = {
        "form": row,
        "content": content,
        "questions": [_row(n, question, content, known, wrong) for n, question in enumerate(content.questions)],
        "consents": [
            {"box": box, "n": n, "wrong": wrong.get(f"c{n}-purpose") or wrong.get(f"c{n}-wording", "")}
            for n, box in enumerate(content.consents)
        ],
        "groups": groups.items(),
        "nothing": NOTHING,
        "own_questions": OWN_QUESTIONS.items(),
        "operators": OPERATORS.items(),
        "verdicts": Verdict.choices,
        "purposes": Purpose.choices,
        "wrong": wrong,
        "said": said,
        "seen": seen,
        "draft": draft,
        "is_changed": is_changed,
        "leaves_for": unknown_host(content.redirect_to, _origins()),
        "link": public_link(row),
        **_preview(row, content),
    }
    part = "#body" if wants_part(request) else ""
    return render(request, f"capture/form_builder.html{part}", context, status=status)


def _origins() -> list[str]:
    return [settings.SITE_URL, *(origin for site in Site.objects.all() for origin in site.allowed_origins)]


def _row(
    n: int, question: Question, content: Content, known: dict[str, Target], wrong: dict[str, str]
) -> dict[str, Any]:
    target = known.get(question.maps_to, NOTHING)
    options: list[Option] = list(question.choices)
    if question.type in WITH_OPTIONS:
        options += [Option("")] * max(0, 2 - len(options))
    mine = {name.partition("-")[2]: text for name, text in wrong.items() if name.startswith(f"q{n}-")}
    return {
        "n": n,
        "question": question,
        "target": target,
        "is_lost": question.maps_to not in known and bool(question.maps_to),
        "types": [(key, TYPES[key]) for key in target.types],
        "type": TYPES[question.type],
        "options": options,
        "has_options": question.type in WITH_OPTIONS,
        "before": content.questions[:n],
        "is_last": n == len(content.questions) - 1,
        "wrong": mine,
    }


def _preview(row: Form, content: Content) -> dict[str, Any]:
    consents = [{"purpose": box.purpose, "wording": box.wording} for box in content.consents]
    return {
        "form": row,
        "version": content,
        "fields": LeadForm(content.questions, consents, auto_id="preview_%s"),
    }


@requires(Can.MANAGE_CAPTURE)
@require_POST
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What visitors would see of the draft as it stands in the builder."""
    row = get_object_or_404(Form, pk=pk)
    content = read_content(request.POST, targets())
    return render(request, "capture/form_builder.html#preview", _preview(row, content))


@requires(Can.MANAGE_CAPTURE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Title, what it counts as, whether it is open: true of all versions at once."""
    row = get_object_or_404(Form.objects.select_related("published"), pk=pk)

    def save(given: dict[str, Any]) -> str:
        services.change_form(row, **given)
        return f"{row.title} is saved."

    back = reverse("form_edit", args=[pk])
    return fill_in(
        request, FormSettings(posted(request), row=row), save, back=back, title=f"{row.title}: settings", button="Save"
    )


@requires(Can.MANAGE_CAPTURE)
@require_safe
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """The link, the line of script and the plain HTML, each to copy."""
    row = get_object_or_404(Form.objects.select_related("published"), pk=pk)
    context: dict[str, Any] = {"form": row, "link": public_link(row)}
    if row.published is not None:
        base = settings.SITE_URL
        context["script"] = f'<script async src="{base}{reverse("form_script")}" data-form="{row.slug}"></script>'
        context["html"] = _plain_html(request, row, row.published)
    return render(request, "capture/form_share.html", context)


def _plain_html(request: SignedInRequest, row: Form, version: FormVersion) -> str:
    fields = LeadForm(version.asked, version.consents, auto_id=f"{row.slug}_%s", use_required_attribute=False)
    context = {
        "action": public_link(row),
        "version": version,
        "pass": nonces.plain_pass(row.slug, version=version.pk),
        "fields": fields,
        "trap": TRAP,
    }
    text = render(request, "capture/form_plain.html", context).content.decode()
    return "\n".join(line for line in text.splitlines() if line.strip())


@requires(Can.MANAGE_CAPTURE)
@require_safe
def versions(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was published when, and the draft."""
    row = get_object_or_404(Form.objects.select_related("published"), pk=pk)
    return render(request, "capture/form_versions.html", {"form": row, "rows": queries.versions_of(row)})


@requires(Can.MANAGE_CAPTURE)
@require_safe
def version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """One version as visitors saw it."""
    shown = get_object_or_404(FormVersion.objects.select_related("form", "changed_by"), form=pk, number=number)
    context = {"shown": shown, **_preview(shown.form, shown.content)}
    return render(request, "capture/form_version.html", context)


@requires(Can.MANAGE_CAPTURE)
@require_POST
def revive(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Make an older version the draft."""
    old = get_object_or_404(FormVersion.objects.select_related("form"), form=pk, number=number)
    services.revive(old, now=timezone.now(), by=request.user)
    messages.success(request, f"The draft is now what version {number} was. Publish it to show it to visitors.")
    return redirect("form_edit", pk)


@requires(Can.MANAGE_CAPTURE)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Throw the draft away."""
    row = get_object_or_404(Form, pk=pk)
    try:
        services.discard_draft(row)
        messages.success(request, "The draft is thrown away.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("form_edit", pk)
