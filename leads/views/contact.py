"""The page of one contact, and its parts that ask again when something changed."""

from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

import activities.queries
import capture.queries
import pipeline.queries
import scoring.queries
from core.answers import wants_part
from leads import queries
from leads.days import date_of, day_of
from leads.filters import number
from leads.models import ChangedContact, Contact, CustomField
from leads.next_step import Gap, Planned, Situation, Step, Unknown, next_step
from leads.vocabulary import Verdict
from users.access import SignedInRequest
from users.roles import Can

# how often the head asks again while the worker has not yet scored what changed
PATIENCE = 8


def contact_of(request: SignedInRequest, pk: int) -> Contact:
    """The contact with what its page shows besides, or the one into which it was merged; else 404. One query."""
    return get_object_or_404(queries.known_as(queries.has_doubles(queries.for_contact_page(request.user)), pk))


@require_safe
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who they are, what happened, what we think of it, what to do."""
    contact = contact_of(request, pk)
    if contact.pk != pk:
        return redirect("contact", contact.pk, permanent=False)
    now = timezone.now()
    context = _head(request, contact, now) | _stream(request, contact)
    context |= {
        "waiting": contact.standing.day is None,  # just made: its first score is on the way
        "tries": 0,
        "opportunities": pipeline.queries.opportunities_of(contact, request.user),
        "tags": queries.tags_of(contact),
        "own": own_fields(contact) if contact.custom else [],
    }
    return render(request, "leads/contact.html", context)


@require_safe
def known(request: SignedInRequest, pk: int) -> HttpResponse:
    """How we know them: addresses, and what they agreed to."""
    contact = contact_of(request, pk)
    context = {
        "contact": contact,
        "standing": contact.standing,
        "consents": queries.consents_of(contact),
        "sources": cache(capture.queries.source_names),
        "identities": queries.identities_of(contact),
        "can_edit": request.user.can(Can.EDIT_LEADS),
        "can_privacy": request.user.can(Can.MANAGE_PRIVACY),
    }
    return render(request, f"leads/known.html{'#panel' if wants_part(request) else ''}", context)


@require_safe
def head(request: SignedInRequest, pk: int) -> HttpResponse:
    """Head and judgement again; asks once more while a score is on its way."""
    contact = contact_of(request, pk)
    tries = min(number(request.GET.get("tries", "")) or 0, PATIENCE)
    waiting = tries < PATIENCE and ChangedContact.objects.filter(contact_id=pk).exists()
    context = _head(request, contact, timezone.now())
    return render(
        request, "leads/contact.html#again", context | {"waiting": waiting, "tries": tries + 1 if waiting else 0}
    )


@require_safe
def stream(request: SignedInRequest, pk: int) -> HttpResponse:
    """A stretch of the timeline: all of it anew, or what follows a place."""
    contact = contact_of(request, pk)
    context = {"contact": contact} | _stream(request, contact)
    if not wants_part(request):
        return render(request, "leads/timeline.html", context)
    return render(request, f"leads/_timeline.html#{'more' if request.GET.get('before') else 'whole'}", context)


@require_safe
def facts(request: SignedInRequest, pk: int) -> HttpResponse:
    """The facts beside the timeline again."""
    contact = contact_of(request, pk)
    context = {
        "contact": contact,
        "tags": queries.tags_of(contact),
        "own": own_fields(contact) if contact.custom else [],
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, "leads/_facts.html", context)


@require_safe
def todo(request: SignedInRequest, pk: int) -> HttpResponse:
    """The open follow-ups again."""
    contact = contact_of(request, pk)
    context = {
        "contact": contact,
        "follow_ups": activities.queries.follow_ups_of(contact),
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, "activities/_follow_ups.html", context)


# --- parts ---


def _stream(request: SignedInRequest, contact: Contact) -> dict[str, Any]:
    kinds = request.GET.get("kinds", "all")
    kinds = kinds if kinds in activities.queries.FILTERS else "all"
    return {
        "timeline": activities.queries.timeline(
            contact, before=request.GET.get("before", ""), kinds=kinds, names=capture.queries.source_names
        ),
        "kinds": kinds,
        "kind_choices": activities.queries.FILTERS.items(),
    }


def _head(request: SignedInRequest, contact: Contact, now: datetime) -> dict[str, Any]:
    chips = queries.chips_for([contact.pk], now=now)[contact.pk]
    explanation = scoring.queries.why(contact.pk, day_of(now))
    follow_ups = activities.queries.follow_ups_of(contact)
    step = next_step(_situation(contact, chips, explanation, follow_ups, now))
    can_edit = request.user.can(Can.EDIT_LEADS)
    owners = queries.owners_beside(contact)
    return {
        "contact": contact,
        "standing": contact.standing,
        "chips": chips,
        "explanation": explanation,
        "follow_ups": follow_ups,
        "step": step,
        "step_url": _step_url(contact, step) if can_edit else "",
        "can_edit": can_edit,
        "can_promote": request.user.can(Can.WORK_PIPELINE) and contact.standing.lifecycle == "lead",
        "owners": owners,
        "owner_is_listed": any(owner_id == contact.standing.owner_id for owner_id, _ in owners),
        "tries": 0,
    }


def _situation(
    contact: Contact, chips: list[queries.Chip], explanation: Any, follow_ups: Any, now: datetime
) -> Situation:
    """The facts and the judgement as plain values."""
    standing = contact.standing
    today = timezone.localdate(now)
    gaps: list[Gap] = []
    if explanation is None:
        return Situation(standing.lifecycle, today, owner=str(standing.owner or ""))
    by_id = {chip.criterion_id: chip for chip in chips}
    for missing in explanation.missing:
        chip = by_id.get(missing.criterion_id)
        if chip is not None:
            gaps.append(Gap(chip.key, chip.label, chip.question, chip.state))
    planned = None
    if follow_ups:
        first = follow_ups[0]
        planned = Planned(first.title, timezone.localdate(first.due_at), str(first.assignee))
    least = explanation.smallest_set
    return Situation(
        lifecycle=standing.lifecycle,
        today=today,
        owner=str(standing.owner or ""),
        total=explanation.total,
        threshold=explanation.threshold,
        gaps=gaps,
        unknown=[Unknown(row.key, row.question, row.points) for row in least.to_learn] if least else [],
        needs=least.needs if least else 0,
        must_talk=any(missing.what == "two_way" for missing in explanation.missing),
        has_told_all=bool(chips)
        and all(chip.state == Verdict.MEETS for chip in chips)
        and all(missing.what == "score" for missing in explanation.missing),
        is_qualified=explanation.is_qualified,
        excluded=explanation.excluded,
        fades_on=explanation.fades_on,
        last_two_way=None if standing.two_way_day is None else date_of(standing.two_way_day),
        planned=planned,
    )


def _step_url(contact: Contact, step: Step) -> str:
    """Where the step is done; promoting and ticking off are forms of their own."""
    if step.action == "evidence":
        return reverse("evidence_new", args=[contact.pk, step.key])
    if step.action == "call":
        return reverse("activity_new", args=[contact.pk, "call"])
    if step.action == "edit":
        about_company = step.key.startswith("company.") and contact.company_id is not None
        return (
            reverse("company_edit", args=[contact.company_id])
            if about_company
            else reverse("contact_edit", args=[contact.pk])
        )
    if step.action == "follow_up":
        return reverse("follow_up_new", args=[contact.pk])
    return ""


def own_fields(record: Any, about: str = "contact") -> list[tuple[str, Any]]:
    """(label, value) of the team's own properties that are known of this record."""
    fields = CustomField.objects.filter(about=about)
    return [
        (field.label, record.custom[field.key]) for field in fields if record.custom.get(field.key) not in (None, "")
    ]
