"""What comes of a lead at the desk: each verb is one transaction that remembers what it made, so that it can be undone.

Called again with the same nonce (a double click), each gives the first outcome back and does nothing.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

import activities.services as activities
import capture.services as capture
import leads.services as leads
from activities.models import ActivityKind
from core.errors import Refused
from leads import normalise
from leads.models import Contact, Criterion, LifecycleChange, Purpose
from leads.vocabulary import DISQUALIFIED_BECAUSE
from pipeline import asking
from pipeline.models import DeskOutcome, Did, Waits
from pipeline.services.desk.placing import place
from pipeline.services.desk.taking import check_not_held
from pipeline.services.handover import promote as hand_over
from pipeline.services.recycling import let_go
from users.models import User

SKIPPED_FOR = timedelta(hours=4)
ASKED_FOR = 7  # days that somebody has to answer a mail before the lead comes back
FURTHEST = timedelta(days=2 * 366)
REASONS = DISQUALIFIED_BECAUSE
# how the call went -> days until the lead comes back; None: they are still talking
CALLS: dict[str, int | None] = {"connected": None, "voicemail": 1, "no_answer": 1, "wrong_number": None}
Made = dict[str, Any]


def _outcome(
    contact_id: int,
    did: Did,
    work: Callable[[Contact, DeskOutcome], Made],
    *,
    actor: User,
    now: datetime,
    nonce: str = "",
    moves_on: bool = True,
    **words: Any,
) -> DeskOutcome:
    """Remember it first: of two requests with one nonce the second waits here and finds that it is done.

    From one page a lead is left once, whichever button is pressed after it; what is done while talking is done beside.
    """
    if len(nonce) > 40 or "\0" in nonce:
        raise Refused("This form is damaged. Reload the page and try again.")
    if nonce and not moves_on:
        nonce = sha256(f"{nonce} {did} {words.get('detail')}".encode()).hexdigest()[:40]
    check_not_held(contact_id, actor, now=now)
    fields = {"contact_id": contact_id, "by": actor, "at": now, "did": did} | words
    if nonce:
        outcome, is_new = DeskOutcome.objects.get_or_create(nonce=nonce, defaults=fields)
        if not is_new:
            return outcome
    else:
        outcome = DeskOutcome.objects.create(**fields)
    outcome.made = work(Contact.objects.get(pk=contact_id), outcome)
    outcome.save()
    place([contact_id], now=now, let_go=moves_on)
    return outcome


def _nothing(contact: Contact, outcome: DeskOutcome) -> Made:
    return {}


@transaction.atomic
def answer(
    *,
    contact_id: int,
    criterion: Criterion,
    verdict: str,
    actor: User,
    now: datetime,
    nonce: str = "",
    text: str = "",
    quote: str = "",
    amount: Decimal | None = None,
    on_date: date | None = None,
) -> DeskOutcome:
    """They answered a criterion while we talk; the lead stays on the screen."""

    def work(contact: Contact, outcome: DeskOutcome) -> Made:
        evidence = leads.record_evidence(
            contact=contact,
            criterion=criterion,
            verdict=verdict,
            now=now,
            recorded_by=actor,
            text=text,
            quote=quote,
            amount=amount,
            on_date=on_date,
        )
        return {"evidence": [evidence.pk]}

    return _outcome(
        contact_id, Did.ANSWERED, work, actor=actor, now=now, nonce=nonce, moves_on=False, detail=criterion.key
    )


@transaction.atomic
def log_call(
    *, contact_id: int, outcome: str, actor: User, now: datetime, body: str = "", nonce: str = ""
) -> DeskOutcome:
    """A call. Whoever answered stays on the screen; who did not comes back the next working morning.

    Behind a wrong number is nobody to ask: the lead waits until they do something themselves.
    """
    if outcome not in CALLS:
        raise Refused(outcome="Choose how the call went.")
    days = CALLS[outcome]
    waits: Made = {}
    if days is not None:
        waits = {"waits": Waits.UNTIL, "until": asking.next_morning(timezone.localtime(now), days)}
    elif outcome == "wrong_number":
        waits = {"waits": Waits.EVENT}

    def work(contact: Contact, row: DeskOutcome) -> Made:
        activity = activities.log_activity(
            contact=contact, kind=ActivityKind.CALL, actor=actor, at=now, now=now, body=body, outcome=outcome
        )
        return {"activity": activity.pk, "events": [activity.event_id] if activity.event_id else []}

    stays = outcome == "connected"
    return _outcome(
        contact_id, Did.CALLED, work, actor=actor, now=now, nonce=nonce, moves_on=not stays, detail=outcome, **waits
    )


@transaction.atomic
def promote(*, contact_id: int, actor: User, now: datetime, reason: str, nonce: str = "") -> DeskOutcome:
    """A prospect, by the person's own judgement."""

    def work(contact: Contact, outcome: DeskOutcome) -> Made:
        opportunity = hand_over(contact_id=contact.pk, now=now, actor=actor, manual=True, reason=reason)
        return {"opportunity": opportunity.pk if opportunity else None}

    note = normalise.line(reason)[:300]
    return _outcome(contact_id, Did.PROMOTED, work, actor=actor, now=now, nonce=nonce, note=note)


@transaction.atomic
def nurture(
    *,
    contact_id: int,
    actor: User,
    now: datetime,
    until: datetime | None = None,
    or_event: bool = False,
    note: str = "",
    nonce: str = "",
) -> DeskOutcome:
    """Not now: they come back on a day, or when they do something, whichever is first."""
    if until is None and not or_event:
        raise Refused(until="Choose a day, or let them come back when they do something.")
    _check_until(until, now, field="until")
    waits = Waits.EVENT if or_event else Waits.UNTIL
    note = _short(note)
    return _outcome(
        contact_id, Did.NURTURE, _nothing, actor=actor, now=now, nonce=nonce, waits=waits, until=until, note=note
    )


@transaction.atomic
def call_later(
    *, contact_id: int, actor: User, now: datetime, at: datetime, note: str = "", nonce: str = ""
) -> DeskOutcome:
    """They asked to be called at an hour: it is a follow-up of whoever promised it, and the lead comes back then."""
    if at <= now:
        raise Refused(at="This is in the past. Choose an hour from now on.")
    _check_until(at, now, field="at")
    note = _short(note)

    def work(contact: Contact, outcome: DeskOutcome) -> Made:
        title = f"Call {contact.name} back{f': {note}' if note else ''}"
        follow_up = activities.add_follow_up(contact=contact, assignee=actor, title=title[:200], due_at=at, now=now)
        return {"follow_up": follow_up.pk}

    return _outcome(
        contact_id, Did.LATER, work, actor=actor, now=now, nonce=nonce, waits=Waits.LATER, until=at, note=note
    )


@transaction.atomic
def request_data(
    *,
    contact_id: int,
    actor: User,
    now: datetime,
    note: str = "",
    nonce: str = "",
    form_id: int | None = None,
    words: str = "",
) -> DeskOutcome:
    """They were asked by mail, or are sent a form: they come back when they answer, or after a week."""
    until = asking.next_morning(timezone.localtime(now), ASKED_FOR)
    note = _short(note)

    def work(contact: Contact, outcome: DeskOutcome) -> Made:
        if form_id is None:
            return {}
        invitation = capture.send_form(form_id=form_id, contact=contact, by=actor, now=now, words=words)
        return {"invitation": invitation.pk}

    return _outcome(
        contact_id,
        Did.REQUESTED,
        work,
        actor=actor,
        now=now,
        nonce=nonce,
        waits=Waits.EVENT,
        until=until,
        note=note,
    )


@transaction.atomic
def pass_on(*, contact_id: int, actor: User, now: datetime, nonce: str = "") -> DeskOutcome:
    """The next one, please: whoever was worked on today comes back in the morning, the others in some hours."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    touched = DeskOutcome.objects.standing().filter(contact=contact_id, by=actor, at__gte=today)
    is_worked = touched.filter(did__in=[Did.ANSWERED, Did.CALLED]).exists()
    until = asking.next_morning(timezone.localtime(now)) if is_worked else now + SKIPPED_FOR
    return _outcome(
        contact_id, Did.SKIPPED, _nothing, actor=actor, now=now, nonce=nonce, waits=Waits.UNTIL, until=until
    )


@transaction.atomic
def disqualify(
    *, contact_id: int, reason: str, actor: User, now: datetime, note: str = "", nonce: str = ""
) -> DeskOutcome:
    """They will never buy. Whoever does not want to be contacted is not written to or called any more."""
    if reason not in REASONS:
        raise Refused(reason="Choose why.")
    label, is_withdrawal = REASONS[reason]
    note = _short(note)
    if reason == "other" and not note:
        raise Refused(note="Say in a few words what the reason is.")

    def work(contact: Contact, outcome: DeskOutcome) -> Made:
        said = f"{label}: {note}" if note else label
        leads.disqualify(contact.pk, now=now, actor=actor, reason=said)
        change = LifecycleChange.objects.filter(contact=contact, at=now, actor=actor).order_by("-pk").first()
        made: Made = {"change": change.pk if change else None}
        if not is_withdrawal:  # nobody is brought back who does not want to be contacted
            key, words = f"disqualified_{reason}", f"Disqualified: {label}"
            made["recycle"] = let_go(contact.pk, reason=key, label=words, now=now, actor=actor).pk
        else:
            made["consents"] = [
                leads.record_consent(
                    purpose=purpose, given=False, now=now, source="on the phone", contact=contact, recorded_by=actor
                ).pk
                for purpose in (Purpose.MARKETING, Purpose.CALLS)
            ]
        return made

    return _outcome(contact_id, Did.DISQUALIFIED, work, actor=actor, now=now, nonce=nonce, detail=reason, note=note)


def _check_until(until: datetime | None, now: datetime, *, field: str) -> None:
    if until is not None and until <= now:
        raise Refused(**{field: "This is in the past. Choose a day from tomorrow on."})
    if until is not None and until > now + FURTHEST:
        raise Refused(**{field: "This is more than two years away. Choose a nearer day."})


def _short(note: str) -> str:
    note = normalise.line(note)
    if len(note) > 200:
        raise Refused(note=f"At most 200 characters; this has {len(note):,}.")
    return note
