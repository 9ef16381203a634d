"""The qualification desk: one lead at a time, and what comes of it."""

import json
import uuid
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

import activities.queries
import capture.queries
import scoring.queries
from activities.queries import FILTERS as KINDS
from core.answers import done, wants_part, went_wrong
from core.errors import Refused
from leads.days import day_of
from leads.filters import number
from leads.models import ChangedContact, Contact, Lifecycle, Purpose
from leads.queries import chips_for, known_as
from leads.queries.consent import may
from pipeline.models import DeskOutcome, DeskPlace
from pipeline.queries import desk as queries
from pipeline.services import desk as services
from users.access import SignedInRequest, requires
from users.roles import Can

PATIENCE = 8  # how often the head asks again while the worker has not yet scored an answer
STRETCHES = {1: "Today", 30: "30 days"}
TILES = ("worked", "talked", "answered", "promoted")


def lead_of(request: SignedInRequest, pk: int) -> Contact:
    """The lead, or whoever it was merged into; else 404."""
    return get_object_or_404(known_as(Contact.objects.visible_to(request.user).for_page(), pk))


@require_safe
@requires(Can.EDIT_LEADS)
def desk(request: SignedInRequest) -> HttpResponse:
    """The lead that the person is at, else the next one; or why there is none."""
    now = timezone.now()
    pk = services.take(request.user, now=now)
    today, month = queries.today_and_month(request.user, now=now)
    context: dict[str, Any] = {
        "tiles": [(kind, queries.FILTERS[kind][0], getattr(today, kind), getattr(month, kind)) for kind in TILES],
        "waiting": queries.waiting(request.user, now=now),
        "last": queries.last_outcome(request.user, now=now),
        "can_promote": request.user.can(Can.WORK_PIPELINE),
        "nonce": str(uuid.uuid4()),
        "now": now,
    }
    if pk is None:
        context["spec"] = scoring.queries.active_specs().of_team(request.user.team_id)
    else:
        context |= _lead(lead_of(request, pk), now)
    return render(request, f"pipeline/desk.html{'#desk' if wants_part(request) else ''}", context)


def _lead(contact: Contact, now: datetime) -> dict[str, Any]:
    """All that is shown of one lead."""
    explanation = scoring.queries.why(contact.pk, day_of(now))
    sources = cache(capture.queries.source_names)
    timeline = activities.queries.timeline(contact, limit=40, names=sources)
    deeds, read = queries.deeds_of(contact, now=now)
    spec = explanation.spec if explanation else None
    persona = explanation.persona if explanation else ""
    required = explanation.required if explanation else ()
    asked = queries.asked_of(contact, required, timeline.items, deeds, now=now, persona=persona, names=sources)
    place = DeskPlace.objects.filter(pk=contact.pk).first()
    least = explanation.smallest_set if explanation else None
    return _head(contact, explanation, now) | {
        "asked": asked,
        "sources": sources,
        "open_count": sum(one.is_open for one in asked),
        "timeline": timeline,
        "kinds": "all",
        "kind_choices": KINDS.items(),
        "read": read[:8],
        "why_now": queries.why_now(contact.standing, place, asked, spec, now=now) if spec else "",
        "least": least,
        "learn": [step for step in least.steps if step.do == "learn"] if least else [],
        "may_call": may(contact, Purpose.CALLS),
    }


def _head(contact: Contact, explanation: Any, now: datetime, tries: int = 0) -> dict[str, Any]:
    waits = tries < PATIENCE and ChangedContact.objects.filter(contact_id=contact.pk).exists()
    return {
        "contact": contact,
        "standing": contact.standing,
        "chips": chips_for([contact.pk], now=now)[contact.pk],
        "explanation": explanation,
        "is_lead": contact.standing.lifecycle == Lifecycle.LEAD,
        "waits_for_score": waits,
        "tries": tries + 1,
    }


@require_safe
@requires(Can.EDIT_LEADS)
def head(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who they are and their score again, after an answer; asks once more while the score is on its way."""
    now = timezone.now()
    contact = lead_of(request, pk)
    tries = min(number(request.GET.get("tries", "")) or 0, PATIENCE)
    explanation = scoring.queries.why(contact.pk, day_of(now))
    return render(request, "pipeline/desk.html#head", _head(contact, explanation, now, tries))


@require_POST
@requires(Can.EDIT_LEADS)
def stay(request: SignedInRequest) -> HttpResponse:
    """The person is still at it."""
    services.take(request.user, now=timezone.now())
    return HttpResponse(status=204)


@require_POST
@requires(Can.EDIT_LEADS)
def pause(request: SignedInRequest) -> HttpResponse:
    """Enough for now: the lead is free for others."""
    services.release(request.user)
    return done(request, url=reverse("today"), text="The desk is closed; nobody is kept for you.")


@require_POST
@requires(Can.EDIT_LEADS)
def undo(request: SignedInRequest) -> HttpResponse:
    """Take the last thing back; `of` names what the button was drawn for."""
    meant = (number(request.GET["of"]) or 0) if "of" in request.GET else None
    try:
        outcome = services.undo_last(actor=request.user, now=timezone.now(), meant=meant)
    except Refused as refused:
        return _with_the_desk(went_wrong(request, str(refused), url=reverse("qualify")))
    text = f"Undone: {outcome.get_did_display().lower()}."
    return done(
        request, url=reverse("qualify"), text=text, tone="info", event="desk-changed", undone=undo_address(outcome)
    )


def undo_address(outcome: DeskOutcome) -> str:
    """Where this outcome, and no other, is taken back."""
    return f"{reverse('qualify_undo')}?of={outcome.pk}"


@require_safe
@requires(Can.EDIT_LEADS)
def record(request: SignedInRequest) -> HttpResponse:
    """What the person did at the desk, behind the numbers."""
    now = timezone.now()
    days = number(request.GET.get("days", "")) or 1
    days = days if days in STRETCHES else 1
    kind = request.GET.get("kind", "all")
    kind = kind if kind in queries.FILTERS else "all"
    rows = queries.outcomes_page(
        request.user,
        since=queries.start_of(now, days),
        kind=kind,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    address = reverse("qualify_record")
    context = {
        "rows": rows.rows,
        "kinds": [
            {"label": label, "url": f"{address}?kind={key}&days={days}", "active": key == kind}
            for key, (label, _) in queries.FILTERS.items()
        ],
        "stretches": [
            {"label": label, "url": f"{address}?kind={kind}&days={count}", "active": count == days}
            for count, label in STRETCHES.items()
        ],
        "newer": f"{address}?kind={kind}&days={days}&before={rows.before}" if rows.before else "",
        "older": f"{address}?kind={kind}&days={days}&after={rows.after}" if rows.after else "",
    }
    return render(request, "pipeline/desk_record.html", context)


def again(request: SignedInRequest, refused: Refused) -> HttpResponse:
    """Somebody else was quicker: say so, and show the lead that is the person's now."""
    return _with_the_desk(went_wrong(request, str(refused), url=reverse("qualify"), status=409))


def _with_the_desk(response: HttpResponse) -> HttpResponse:
    """What is on the screen is out of date: it comes anew."""
    if "HX-Trigger" in response:
        news = json.loads(response["HX-Trigger"]) | {"desk-changed": True, "close-dialog": True}
        response["HX-Trigger"] = json.dumps(news)
    return response
