"""Who tells us something, under which identities, and which of them are one person.

Nothing here moves an identity that already belongs to a contact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from capture.models import SamePerson, SiteNote
from capture.services.devices import Turns
from capture.services.noting import note
from capture.sites import KnownSite
from leads.models import Contact, Identity, IdentityKind
from leads.services import link_identity
from leads.services.identities import IdentityKey

MOST_EDGES = 500
MOST_HOPS = 50


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells, and when we heard it."""

    site: KnownSite
    now: datetime
    turns: Turns = field(default_factory=Turns)

    @property
    def is_trusted(self) -> bool:
        return self.site.is_server

    def note(self, topic: SiteNote.Topic, about: str) -> None:
        note(self.site.id, topic, about, now=self.now)


@dataclass(slots=True)
class Known:
    """The identities of one message, and whose they are."""

    keys: list[IdentityKey]
    ids: dict[IdentityKey, tuple[int, int | None]] = field(default_factory=dict)

    def contact_id(self, kind: str) -> int | None:
        return next((self.ids[key][1] for key in self.keys if key[0] == kind), None)

    @property
    def main(self) -> int:
        """The identity under which traits are remembered: the user's, else the device's."""
        return self.ids[self.keys[0]][0]


def keys_of(user_id: str, anonymous_id: str) -> list[IdentityKey]:
    """The identities that a message names, the strongest first."""
    keys = [(IdentityKind.USER_ID.value, user_id)] if user_id else []
    return [*keys, (IdentityKind.ANONYMOUS.value, anonymous_id)] if anonymous_id else keys


def look_up(keys: Sequence[IdentityKey]) -> Known:
    """The identities, made where they are new, and locked: who tells of them may give them to a contact."""
    Identity.objects.bulk_create(
        [Identity(kind=kind, value=value) for kind, value in sorted(keys)], ignore_conflicts=True
    )
    wanted = Q()
    for kind, value in keys:
        wanted |= Q(kind=kind, value=value)
    rows = Identity.objects.filter(wanted).order_by("pk").select_for_update(of=("self",))
    return Known(list(keys), {(row.kind, row.value): (row.pk, row.contact_id) for row in rows})


_APART = """
SELECT t.user_id, t.device FROM unnest(%s::text[], %s::text[]) AS t(user_id, device)
LEFT JOIN leads_identity u ON u.kind = 'user_id' AND u.value = t.user_id
LEFT JOIN leads_identity d ON d.kind = 'anonymous' AND d.value = t.device
WHERE (u.contact_id IS NULL OR d.contact_id IS NULL) AND NOT EXISTS (
    SELECT FROM capture_sameperson s WHERE s.one_id = least(u.id, d.id) AND s.other_id = greatest(u.id, d.id)
)
"""


def apart(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of (user id, device) those of which we do not know yet that, or whether, they are one person."""
    users, devices = zip(*sorted(pairs), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_APART, [list(users), list(devices)])
        found: list[tuple[str, str]] = cursor.fetchall()
    return found


@transaction.atomic
def alias(previous_id: str, user_id: str, *, by: Teller) -> None:
    """What was known as one id is this user from now on. Of two known people nobody's history is moved."""
    before = [(kind.value, previous_id) for kind in (IdentityKind.ANONYMOUS, IdentityKind.USER_ID)]
    existing = set(
        Identity.objects.filter(kind__in=[k for k, _ in before], value=previous_id).values_list("kind", "value")
    )
    for key in [key for key in before if key in existing] or before[:1]:
        pair = [(IdentityKind.USER_ID.value, user_id), key]
        if pair[0] == pair[1]:
            continue
        known = look_up(pair)
        owners = {contact_id for _, contact_id in known.ids.values() if contact_id is not None}
        if len(owners) == 1:
            claim(known, Contact.objects.get(pk=owners.pop()))
        elif owners:
            by.note(SiteNote.Topic.REFUSED, "alias between two people who are both known: nothing was moved")
        else:
            remember_same(known, by)


def claim(known: Known, contact: Contact) -> None:
    """The identities that nobody has become the contact's, and those that are said to be the same person's."""
    for kind, value in known.keys:
        if known.ids[kind, value][1] is None:
            link_identity(kind=kind, value=value, contact=contact)
    follow({known.ids[key][0] for key in known.keys}, contact)


def remember_same(known: Known, by: Teller) -> None:
    """Two identities of one unknown person, until something tells who it is."""
    unknown = sorted(pk for pk, contact_id in known.ids.values() if contact_id is None)
    if len(unknown) == 2:
        SamePerson.objects.bulk_create(
            [SamePerson(one_id=unknown[0], other_id=unknown[1], at=by.now)], ignore_conflicts=True
        )


def follow(identity_ids: Iterable[int], contact: Contact) -> int:
    """Give the contact all unknown identities that are said to be the same person as these; how many."""
    todo, seen, moved = set(identity_ids), set(identity_ids), 0
    for _ in range(MOST_HOPS):
        edges = SamePerson.objects.filter(one__in=todo) | SamePerson.objects.filter(other__in=todo)
        found = {pk for edge in edges[:MOST_EDGES] for pk in (edge.one_id, edge.other_id)} - seen
        if not found:
            break
        fresh = list(Identity.objects.filter(pk__in=found, contact=None).order_by("pk"))
        for identity in fresh:
            moved += link_identity(kind=identity.kind, value=identity.value, contact=contact)
        seen |= found
        todo = {identity.pk for identity in fresh}
    return moved


def follow_same_people(*, most: int = 500) -> int:
    """Follow the links of which one end has become a contact's and the other is still nobody's; how many moved."""
    links = SamePerson.objects.select_related("one__contact", "other__contact")
    half = links.filter(one__contact=None, other__contact__isnull=False) | links.filter(
        other__contact=None, one__contact__isnull=False
    )
    moved = 0
    for link in half.order_by("pk")[:most]:
        known = link.one if link.one.contact_id else link.other
        if known.contact is not None:
            with transaction.atomic():
                moved += follow([known.pk], known.contact)
    return moved
