"""The definition studio: versions side by side, two compared, signatures, activation and the way back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form, HiddenInput, IntegerField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import fill_in, go_to
from core.errors import Refused
from core.forms import posted
from scoring import wording
from scoring.drafting import problems, warnings
from scoring.models import Definition, DefinitionStatus
from scoring.queries import drafts
from scoring.queries.signing import SIDES, may_sign, may_withdraw
from scoring.services import definitions
from scoring.views.pages import progress_of
from users.access import SignedInRequest, requires
from users.roles import Can

BIGGEST = 2**31 - 1
MOST_COMPARED = 200
READERS = (Can.EDIT_DEFINITION, Can.SIGN_MARKETING, Can.SIGN_SALES)  # of what a draft would do


def found(pk: int) -> Definition:
    """The definition, with its people; 404 when there is none."""
    definition = drafts.versions().filter(pk=pk).first() if pk <= BIGGEST else None
    if definition is None:
        raise Http404
    return definition


@requires(Can.EDIT_DEFINITION)
@require_POST
def draft_new(request: SignedInRequest) -> HttpResponse:
    """A draft to begin with: a copy of the active definition, or of the version that is named."""
    source = request.POST.get("source", "")
    source_id = int(source) if source.isascii() and source.isdecimal() and len(source) < 10 else None
    try:
        draft = definitions.new_draft(by=request.user, now=timezone.now(), source_id=source_id)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("definition")
    return go_to(request, reverse("definition_edit", args=[draft.pk]))


@require_safe
def version(request: SignedInRequest, pk: int) -> HttpResponse:
    """One version: what it says, how it differs from the active one, who signed, what can be done with it."""
    definition = found(pk)
    known, content = drafts.known(), drafts.content_of(definition)
    active = drafts.active_for(definition.team_id)
    is_other = active is not None and active.pk != definition.pk
    wrong = problems(content, known) if definition.is_open else {}
    preview = definition.previews.filter(done_at__isnull=False).first()
    context: dict[str, Any] = {
        "definition": definition,
        "active": active if is_other else None,
        "differences": wording.differences(drafts.content_of(active), content, known) if is_other and active else [],
        "wrong": wrong,
        "warnings": warnings(content, known) if definition.is_open and not wrong else [],
        "engagement": [(rule.name, wording.engagement(rule, known)) for rule in content.engagement],
        "fit": [(rule.name, wording.fit(rule)) for rule in content.fit],
        "required": wording.required(content.required, known, content.fresh),
        "personas": [
            (row.name, [(rule.name, wording.fit(rule)) for rule in row.rules], wording.asked_instead(row, known))
            for row in content.personas
        ],
        "exclusions": [(row.name, wording.exclusion(row)) for row in content.exclusions],
        "others": [row for row in drafts.versions()[:MOST_COMPARED] if row.pk != definition.pk],
        "sides": _sides(request, definition),
        "may_edit": request.user.can(Can.EDIT_DEFINITION),
        "may_try": any(request.user.can(what) for what in READERS),
        "preview": preview if preview and not preview.is_stale else None,
        "is_flood": bool(request.GET.get("flood")),
    }
    return render(request, "scoring/version.html", context)


@require_safe
def compare(request: SignedInRequest) -> HttpResponse:
    """Any two versions: what the one says otherwise than the other, in plain English."""
    versions = list(drafts.versions()[:MOST_COMPARED])
    by_number = {str(row.version): row for row in versions}
    active = next((row for row in versions if row.status == DefinitionStatus.ACTIVE and not row.team_id), None)
    after = by_number.get(request.GET.get("to", ""), active or (versions[0] if versions else None))
    before = by_number.get(request.GET.get("from", ""), after.based_on if after else None)
    if not versions[1:]:
        before = None
    elif before is None:  # by itself the newest one, read as a change of the active one
        other = next(row for row in versions if row != after)
        before, after = (other, after) if "to" in request.GET else (after, other)
    context: dict[str, Any] = {"versions": versions, "before": before, "after": after}
    if before and after:
        known = drafts.known()
        content = drafts.content_of(after)
        context |= {
            "differences": wording.differences(drafts.content_of(before), content, known),
            "note": content.note,
        }
    return render(request, "scoring/compare.html", context)


def _sides(request: SignedInRequest, definition: Definition) -> list[dict[str, Any]]:
    return [
        {
            "key": side,
            "label": side.capitalize(),
            "by": getattr(definition, f"signed_by_{side}"),
            "at": getattr(definition, f"{side}_signed_at"),
            "may_sign": definition.is_open and may_sign(request.user, side),
            "may_withdraw": definition.is_open and may_withdraw(request.user, side, definition),
        }
        for side in SIDES
    ]


def _decide(request: SignedInRequest, pk: int, work: Callable[[int], str]) -> HttpResponse:
    """Do something with the revision that the person has seen, and go back to the version."""
    found(pk)
    seen = request.POST.get("seen", "")
    try:
        said = work(int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0)
    except Refused as refused:
        return _refused(request, pk, refused)
    messages.success(request, said)
    return redirect("definition_version", pk)


def _refused(request: SignedInRequest, pk: int, refused: Refused) -> HttpResponse:
    """Back on the version, which asks whether it is meant so when it is about a flood."""
    messages.error(request, str(refused))
    asks = "?flood=1" if "is_sure" in refused.fields else ""
    return redirect(reverse("definition_version", args=[pk]) + asks)


@requires(Can.SIGN_MARKETING, Can.SIGN_SALES)
@require_POST
def sign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree to a draft for one side."""
    side = request.POST.get("side", "")

    def work(seen: int) -> str:
        definitions.sign(definition_id=pk, side=side, by=request.user, seen=seen, now=timezone.now())
        return f"Signed for {side}."

    return _decide(request, pk, work)


@requires(Can.SIGN_MARKETING, Can.SIGN_SALES)
@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a signature back."""
    side = request.POST.get("side", "")

    def work(seen: int) -> str:
        definitions.withdraw(definition_id=pk, side=side, by=request.user, now=timezone.now())
        return f"The signature of {side} is taken back."

    return _decide(request, pk, work)


@requires(Can.EDIT_DEFINITION)
@require_POST
def activate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Judge everybody by it from now on."""

    def work(seen: int) -> str:
        is_sure = bool(request.POST.get("is_sure"))
        row = definitions.activate(definition_id=pk, seen=seen, now=timezone.now(), is_sure=is_sure)
        return f"Version {row.version} is active. {_judged(row)}"

    return _decide(request, pk, work)


@requires(Can.EDIT_DEFINITION)
@require_POST
def roll_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """A retired version comes back at once, as a copy with its signatures."""
    found(pk)
    is_sure = bool(request.POST.get("is_sure"))
    try:
        row = definitions.roll_back(definition_id=pk, by=request.user, now=timezone.now(), is_sure=is_sure)
    except Refused as refused:
        return _refused(request, pk, refused)
    messages.success(request, f"Brought back as version {row.version}. {_judged(row)}")
    return redirect(_page_of(row))


@requires(Can.EDIT_DEFINITION)
@require_POST
def end(request: SignedInRequest, pk: int) -> HttpResponse:
    """A team's definition ends: its leads are judged by the one for all again."""
    row = found(pk)
    try:
        common = definitions.end_for_team(definition_id=pk, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("definition_version", pk)
    messages.success(request, f"The leads of {row.whom} are being judged by version {common.version}.")
    return redirect(_page_of(common))


def _judged(row: Definition) -> str:
    whose = f"What {row.whom} owns" if row.team_id else "Everybody"
    return f"{whose} is being judged anew."


def _page_of(row: Definition) -> str:
    return reverse("definition") + (f"?team={row.team_id}" if row.team_id else "")


class Discard(Form):
    """Which state of a draft somebody has looked at."""

    seen = IntegerField(widget=HiddenInput, required=False, min_value=0, max_value=BIGGEST)


@requires(Can.EDIT_DEFINITION)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask whether the draft is to be thrown away, and do so."""
    draft = found(pk)
    back = reverse("definition_version", args=[pk])
    if not draft.is_open:
        messages.error(request, f"Version {draft.version} never changes, and is kept.")
        return go_to(request, back)

    def ask() -> Form:
        return Discard(initial={"seen": found(pk).revision})

    def save(given: dict[str, Any]) -> HttpResponse:
        definitions.discard_draft(definition_id=pk, seen=given["seen"] or 0)
        messages.success(request, f"The draft v{draft.version} is thrown away.")
        return go_to(request, reverse("definition"))

    name = f"v{draft.version}" + (f" “{draft.name}”" if draft.name else "")
    changed = f" {draft.changed_by or 'Somebody who has left'} changed it last." if draft.changed_at else ""
    signed = [side["label"] for side in _sides(request, draft) if side["at"]]
    return fill_in(
        request,
        Discard(posted(request)) if request.method == "POST" else ask(),
        save,
        back=back,
        newest=ask,
        title=f"Throw the draft {name} away?",
        text=f"It cannot be brought back.{changed}"
        + (f" Signed for {' and '.join(signed).lower()}." if signed else ""),
        button="Throw it away",
        tone="btn-danger",
    )


@require_safe
def progress(request: SignedInRequest) -> HttpResponse:
    """How far everybody has been judged by an active definition."""
    active = drafts.chosen(drafts.actives(), request.GET.get("team", ""), own=None)
    if active is None:
        raise Http404
    context = {"definition": active} | progress_of(active, *drafts.refresh_progress(active))
    return render(request, "scoring/definition.html#progress", context)
