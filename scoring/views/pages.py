"""Pages of judgement: why somebody has a score, and the definition by which."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from leads import conditions
from leads.days import date_of, day_of_date, past_day
from leads.models import Contact, Facet, Lifecycle, Standing
from leads.queries import known_as
from leads.vocabulary import UNDONE_WITHIN
from scoring import queries
from scoring.definitions import Spec
from scoring.models import Definition, Exclusion, FitRule
from scoring.queries import drafts
from scoring.queries.counted import counted
from scoring.queries.history import history
from users.access import SignedInRequest
from users.roles import Can


@require_safe
def score_why(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every line of a contact's score; in the dialog when a page asks for a part."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))
    today = timezone.now().date()
    as_of, is_wrong = past_day(request.GET.get("as_of", ""), today)
    explanation = queries.why(contact.pk, day_of_date(as_of), is_past=as_of < today)
    context = {
        "contact": contact,
        "explanation": explanation,
        "as_of": as_of,
        "today": today,
        "first": date_of(0),
        "is_past": as_of < today,
        "is_wrong": is_wrong,
    }
    part = "#dialog" if request.htmx and not request.htmx.history_restore_request else ""
    return render(request, f"scoring/why.html{part}", context, status=422 if is_wrong else 200)


@require_safe
def score_history(request: SignedInRequest, pk: int) -> HttpResponse:
    """How a contact's score went in the half year up to a day, and what moved it."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))
    as_of, is_wrong = past_day(request.GET.get("as_of", ""), timezone.now().date())
    context = {"contact": contact, "history": history(contact.pk, day_of_date(as_of))}
    return render(request, "scoring/history.html", context, status=422 if is_wrong else 200)


@require_safe
def score_events(request: SignedInRequest, pk: int, rule: int) -> HttpResponse:
    """The events that one line of the score counts on a day."""
    contact = get_object_or_404(known_as(Contact.objects.visible_to(request.user), pk))
    spec = queries.spec_for(contact.pk)
    line = next((one for one in spec.engagement if one.id == rule), None) if spec else None
    if line is None:
        raise Http404
    as_of, is_wrong = past_day(request.GET.get("as_of", ""), timezone.now().date())
    events, has_older = counted(contact.pk, line, day_of_date(as_of))
    context = {"contact": contact, "line": line, "events": events, "has_older": has_older, "as_of": as_of}
    part = "#events" if wants_part(request) else ""
    return render(request, f"scoring/events.html{part}", context, status=422 if is_wrong else 200)


@require_safe
def definition(request: SignedInRequest) -> HttpResponse:
    """An active definition in plain English, and how many it lets through now: that of a team, or the one for all."""
    actives = drafts.actives()
    active = drafts.chosen(actives, request.GET.get("team"), own=request.user.team_id)
    context: dict[str, object] = {
        "definition": active,
        "tabs": whose_tabs(queries.active_specs(), active, reverse("definition")) if actives[1:] else [],
        "may_edit": request.user.can(Can.EDIT_DEFINITION),
        "sees_rules": request.user.can(Can.SEE_FUNNEL),
    }
    if active:
        done, total = drafts.refresh_progress(active)
        versions = list(drafts.versions()[:50])
        context |= progress_of(active, done, total) | {
            "versions": versions,
            "has_teams": any(row.team_id for row in versions),
            "withdrawn": _withdrawn(active),
        }
        names = dict(Facet.objects.exclude(pattern="").values_list("pk", "name"))
        engagement = list(active.engagement_rules.select_related("kind"))
        for rule in engagement:
            rule.facet_names = ", ".join(names[pk] for pk in rule.facet_ids if pk in names)  # type: ignore[attr-defined]
        fit = list(active.fit_rules.all())
        exclusions = list(active.exclusions.all())
        held: list[FitRule | Exclusion] = [*fit, *exclusions]
        for row in held:
            row.words = conditions.in_words(row.conditions)  # type: ignore[union-attr]
        required = list(active.required.select_related("criterion"))
        personas = [
            (
                one.name,
                [rule for rule in fit if rule.persona_id == one.pk],
                [row for row in required if row.persona_id == one.pk],
            )
            for one in active.personas.all()
        ]
        context |= {
            "engagement": engagement,
            "fit": [rule for rule in fit if rule.persona_id is None],
            "personas": personas,
            "exclusions": exclusions,
            "excluded_url": f"{reverse('leads')}?excluded=yes",
            "required": [row for row in required if row.persona_id is None],
            "reach": _reach(request, active, is_only=len(actives) == 1),
        }
    return render(request, "scoring/definition.html", context)


def _withdrawn(active: Definition) -> Definition | None:
    """What it took the place of by being brought back, while promotions can still be undone."""
    is_fresh = active.activated_at is not None and timezone.now() - active.activated_at <= UNDONE_WITHIN
    return active.withdrew if is_fresh else None


def progress_of(active: Definition, done: int, total: int) -> dict[str, object]:
    """How far everybody, or what a team owns, has been judged by it."""
    whose = f"What {active.whom} owns" if active.team_id else "Everybody"
    return {
        "done": done,
        "total": total,
        "is_running": done < total,
        "poll": f"{reverse('definition_progress')}?team={active.team_id or ''}",
        "judging": f"{whose} is being judged anew",
        "judged": f"{whose} is judged by it",
    }


def whose_tabs(active: queries.Active, shown: Definition | Spec | None, address: str) -> list[dict[str, object]]:
    """The definition for all, and those of teams."""
    team_id = shown.team_id if shown else None
    return [
        {
            "label": row.team or "Everybody else",
            "url": f"{address}?team={row.team_id or ''}",
            "active": row.team_id == team_id,
        }
        for row in active
    ]


def _reach(request: SignedInRequest, active: Definition, *, is_only: bool) -> list[dict[str, object]]:
    """How many leads stand where under the definition; each number opens its list."""
    capped = Standing.objects.visible_to(request.user).filter(lifecycle=Lifecycle.LEAD)
    if not is_only:
        capped = capped.filter(definition_version=active.version)
    rows: list[tuple[str, dict[str, Any], str, str]] = [
        (
            "Leads over the line",
            {"total__gte": active.threshold},
            f"score ≥ {active.threshold}",
            f"?lifecycle=lead&min={active.threshold}",
        ),
        ("Graded A1", {"grade": "A1"}, "fit and engaged", "?lifecycle=lead&grade=A1"),
        (
            "Close to it",
            {"total__gte": active.threshold - 10, "total__lt": active.threshold},
            "at most 10 points below",
            f"?lifecycle=lead&min={active.threshold - 10}&max={active.threshold - 1}",
        ),
    ]
    return [
        {
            "label": label,
            "value": capped.filter(**where)[:10_001].count(),
            "note": note,
            "url": reverse("leads") + query + ("" if is_only else f"&definition={active.version}"),
        }
        for label, where, note, query in rows
    ]
