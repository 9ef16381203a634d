"""The editor of a draft. Its buttons send all of it and get it back rearranged; only save keeps anything."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.answers import go_to, wants_part
from core.errors import Refused, Stale
from leads import condition_controls as controls
from leads.queries import pattern_fits
from leads.services.kinds import add_pattern
from scoring import wording
from scoring.drafting import (
    Content,
    EngagementDraft,
    ExclusionDraft,
    FitDraft,
    Known,
    PersonaDraft,
    fitting,
    problems,
    warnings,
)
from scoring.forms import EXCLUSIONS, read_content, rearranged
from scoring.models import Definition
from scoring.queries import drafts
from scoring.services import definitions
from scoring.views.studio import BIGGEST, found
from users.access import SignedInRequest, requires
from users.roles import Can

TWO_DRAFTS = "Yours is not saved yet, and somebody else saved theirs meanwhile."
NOT_SAVED = "Not saved yet: see the notes below."


@requires(Can.EDIT_DEFINITION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the draft, rearrange it, or save it. What was typed into one that is gone can become another draft."""
    if request.method != "POST":
        definition = found(pk)
        if not definition.is_open:
            messages.error(request, f"Version {definition.version} never changes. Make a draft from it.")
            return redirect("definition_version", pk)
        return _studio(request, definition, drafts.content_of(definition), seen=str(definition.revision))
    known = drafts.known()
    content = read_content(request.POST, known.criteria)
    seen, do = request.POST.get("seen", ""), request.POST.get("do", "refresh")[:200]
    definition, lost = _draft_or_lost(pk, request.POST)
    if do.startswith("pattern:"):
        return _with_pattern(request, definition, content, do.removeprefix("pattern:"), seen=seen, lost=lost)
    if do not in {"save", "anew"} or (do == "save" and lost):
        content = rearranged(content, do, request.POST, known)
        status, theirs = 409 if do == "save" else 200, _theirs(request, definition, lost)
        return _studio(
            request, definition, content, seen=seen, said=TWO_DRAFTS if theirs else "", lost=lost, theirs=theirs,
            is_changed=True, status=status,
        )  # fmt: skip
    try:
        if do == "anew":
            definition = definitions.new_draft_of(content=content, by=request.user, now=timezone.now())
        else:
            number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
            definitions.save_draft(definition_id=pk, content=content, by=request.user, seen=number, now=timezone.now())
    except Stale as stale:
        definition, lost = _draft_or_lost(pk, request.POST)
        theirs = None if lost else drafts.content_of(definition)
        return _studio(
            request, definition, content, seen=str(definition.revision), said="" if lost else str(stale), lost=lost,
            theirs=theirs, is_changed=True, status=409,
        )  # fmt: skip
    except Refused as refused:
        theirs = _theirs(request, definition, lost)
        return _studio(
            request, definition, content, seen=seen, wrong=refused.fields, said=NOT_SAVED, lost=lost, theirs=theirs,
            is_changed=True, status=422,
        )  # fmt: skip
    messages.success(request, f"Version {definition.version} is saved.")
    return go_to(request, reverse("definition_version", args=[definition.pk]))


def _theirs(request: SignedInRequest, definition: Definition, lost: str) -> Content | None:
    """What somebody else saved while this one was being edited: the offer to keep both stays until one is saved."""
    return drafts.content_of(definition) if request.POST.get("clash") and not lost else None


def _draft_or_lost(pk: int, data: QueryDict) -> tuple[Definition, str]:
    """The draft; where it can be saved no more, what became of it meanwhile."""
    definition = drafts.versions().filter(pk=pk).first() if pk <= BIGGEST else None
    if definition is None:
        if not data.get("seen"):  # nobody had it in front of them
            raise Http404
        return Definition(pk=min(pk, BIGGEST)), "This draft was thrown away meanwhile."
    if definition.is_open:
        return definition, ""
    return definition, f"Version {definition.version} is {definition.get_status_display().lower()} and never changes."


def _may_add_patterns(request: SignedInRequest) -> bool:
    """Patterns are part of the registry of kinds, whoever keeps that (Settings, Kinds of events)."""
    return request.user.can(Can.MANAGE_CAPTURE) or request.user.can(Can.MANAGE_PEOPLE)


def _with_pattern(
    request: SignedInRequest, definition: Definition, content: Content, at: str, *, seen: str, lost: str
) -> HttpResponse:
    """A new pattern for the kind of a rule, ticked in it: it is kept at once, for all definitions."""
    blocks = controls.blocks(request.POST, "e")
    block = at.removeprefix("e")
    if block not in blocks or not _may_add_patterns(request):
        return _studio(request, definition, content, seen=seen, lost=lost, is_changed=True)
    place = blocks.index(block)
    rule = content.engagement[place]
    new = {name: request.POST.get(f"{at}-new_{name}", "")[:1000] for name in ("name", "pattern", "property")}
    try:
        facet = add_pattern(
            kind_key=rule.kind,
            name=new["name"][:200],
            pattern=new["pattern"],
            facet_property=new["property"][:200],
            now=timezone.now(),
        )
    except Refused as refused:
        return _studio(
            request, definition, content, seen=seen, wrong={f"e{place}-new_pattern": str(refused)}, typed={place: new},
            lost=lost, is_changed=True, status=422,
        )  # fmt: skip
    rules = list(content.engagement)
    rules[place] = replace(rule, facet_ids=(*rule.facet_ids, facet.pk))
    content = replace(content, engagement=tuple(rules))
    notes = {place: f"“{facet.name}” is a pattern now. {pattern_fits(facet).words}"}
    return _studio(request, definition, content, seen=seen, notes=notes, lost=lost, is_changed=True)


def _studio(
    request: SignedInRequest,
    definition: Definition,
    content: Content,
    *,
    seen: str,
    wrong: dict[str, str] | None = None,
    notes: dict[int, str] | None = None,
    typed: dict[int, dict[str, str]] | None = None,
    said: str = "",
    lost: str = "",
    theirs: Content | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    known, notes = drafts.known(), notes or {}
    content, taken_off = fitting(content, known)
    wrong = (wrong or {}) | taken_off
    active = drafts.active_for(content.team if content.team in known.teams else None)
    all_right = not problems(content, known)
    fields = controls.asked_fields()
    context: dict[str, Any] = {
        "definition": definition,
        "content": content,
        "engagement": [
            _engagement_row(n, rule, known, wrong, notes.get(n, "")) | {"new": (typed or {}).get(n)}
            for n, rule in enumerate(content.engagement)
        ],
        "fit": [_fit_row("f", n, rule, fields, wrong) for n, rule in enumerate(content.fit)],
        "personas": [_persona_row(n, row, known, fields, wrong) for n, row in enumerate(content.personas)],
        "exclusions": [_exclusion_row(n, row, fields, wrong) for n, row in enumerate(content.exclusions)],
        "presets": [(f"add:x:{key}", label) for key, (label, _, _) in EXCLUSIONS.items()],
        "kinds": _kinds(known),
        "required": _required(content, known, wrong),
        "grades": _grades(content),
        "teams": known.teams,
        "differences": wording.differences(drafts.content_of(active), content, known) if active and all_right else [],
        "warnings": warnings(content, known) if all_right else [],
        "all_right": all_right,
        "active": active,
        "wrong": wrong,
        "said": said,
        "lost": lost,
        "saving": "anew" if lost else "save",
        "theirs": theirs,
        "unlike_theirs": wording.differences(theirs, content, known) if theirs else [],
        "seen": seen,
        "is_changed": is_changed or bool(taken_off),
        "may_add_patterns": _may_add_patterns(request),
        "loses_signatures": not lost and (definition.marketing_signed_at or definition.sales_signed_at),
    }
    part = "#body" if wants_part(request) else ""
    return render(request, f"scoring/studio.html{part}", context, status=status)


def _kinds(known: Known) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, kind in known.kinds.items():
        groups.setdefault(kind.category, []).append((key, kind.label + (" ⇄" if kind.is_two_way else "")))
    return groups


def _required(
    asking: Content | PersonaDraft, known: Known, wrong: dict[str, str], at: str = ""
) -> list[dict[str, Any]]:
    """Each criterion with what is asked of it: of everybody, or of a persona (`p0-`)."""
    least, fresh = dict(asking.required), dict(asking.fresh)
    return [
        {
            "at": at,
            "key": key,
            "label": label,
            "least": least.get(key, ""),
            "fresh": "" if fresh.get(key) is None else fresh[key],
            "wrong": wrong.get(f"{at}fresh-{key}", ""),
        }
        for key, label in known.criteria.items()
    ]


def _grades(content: Content) -> list[tuple[str, str, Any]]:
    names = ("grade_a_fit", "grade_b_fit", "grade_1_engagement", "grade_2_engagement")
    labels = ("A from fit", "B from fit", "1 from engagement", "2 from engagement")
    return list(zip(names, labels, content.grades, strict=True))


def _mine(wrong: dict[str, str], at: str) -> dict[str, str]:
    return {name.partition("-")[2]: text for name, text in wrong.items() if name.startswith(f"{at}-")}


def _engagement_row(
    n: int, rule: EngagementDraft, known: Known, wrong: dict[str, str], note: str = ""
) -> dict[str, Any]:
    facets = [(pk, name, pk in rule.facet_ids) for pk, (name, kind) in known.facets.items() if kind == rule.kind]
    kind = known.kinds.get(rule.kind)
    mine = _mine(wrong, f"e{n}")
    return {
        "n": n,
        "at": f"e{n}",
        "rule": rule,
        "points": wording.points(rule.points),
        "words": wording.engagement(rule, known),
        "facets": facets,
        "property": kind.facet_property if kind else "",
        "is_lost": kind is None,
        "note": note,
        "wrong": mine,
        "is_open": bool("rule" in rule.open or mine or note or not rule.name),
        "is_pattern_open": "pattern" in rule.open or "new_pattern" in mine,
    }


def _fit_row(list_: str, n: int, rule: FitDraft, fields: list[controls.Asked], wrong: dict[str, str]) -> dict[str, Any]:
    at = f"{list_}{n}"
    mine = _mine(wrong, at)
    return {
        "n": n,
        "at": at,
        "list": list_,
        "rule": rule,
        "points": wording.points(rule.points),
        "words": wording.fit(rule),
        "builder": controls.builder(at, rule.conditions, fields, wrong=mine.get("conditions", "")),
        "wrong": mine,
        "is_open": bool("rule" in rule.open or mine or not rule.name),
    }


def _persona_row(
    n: int, row: PersonaDraft, known: Known, fields: list[controls.Asked], wrong: dict[str, str]
) -> dict[str, Any]:
    at = f"p{n}"
    rules = [_fit_row(f"{at}f", m, rule, fields, wrong) for m, rule in enumerate(row.rules)]
    is_wrong = any(name.startswith((f"{at}-", f"{at}f")) for name in wrong)
    return {
        "n": n,
        "at": at,
        "list": f"{at}f",
        "persona": row,
        "rules": rules,
        "required": _required(row, known, wrong, f"{at}-"),
        "instead": wording.asked_instead(row, known),
        "wrong": _mine(wrong, at),
        "is_wrong": is_wrong,
        "is_open": is_wrong or "rule" in row.open or not row.name,
        "is_asked_open": "asked" in row.open or f"{at}-required" in wrong,
    }


def _exclusion_row(n: int, row: ExclusionDraft, fields: list[controls.Asked], wrong: dict[str, str]) -> dict[str, Any]:
    at = f"x{n}"
    mine = _mine(wrong, at)
    return {
        "n": n,
        "at": at,
        "exclusion": row,
        "words": wording.exclusion(row),
        "builder": controls.builder(at, row.conditions, fields, wrong=mine.get("conditions", "")),
        "wrong": mine,
        "is_open": bool("rule" in row.open or mine or not row.name),
    }
