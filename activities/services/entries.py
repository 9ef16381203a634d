"""Entries of the timeline: what a person did with a contact, and what apps above say changed."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from activities.models import Activity, ActivityKind
from core import bulk
from core.errors import Refused
from leads import normalise
from leads.models import Contact, Identity, IdentityKind
from leads.services import NewEvent, link_identity, record_events
from users.models import User

LONGEST_BODY = 10_000
EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
CLOCK_LEEWAY = timedelta(minutes=5)

# kind -> outcome -> (what the timeline says, the engagement it counts as, or none)
OUTCOMES: dict[str, dict[str, tuple[str, str]]] = {
    ActivityKind.NOTE: {"": ("Note", "")},
    ActivityKind.CALL: {
        "connected": ("Call: talked", "call_connected"),
        "voicemail": ("Call: left a message", ""),
        "no_answer": ("Call: no answer", ""),
        "wrong_number": ("Call: wrong number", ""),
    },
    ActivityKind.MEETING: {
        "held": ("Meeting held", "meeting_held"),
        "no_show": ("Meeting: they did not come", ""),
        "cancelled": ("Meeting cancelled", ""),
    },
    ActivityKind.REPLY: {"": ("Reply received", "email_replied")},
    ActivityKind.MAIL: {"": ("Mail sent", "")},
}


@transaction.atomic
def log_activity(
    *,
    contact: Contact,
    kind: str,
    actor: User,
    at: datetime,
    now: datetime,
    body: str = "",
    outcome: str = "",
    nonce: str = "",
) -> Activity:
    """A note, call, meeting, reply or mail, by hand. When they talked to us it counts as a two-way engagement, once.

    The same `nonce` a second time (a double click) gives the first activity back. Without `outcome` a call counts as
    connected and a meeting as held.
    """
    outcomes = OUTCOMES.get(kind)
    if outcomes is None:
        raise Refused(kind="Log a note, a call, a meeting, a reply or a mail.")
    outcome = outcome or next(iter(outcomes))
    if outcome not in outcomes:
        raise Refused(outcome=f"Choose one of: {', '.join(label for label, _ in outcomes.values())}.")
    if len(nonce) > 40 or "\0" in nonce:
        raise Refused("This form is damaged. Reload the page and try again.")
    body = normalise.text(body)
    if len(body) > LONGEST_BODY:
        raise Refused(body=f"At most {LONGEST_BODY:,} characters; this has {len(body):,}.")
    if kind == ActivityKind.NOTE and not body:
        raise Refused(body="Write the note.")
    if at > now + CLOCK_LEEWAY:
        raise Refused(at="This is in the future. Plan it as a follow-up instead.")
    if at < EARLIEST:
        raise Refused(at="Dates before the year 2000 are not taken.")

    nonce = nonce or str(uuid.uuid4())
    title, event_kind = outcomes[outcome]
    activity, is_new = Activity.objects.get_or_create(
        nonce=nonce,
        defaults={
            "contact": contact,
            "kind": kind,
            "at": min(at, now),
            "actor": actor,
            "title": title,
            "body": body,
            "outcome": outcome,
        },
    )
    if activity.contact_id != contact.pk:
        raise Refused("This form is damaged. Reload the page and try again.")
    if is_new and event_kind:
        activity.event_id = _record(contact, event_kind, at=min(at, now), outcome=outcome, nonce=nonce, now=now)
        activity.save(update_fields=["event"])
    return activity


def _record(contact: Contact, kind: str, *, at: datetime, outcome: str, nonce: str, now: datetime) -> int | None:
    recorded = record_events(
        [
            NewEvent(
                kind=kind,
                identity=_identity_of(contact),
                occurred_at=at,
                source="activity",
                message_id=nonce,
                properties={"outcome": outcome} if outcome else {},
            )
        ],
        now=now,
    )
    return recorded.ids.get(("activity", nonce))


def _identity_of(contact: Contact) -> tuple[str, str]:
    """An identity that is surely this contact's; somebody of whom we only have a name gets one of our own."""
    known = {identity.kind: identity.value for identity in Identity.objects.filter(contact=contact)}
    for kind in (IdentityKind.EMAIL, IdentityKind.PHONE, IdentityKind.USER_ID, IdentityKind.EXTERNAL):
        if kind in known:
            return kind, known[kind]
    value = f"winnow:{contact.pk}"
    link_identity(kind=IdentityKind.EXTERNAL, value=value, contact=contact)
    return IdentityKind.EXTERNAL, value


def add_entry(
    *, contact_id: int, kind: str, title: str, at: datetime, actor: User | None = None, body: str = ""
) -> Activity:
    """A line of the timeline for apps above: a stage change, a score crossing, a new owner.

    Lifecycle changes and evidence are on the timeline by themselves.
    """
    return Activity.objects.create(
        contact_id=contact_id,
        kind=ActivityKind(kind),
        at=at,
        actor=actor,
        title=normalise.line(title)[:300],
        body=normalise.text(body)[:LONGEST_BODY],
    )


def add_entries(
    of: Sequence[tuple[int, str]], *, kind: str, at: datetime, actor: User | None = None, body: str = ""
) -> None:
    """`add_entry` for many (contact id, title) at once, in one statement."""
    bulk.insert(
        Activity,
        {
            "contact_id": [contact_id for contact_id, _ in of],
            "title": [normalise.line(title)[:300] for _, title in of],
        },
        kind=str(ActivityKind(kind).value),
        at=at,
        actor_id=actor.pk if actor else None,
        body=normalise.text(body)[:LONGEST_BODY],
    )
