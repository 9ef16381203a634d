"""Addresses that nobody writes to and numbers that nobody calls, also when they come back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.errors import Refused
from leads import normalise, signals
from leads.models import (
    ChangedContact,
    Consent,
    Contact,
    Identity,
    IdentityKind,
    Purpose,
    SuppressedAddress,
    SuppressionReason,
)
from leads.queries.consent import REACHED_BY, addresses_of
from users.models import User

MOST_AT_ONCE = 10_000
SOURCE = "suppression list"
_PURPOSE_OF = {kind.value: purpose for purpose, kind in REACHED_BY.items()}
# what the person lifts by agreeing anew, confirmed by mail or on the preference page; the rest only a colleague
_THEIRS = (SuppressionReason.ERASED, SuppressionReason.UNSUBSCRIBED)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a pasted list: how many are new, how many were on it, which lines are no address."""

    new: int
    known: int
    wrong: list[str]


def _read(text: str) -> tuple[str, str] | None:
    """(kind, normalised value) of an address or a number in international form."""
    if "@" in text:
        mailbox = normalise.mailbox(text)
        return (IdentityKind.EMAIL.value, mailbox) if mailbox else None
    number = normalise.phone(text)
    return (IdentityKind.PHONE.value, number) if number else None


@transaction.atomic
def suppress(lines: Iterable[str], *, reason: str, now: datetime, actor: User | None = None, note: str = "") -> Added:
    """Put addresses and numbers on the list; whoever has them is not written to or called from now on."""
    note = normalise.line(note)
    if reason not in SuppressionReason.values:
        raise Refused(reason="Choose why.")
    if len(note) > 200:
        raise Refused(note=f"At most 200 characters; this has {len(note):,}.")
    given = list(dict.fromkeys(line for raw in lines if (line := normalise.line(raw))))
    if not given:
        raise Refused(addresses="Give at least one address or number, one per line.")
    if len(given) > MOST_AT_ONCE:
        raise Refused(addresses=f"At most {MOST_AT_ONCE:,} at once; these are {len(given):,}.")
    read = {line: _read(line) for line in given}
    pairs = sorted({pair for pair in read.values() if pair})
    new = _insert(pairs, reason=reason, now=now, actor=actor, note=note)
    owners = Identity.objects.filter(contact__isnull=False, value__in=[value for _, value in pairs])
    of = {(row.kind, row.value): row.contact_id for row in owners}
    withdraw_suppressed([(contact_id, pair) for pair in pairs if (contact_id := of.get(pair))], now=now)
    return Added(new, len(pairs) - new, [line for line, pair in read.items() if pair is None])


def _insert(pairs: Sequence[tuple[str, str]], *, reason: str, now: datetime, actor: User | None, note: str = "") -> int:
    rows = [
        SuppressedAddress(
            kind=kind,
            digest=SuppressedAddress.digest_of(kind, value),
            reason=reason,
            note=note,
            at=now,
            added_by=actor,
        )
        for kind, value in pairs
    ]
    before = SuppressedAddress.objects.holding(pairs).count()
    SuppressedAddress.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - before


def keep_on_list(contact: Contact, *, reason: SuppressionReason, now: datetime, actor: User | None) -> None:
    """All of the person's addresses and numbers, so that the list remembers what the contact forgets."""
    _insert(sorted(addresses_of(contact)), reason=reason, now=now, actor=actor)


def withdraw_suppressed(owned: Sequence[tuple[int, tuple[str, str]]], *, now: datetime | None = None) -> int:
    """Of (contact id, (kind, value)): take the purpose back for those that are on the list. Returns how many were.

    Called where an address becomes somebody's, in the same transaction: two statements, one when the list says nothing.
    """
    digests = {SuppressedAddress.digest_of(*pair): (contact_id, pair[0]) for contact_id, pair in owned if pair[1]}
    if not digests:
        return 0
    found = SuppressedAddress.objects.filter(digest__in=digests).values_list("digest", flat=True)
    hit = sorted({digests[digest] for digest in found})
    Consent.objects.bulk_create(
        Consent(contact_id=contact_id, purpose=_PURPOSE_OF[kind], given=False, at=now or timezone.now(), source=SOURCE)
        for contact_id, kind in hit
    )
    if hit:
        announce_changed(sorted({contact_id for contact_id, _ in hit}))
    return len(hit)


def announce_changed(contact_ids: Sequence[int]) -> None:
    """Somebody agreed or took it back: conditions may ask for it, so they are judged again."""
    ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in contact_ids])
    signals.consent_changed.send(sender=None, contact_ids=list(contact_ids))


def open_again(contact: Contact, purpose: str, *, now: datetime) -> None:
    """The person themselves wants it again: their own earlier no is forgotten; a complaint or a bounce is not, and
    takes back what they have just confirmed.
    """
    kind = REACHED_BY.get(Purpose(purpose))
    pairs = [pair for pair in addresses_of(contact) if pair[0] == kind]
    SuppressedAddress.objects.holding(pairs).filter(reason__in=_THEIRS).delete()
    withdraw_suppressed([(contact.pk, pair) for pair in pairs], now=now)


def may_open_again(contact: Contact, purpose: str) -> bool:
    """Whether a mail may ask them if they want it again: only their own no stands against it."""
    if REACHED_BY.get(Purpose(purpose)) != IdentityKind.EMAIL:
        return False
    pairs = [pair for pair in addresses_of(contact) if pair[0] == IdentityKind.EMAIL]
    return not SuppressedAddress.objects.holding(pairs).exclude(reason__in=_THEIRS).exists()


def remove(row: SuppressedAddress) -> bool:
    """Take it off the list; false when that was done already. Contacts stay withdrawn until they agree again."""
    return bool(SuppressedAddress.objects.filter(pk=row.pk).delete()[0])


def find(text: str) -> SuppressedAddress | None:
    """The entry of an address or number, if there is one; Refused when it is neither."""
    pair = _read(text)
    if pair is None:
        raise Refused(address="Give an e-mail address, or a phone number with its country code (+49 …).")
    return SuppressedAddress.objects.holding([pair]).select_related("added_by").first()
