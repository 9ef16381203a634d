"""Whether we may: the one question before a mail is sent, a number is called or a visit is counted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import BooleanField, F, Func, Value
from django.db.models.functions import Coalesce

from core.prepared import Prepared
from leads import normalise
from leads.models import Consent, Contact, Identity, IdentityKind, Purpose, SuppressedAddress

# by which kind of address a purpose reaches somebody
REACHED_BY = {Purpose.MARKETING: IdentityKind.EMAIL, Purpose.CALLS: IdentityKind.PHONE}

# what was said of the contact, and what was said under an identity before we knew whose it is: each from its index
_LAST_WORD = """(SELECT w.given FROM (
    (SELECT given, at, id FROM leads_consent
     WHERE contact_id = %(expressions)s AND purpose = '%(purpose)s' AND NOT is_pending
     ORDER BY at DESC, id DESC LIMIT 1)
    UNION ALL
    (SELECT c.given, c.at, c.id FROM leads_identity i JOIN leads_consent c ON c.identity_id = i.id
     WHERE i.contact_id = %(expressions)s AND c.purpose = '%(purpose)s' AND NOT c.is_pending
     ORDER BY c.at DESC, c.id DESC LIMIT 1)
) AS w ORDER BY w.at DESC, w.id DESC LIMIT 1)"""


class LastWord(Func):
    """What a contact last said about a purpose: true, false, or null when it was never asked."""

    template = _LAST_WORD
    output_field = BooleanField()

    def __init__(self, purpose: Purpose, contact: str = "pk") -> None:
        super().__init__(F(contact), purpose=purpose.value)


def is_required(purpose: str) -> bool:
    """Whether somebody must have agreed first; otherwise silence is a yes until they take it back."""
    return purpose in settings.CONSENT_REQUIRED


def may_be_contacted(purpose: Purpose, *, contact: str = "pk") -> Coalesce:
    """A condition for `filter()`: those whom we may reach (or profile) for this purpose.

    `contact` is the column with the contact's id, seen from the rows that are filtered: "contact_id" for standings.
    Suppressed addresses carry a withdrawal on their contact, so that this needs no digests.
    """
    return Coalesce(LastWord(purpose, contact), Value(not is_required(purpose)))


def may(contact: Contact, purpose: Purpose) -> bool:
    """Whether we may, asked at the moment of doing it: the last word, and the suppression list itself."""
    if not Contact.objects.filter(may_be_contacted(purpose), pk=contact.pk).exists():
        return False
    kind = REACHED_BY.get(purpose)
    return kind is None or not is_suppressed((of, value) for of, value in addresses_of(contact) if of == kind)


def addresses_of(contact: Contact) -> set[tuple[str, str]]:
    """(kind, normalised value) of all addresses and numbers by which the person can be reached."""
    known = Identity.objects.filter(contact=contact, kind__in=[IdentityKind.EMAIL, IdentityKind.PHONE])
    found = {(str(kind), value) for kind, value in known.values_list("kind", "value")}
    found.add((IdentityKind.EMAIL.value, normalise.mailbox(contact.email)))
    found.add((IdentityKind.PHONE.value, normalise.phone(contact.phone, contact.country)))
    return {(kind, value) for kind, value in found if value}


def is_suppressed(addresses: Iterable[tuple[str, str]]) -> bool:
    """Whether one of these (kind, normalised value) pairs is on the suppression list."""
    given = list(addresses)
    return bool(given) and SuppressedAddress.objects.holding(given).exists()


def has_objected(kind: str, value: str, purpose: Purpose = Purpose.PROFILING) -> bool:
    """Whether whoever this identity is took the purpose back; one statement, for the collector. `value` normalised.

    Where profiling needs consent, silence of an identity is an objection, too.
    """
    return bool(objecting([(kind, value)], purpose))


def objecting(keys: Collection[tuple[str, str]], purpose: Purpose = Purpose.PROFILING) -> set[tuple[str, str]]:
    """Those of the identities of which `has_objected` holds, in one statement."""
    kinds, values = [str(kind) for kind, _ in keys], [value for _, value in keys]
    said = {(kind, value): given for kind, value, given in _OBJECTED.rows([purpose.value] * 2 + [kinds, values])}
    required = is_required(purpose)
    return {key for key in keys if (not said.get(key) if required else said.get(key) is False)}


_OBJECTED = Prepared(
    "objecting",
    ("text", "text", "text[]", "text[]"),
    """
SELECT t.kind, t.value, (SELECT w.given FROM (
    (SELECT given, at, id FROM leads_consent
     WHERE contact_id = i.contact_id AND purpose = %s AND NOT is_pending ORDER BY at DESC, id DESC LIMIT 1)
    UNION ALL
    (SELECT c.given, c.at, c.id FROM leads_identity o JOIN leads_consent c ON c.identity_id = o.id
     WHERE (o.id = i.id OR o.contact_id = i.contact_id) AND c.purpose = %s AND NOT c.is_pending
     ORDER BY c.at DESC, c.id DESC LIMIT 1)
) AS w ORDER BY w.at DESC, w.id DESC LIMIT 1)
FROM unnest(%s, %s) AS t(kind, value) JOIN leads_identity i ON i.kind = t.kind AND i.value = t.value
""",
)


@dataclass(frozen=True, slots=True)
class PurposeState:
    """Where one purpose stands with somebody; `last` is None when they were never asked."""

    purpose: Purpose
    is_allowed: bool
    last: Consent | None
    waits_for: Consent | None  # said, but not confirmed yet

    @property
    def label(self) -> str:
        return self.purpose.label


def states_of(contact: Contact) -> list[PurposeState]:
    """Every purpose and where it stands. Two queries."""
    rows = Consent.objects.of(contact).select_related("shown", "recorded_by").order_by("purpose", "-at", "-pk")
    newest: dict[tuple[str, bool], Consent] = {}
    for row in rows:
        newest.setdefault((row.purpose, row.is_pending), row)
    suppressed = {kind for kind, value in addresses_of(contact) if is_suppressed([(kind, value)])}
    states = []
    for purpose in Purpose:
        last, pending = newest.get((purpose, False)), newest.get((purpose, True))
        if pending is not None and last is not None and (last.at, last.pk) > (pending.at, pending.pk):
            pending = None
        allowed = last.given if last else not is_required(purpose)
        allowed = allowed and REACHED_BY.get(purpose) not in suppressed
        states.append(PurposeState(purpose, allowed, last, pending))
    return states


def history_of(contact: Contact, *, most: int = 50) -> list[Consent]:
    """All that was said, newest first."""
    rows = Consent.objects.of(contact).select_related("shown", "recorded_by")
    return list(rows.order_by("-at", "-pk")[:most])
