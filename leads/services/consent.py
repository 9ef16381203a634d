"""What people agreed to, and what they took back.

How to call it. Somebody ticked a box or said it on the phone:

    record_consent(contact=contact, purpose=Purpose.MARKETING, given=True, now=now, source="form:demo",
                   wording=the sentence beside the box, event=the submission's event or None, proof="submission:17")

A visitor whom nobody knows yet: `identity=(IdentityKind.ANONYMOUS, visitor)` instead of `contact`; it counts for the
contact as soon as the identity is the contact's, nothing has to be moved. Double opt-in: `is_pending=True`, mail a
link, and when the button behind it is pressed (POST): `confirm_consent(consent_id, now=now)`. Taking back is
`given=False` and works at once. Before anything is sent, called or counted ask `leads.queries.consent.may(contact,
purpose)`; for many `Contact.objects.filter(may_be_contacted(purpose))`.

Events of the kind `unsubscribed` take marketing back by themselves (`services.events` calls `unsubscribe`).
What profiling means here: visits and clicks that the tracker or a Segment client reports are stored and scored. When it
is taken back, further ones are not stored at all (`has_objected`), earlier ones are kept but not scored
(`leads.tasks.apply_profiling`). What somebody does towards us on purpose (forms, replies, calls) stays.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from core import locks
from core.errors import Refused
from leads import normalise
from leads.models import (
    Consent,
    ConsentBasis,
    ConsentWording,
    Contact,
    EngagementEvent,
    Identity,
    Purpose,
)
from leads.queries.consent import REACHED_BY, addresses_of, is_suppressed, states_of
from leads.services.identities import IdentityKey, resolve_identities
from leads.services.suppression import announce_changed, open_again
from users.models import User

LONGEST_SOURCE = 160
LONGEST_WORDING = 5000
CONFIRM_WITHIN = timedelta(days=14)
WORDINGS = 0x574F52  # versions are counted one at a time


def wording_of(purpose: str, text: str, *, now: datetime) -> ConsentWording | None:
    """The version of the purpose's words that this text is; a new text is the next version."""
    text = normalise.text(text)
    if not text:
        return None
    if len(text) > LONGEST_WORDING:
        raise Refused(wording=f"At most {LONGEST_WORDING:,} characters; this has {len(text):,}.")
    known = ConsentWording.objects.filter(purpose=purpose, text=text).order_by("-version")
    if row := known.first():
        return row
    with transaction.atomic():
        locks.hold(WORDINGS)
        if row := known.all().first():
            return row
        last = ConsentWording.objects.filter(purpose=purpose).order_by("-version").first()
        version = last.version + 1 if last else 1
        return ConsentWording.objects.create(purpose=purpose, version=version, text=text, since=now)


@transaction.atomic
def record_consent(
    *,
    purpose: str,
    given: bool,
    now: datetime,
    source: str,
    contact: Contact | None = None,
    identity: IdentityKey | None = None,
    wording: str = "",
    basis: str = ConsentBasis.CONSENT,
    event: EngagementEvent | None = None,
    event_id: int | None = None,
    proof: str = "",
    recorded_by: User | None = None,
    is_pending: bool = False,
) -> Consent:
    """They agreed, or took it back; the newest confirmed row per purpose stands.

    An address on the suppression list is not opened again by a box alone: then the row waits for its confirmation as
    in a double opt-in, and a colleague is told to take the address off the list first.
    """
    source, proof = normalise.line(source), normalise.line(proof)
    if purpose not in Purpose.values:
        raise Refused(purpose=f"One of {', '.join(Purpose.values)}.")
    if basis not in ConsentBasis.values:
        raise Refused(basis=f"One of {', '.join(ConsentBasis.values)}.")
    if not source or len(source) > LONGEST_SOURCE:
        raise Refused(source=f"Say in 1 to {LONGEST_SOURCE} characters how we know.")
    if len(proof) > 200:
        raise Refused(proof="At most 200 characters.")
    if (contact is None) == (identity is None):
        raise TypeError("give either a contact or an identity")
    if given and not is_pending and contact is not None and _is_suppressed(contact, purpose):
        if recorded_by is not None:
            raise Refused(purpose="Their address is on the suppression list. Take it off there first (in Settings).")
        is_pending = True
    row = Consent.objects.create(
        contact=contact,
        identity_id=resolve_identities([identity])[identity][0] if identity else None,
        purpose=purpose,
        given=given,
        is_pending=is_pending and given,
        at=now,
        basis=basis,
        source=source,
        shown=wording_of(purpose, wording, now=now),
        event_id=event.pk if event else event_id,
        proof=proof,
        recorded_by=recorded_by,
    )
    _announce(row)
    return row


def _is_suppressed(contact: Contact, purpose: str) -> bool:
    kind = REACHED_BY.get(Purpose(purpose))
    return kind is not None and is_suppressed(pair for pair in addresses_of(contact) if pair[0] == kind)


def _announce(row: Consent) -> None:
    contact_id = row.contact_id
    if contact_id is None and row.identity_id is not None:
        contact_id = Identity.objects.values_list("contact_id", flat=True).get(pk=row.identity_id)
    if contact_id is not None and not row.is_pending:
        announce_changed([contact_id])


@transaction.atomic
def confirm_consent(consent_id: int, *, now: datetime, source: str = "confirmation by mail") -> Consent:
    """They pressed the button behind the link: what waited counts from now on. A second time changes nothing.

    Refused when it waited too long, or when they took the purpose back since.
    """
    pending = locks.locked(Consent.objects.filter(pk=consent_id))
    if not pending:
        raise Refused("This link no longer works. Fill in the form once more.")
    row = pending[0]
    if not row.is_pending:
        return row
    proof = f"confirms:{row.pk}"
    if done := Consent.objects.filter(contact=row.contact_id, identity=row.identity_id, proof=proof).first():
        return done
    if now - row.at > CONFIRM_WITHIN:
        raise Refused(f"This link worked for {CONFIRM_WITHIN.days} days. Fill in the form once more.")
    later = Consent.objects.settled().filter(
        contact=row.contact_id, identity=row.identity_id, purpose=row.purpose, given=False, at__gt=row.at
    )
    if later.exists():
        raise Refused("You took this back after you had asked for it. Fill in the form once more if you want it.")
    confirmed = Consent.objects.create(
        contact_id=row.contact_id,
        identity_id=row.identity_id,
        purpose=row.purpose,
        given=True,
        at=now,
        basis=row.basis,
        source=normalise.line(source)[:LONGEST_SOURCE],
        shown_id=row.shown_id,
        event_id=row.event_id,
        proof=proof,
    )
    if row.contact_id is not None:
        open_again(Contact.objects.get(pk=row.contact_id), row.purpose, now=now)
    _announce(confirmed)
    return confirmed


@transaction.atomic
def choose_purposes(
    contact: Contact,
    wanted: Mapping[Purpose, bool],
    *,
    now: datetime,
    wordings: Mapping[Purpose, str],
    source: str = "preferences",
    is_emphatic: bool = False,
) -> list[Consent]:
    """What the person chose themselves behind a link that only they have; what stays as it was is not written again.

    Such a yes needs no further confirmation, and opens an address that they had closed themselves. An emphatic no is
    written also where nothing was allowed: it ends what waits for a confirmation, and is the proof later.
    """
    locks.locked(Contact.objects.filter(pk=contact.pk))
    rows = []
    for state in states_of(contact):
        given = wanted.get(state.purpose, state.is_allowed)
        is_news = state.waits_for if given else is_emphatic and (state.last is None or state.last.given)
        if given == state.is_allowed and not is_news:
            continue
        if given:
            open_again(contact, state.purpose, now=now)
        wording = wordings.get(state.purpose, "") if given else ""
        rows.append(
            record_consent(contact=contact, purpose=state.purpose, given=given, now=now, source=source, wording=wording)
        )
    return rows


def unsubscribe(event_ids: Sequence[int]) -> None:
    """Those of the events that say so take marketing mail back, in the transaction that stores them.

    The row belongs to the identity: it holds for whoever that is, now or later.
    """
    events = EngagementEvent.objects.filter(pk__in=event_ids, kind__key="unsubscribed", is_quarantined=False)
    rows = list(events.values_list("pk", "identity", "occurred_at", "contact"))
    Consent.objects.bulk_create(
        Consent(
            identity_id=identity_id,
            purpose=Purpose.MARKETING,
            given=False,
            at=at,
            source="unsubscribed",
            event_id=event_id,
        )
        for event_id, identity_id, at, _ in rows
    )
    if contact_ids := sorted({contact_id for *_, contact_id in rows if contact_id is not None}):
        announce_changed(contact_ids)
