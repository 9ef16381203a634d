"""The definition studio: versions side by side, the draft in its editor, signatures, activation and the way back."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import go_to, wants_part
from core.errors import Refused, Stale
from leads import conditions
from scoring import wording
from scoring.drafting import Content, EngagementDraft, FitDraft, Known, problems, warnings
from scoring.forms import OPERATORS, asked_fields, leaves_of, read_content, rearranged, value_text
from scoring.models import Definition, DefinitionStatus
from scoring.queries import drafts
from scoring.services import definitions
from users.access import SignedInRequest, requires
from users.roles import Can

BIGGEST = 2**31 - 1
YES_NO = {key for key, field in conditions.FIELDS.items() if field.type == "yes_no"}


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
    known, content, active = drafts.known(), drafts.content_of(definition), drafts.active_definition()
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
        "required": wording.required(content.required, known),
        "sides": _sides(request, definition),
        "may_edit": request.user.can(Can.EDIT_DEFINITION),
        "preview": preview if preview and not preview.is_stale else None,
    }
    return render(request, "scoring/version.html", context)


def _sides(request: SignedInRequest, definition: Definition) -> list[dict[str, Any]]:
    return [
        {
            "key": side,
            "label": side.capitalize(),
            "by": getattr(definition, f"signed_by_{side}"),
            "at": getattr(definition, f"{side}_signed_at"),
            "may_sign": definition.is_open and request.user.can(may),
        }
        for side, may in definitions.SIDES.items()
    ]


@requires(Can.EDIT_DEFINITION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """The editor. Its buttons send all of it and get it back rearranged; only save keeps anything."""
    definition = found(pk)
    if not definition.is_open:
        messages.error(request, f"Version {definition.version} never changes. Make a draft from it.")
        return redirect("definition_version", pk)
    known = drafts.known()
    if request.method != "POST":
        return _studio(request, definition, drafts.content_of(definition), known, seen=str(definition.revision))
    content = read_content(request.POST, known.criteria)
    seen, do = request.POST.get("seen", ""), request.POST.get("do", "save")
    if do != "save":
        content = rearranged(content, do, request.POST, known)
        return _studio(request, definition, content, known, seen=seen, is_changed=True)
    try:
        definitions.save_draft(
            definition_id=pk,
            content=content,
            by=request.user,
            seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0,
            now=timezone.now(),
        )
    except Stale as stale:
        seen = str(found(pk).revision)
        return _studio(
            request, definition, content, known, seen=seen, said=str(stale), is_changed=True, status=409
        )  # fmt: skip
    except Refused as refused:
        said = "Not saved yet: see the notes below."
        return _studio(
            request, definition, content, known, seen=seen, wrong=refused.fields, said=said, is_changed=True, status=422
        )  # fmt: skip
    messages.success(request, f"Version {definition.version} is saved.")
    return go_to(request, reverse("definition_version", args=[pk]))


def _studio(
    request: SignedInRequest,
    definition: Definition,
    content: Content,
    known: Known,
    *,
    seen: str,
    wrong: dict[str, str] | None = None,
    said: str = "",
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    wrong = wrong or {}
    active = drafts.active_definition()
    all_right = not problems(content, known)
    context: dict[str, Any] = {
        "definition": definition,
        "content": content,
        "known": known,
        "engagement": [_engagement_row(n, rule, known, wrong) for n, rule in enumerate(content.engagement)],
        "fit": [_fit_row(n, rule, wrong) for n, rule in enumerate(content.fit)],
        "fields": asked_fields(),
        "kinds": _kinds(known),
        "required": [(key, label, dict(content.required).get(key, "")) for key, label in known.criteria.items()],
        "grades": list(zip(("grade_a_fit", "grade_b_fit", "grade_1_engagement", "grade_2_engagement"),
                           ("A from fit", "B from fit", "1 from engagement", "2 from engagement"),
                           content.grades, strict=True)),
        "differences": wording.differences(drafts.content_of(active), content, known) if active and all_right else [],
        "warnings": warnings(content, known) if all_right else [],
        "all_right": all_right,
        "active": active,
        "wrong": wrong,
        "said": said,
        "seen": seen,
        "is_changed": is_changed,
        "loses_signatures": definition.marketing_signed_at or definition.sales_signed_at,
    }  # fmt: skip
    part = "#body" if wants_part(request) else ""
    return render(request, f"scoring/studio.html{part}", context, status=status)


def _kinds(known: Known) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, kind in known.kinds.items():
        groups.setdefault(kind.category, []).append((key, kind.label + (" ⇄" if kind.is_two_way else "")))
    return groups


def _mine(wrong: dict[str, str], at: str) -> dict[str, str]:
    return {name.partition("-")[2]: text for name, text in wrong.items() if name.startswith(f"{at}-")}


def _engagement_row(n: int, rule: EngagementDraft, known: Known, wrong: dict[str, str]) -> dict[str, Any]:
    facets = [(pk, name, pk in rule.facet_ids) for pk, (name, kind) in known.facets.items() if kind == rule.kind]
    return {
        "n": n,
        "block": str(n),
        "rule": rule,
        "points": wording.points(rule.points),
        "words": wording.engagement(rule, known),
        "facets": facets,
        "is_lost": rule.kind not in known.kinds,
        "wrong": _mine(wrong, f"e{n}"),
    }


def _fit_row(n: int, rule: FitDraft, wrong: dict[str, str]) -> dict[str, Any]:
    flat = leaves_of(rule.conditions)
    shown = flat or ("all", [])
    return {
        "n": n,
        "block": str(n),
        "rule": rule,
        "points": wording.points(rule.points),
        "words": wording.fit(rule),
        "is_nested": flat is None and bool(rule.conditions),
        "raw": json.dumps(rule.conditions),
        "joiner": shown[0],
        "leaves": [_leaf_row(m, leaf) for m, leaf in enumerate(shown[1])],
        "wrong": _mine(wrong, f"f{n}"),
    }


def _leaf_row(m: int, leaf: dict[str, Any]) -> dict[str, Any]:
    op = leaf.get("op", "is")
    text = value_text(leaf)
    return {
        "m": m,
        "field": leaf.get("field"),
        "op": op,
        "label": OPERATORS.get(op, op),
        "text": text,
        "rows": min(6, text.count("\n") + 1),
        "has_value": op not in {"known", "unknown"},
        "is_list": op in {"in", "not_in", "contains_any", "between"},
        "is_yes_no": conditions.FIELDS[leaf["field"]].type == "yes_no"
        if leaf.get("field") in conditions.FIELDS
        else False,
    }


def _decide(request: SignedInRequest, pk: int, work: Callable[[int], str]) -> HttpResponse:
    """Do something with the revision that the person has seen, and go back to the version."""
    found(pk)
    seen = request.POST.get("seen", "")
    try:
        said = work(int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("definition_version", pk)


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
        row = definitions.activate(definition_id=pk, seen=seen, now=timezone.now())
        return f"Version {row.version} is active. Everybody is being judged anew."

    return _decide(request, pk, work)


@requires(Can.EDIT_DEFINITION)
@require_POST
def roll_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """A retired version comes back at once, as a copy with its signatures."""
    found(pk)
    try:
        row = definitions.roll_back(definition_id=pk, by=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("definition_version", pk)
    messages.success(request, f"Brought back as version {row.version}. Everybody is being judged anew.")
    return redirect("definition")


@requires(Can.EDIT_DEFINITION)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    found(pk)
    try:
        definitions.discard_draft(definition_id=pk)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("definition_version", pk)
    messages.success(request, "The draft is thrown away.")
    return redirect("definition")


@require_safe
def progress(request: SignedInRequest) -> HttpResponse:
    """How far everybody has been judged by the active definition."""
    active = Definition.objects.filter(status=DefinitionStatus.ACTIVE).first()
    done, total = drafts.refresh_progress(active) if active else (0, 0)
    context = {"done": done, "total": total, "is_running": done < total}
    return render(request, "scoring/definition.html#progress", context)
