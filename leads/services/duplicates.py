"""Looking for people who are in here twice, and what somebody said about a pair."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import keyset, locks
from core.errors import Refused
from leads import duplicates, normalise
from leads.duplicates import Person
from leads.merging import further
from leads.models import (
    Contact,
    Duplicate,
    DuplicateKeys,
    DuplicateScan,
    DuplicateState,
    Identity,
    IdentityKind,
    Standing,
)
from leads.services.merging import merge_contacts
from users.models import User

BATCH = 200
WORK = 0x445550  # core.locks: one compares at a time, so that two cannot wait for each other's pairs
# A contact may be written in a transaction that commits this much after its `updated_at`; hourly, all are looked at.
OVERLAP = timedelta(minutes=2)

_CANDIDATES = """
SELECT given.id, other.ids
FROM unnest(%s::bigint[], %s::bigint[]) AS given(id, key)
CROSS JOIN LATERAL (
    SELECT array_agg(contact_id) AS ids FROM (
        SELECT contact_id FROM leads_duplicatekeys WHERE keys @> ARRAY[given.key] LIMIT %s) AS sharing
) AS other
WHERE cardinality(other.ids) BETWEEN 2 AND %s
"""
_KEEP_KEYS = """
INSERT INTO leads_duplicatekeys (contact_id, keys, seen_at)
SELECT id, string_to_array(keys, ',')::bigint[], at
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS t(id, keys, at)
ON CONFLICT (contact_id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at
"""


def people_of(contact_ids: Collection[int]) -> dict[int, tuple[Person, datetime]]:
    """What is compared of each, and when it was last changed. Two queries."""
    known: dict[int, dict[str, set[str]]] = {}
    reached = Identity.objects.filter(contact__in=contact_ids, kind__in=[IdentityKind.EMAIL, IdentityKind.PHONE])
    for contact_id, kind, value in reached.values_list("contact", "kind", "value"):
        known.setdefault(contact_id or 0, {}).setdefault(kind, set()).add(value)
    names = ("pk", "first_name", "last_name", "email", "phone", "country", "company__name", "updated_at")
    people = {}
    for row in Contact.objects.filter(pk__in=contact_ids, erased_at=None).values_list(*names):
        pk, first, last, email, phone, country, company, updated_at = row
        own = known.get(pk, {})
        mailboxes = own.get(IdentityKind.EMAIL, set()) | {normalise.mailbox(email)}
        # the number may be somebody else's identity: that is just what we look for
        phones = own.get(IdentityKind.PHONE, set()) | {normalise.phone(phone, country) if phone else ""}
        person = Person(pk, first, last, company or "", tuple(sorted(mailboxes - {""})), tuple(sorted(phones - {""})))
        people[pk] = (person, updated_at)
    return people


@transaction.atomic
def compare(contact_ids: Collection[int], *, now: datetime) -> int:
    """Look for the doubles of these contacts; how many pairs there are now. What somebody said about a pair stays."""
    locks.hold(WORK)
    people = people_of(contact_ids)
    keys = {pk: duplicates.keys_of(person) for pk, (person, _) in people.items()}
    _keep_keys(keys, {pk: seen for pk, (_, seen) in people.items()})
    together = _sharing(keys)
    others = people_of({pk for ids in together.values() for pk in ids} - people.keys())
    found: dict[tuple[int, int], duplicates.Likeness] = {}
    for pk, ids in together.items():
        for other in ids:
            pair = (min(pk, other), max(pk, other))
            if pair not in found and (known := others.get(other) or people.get(other)):
                found[pair] = duplicates.likeness(people[pk][0], known[0])
    likely = {pair: one for pair, one in found.items() if one.confidence >= duplicates.LEAST}
    _keep_pairs(likely, list(people), now=now)
    return len(likely)


def _keep_keys(keys: dict[int, list[int]], seen: dict[int, datetime]) -> None:
    ids = sorted(keys)
    with connection.cursor() as cursor:
        texts = [",".join(map(str, keys[pk])) for pk in ids]
        cursor.execute(_KEEP_KEYS, [ids, texts, [seen[pk] for pk in ids]])


def _sharing(keys: dict[int, list[int]]) -> dict[int, set[int]]:
    """Who shares a key with each, unless too many do."""
    flat = [(pk, key) for pk, own in keys.items() for key in own]
    together: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        most = duplicates.MOST_SHARING
        cursor.execute(_CANDIDATES, [[pk for pk, _ in flat], [key for _, key in flat], most + 1, most])
        for pk, ids in cursor.fetchall():
            together.setdefault(pk, set()).update(other for other in ids if other != pk)
    return together


def _keep_pairs(likely: "dict[tuple[int, int], duplicates.Likeness]", compared: list[int], *, now: datetime) -> None:
    """Store the pairs; those that nobody has decided about go when they are no longer alike."""
    pairs = Duplicate.objects.filter(Q(first__in=compared) | Q(second__in=compared))
    gone = [row.pk for row in pairs.filter(state=DuplicateState.OPEN) if (row.first_id, row.second_id) not in likely]
    Duplicate.objects.filter(pk__in=gone).delete()
    Duplicate.objects.bulk_create(
        [
            Duplicate(
                first_id=first,
                second_id=second,
                confidence=one.confidence,
                is_exact=one.is_exact,
                reasons=list(one.reasons),
                found_at=now,
            )
            for (first, second), one in sorted(likely.items())
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["confidence", "is_exact", "reasons"],
    )


def _unseen() -> "QuerySet[Contact]":
    """Contacts that are not compared as they are now."""
    current = DuplicateKeys.objects.filter(contact=OuterRef("pk"), seen_at__gte=OuterRef("updated_at"))
    return Contact.objects.filter(~Exists(current), erased_at=None)


Place = tuple[datetime, int]  # updated_at and pk of the contact that was compared last


def last_look() -> Place | None:
    """Where the comparison of changed contacts goes on; none: at the beginning."""
    upto = DuplicateScan.objects.filter(pk=1).values_list("upto", flat=True).first()
    return (upto - OVERLAP, 0) if upto else None


def compare_changed(*, since: Place | None, now: datetime) -> Place | None:
    """Compare the next contacts that were changed since then; from where to go on, none at the end."""
    rows = _unseen().filter(updated_at__lte=now)
    if since:  # a long list was stored at one instant: the pk says how far we are in it
        rows = rows.filter(keyset.Beside(["updated_at", "id"], list(since), ">"), updated_at__gte=since[0])
    batch = list(rows.order_by("updated_at", "pk").values_list("updated_at", "pk")[:BATCH])
    if not batch:
        return None
    compare([pk for _, pk in batch], now=now)
    DuplicateScan.objects.update_or_create(pk=1, defaults={"upto": batch[-1][0]})
    return batch[-1]


def compare_missed(*, now: datetime, after: int = 0) -> int:
    """Compare the next contacts, by id, whose comparison is older than they are; the last id, 0 at the end."""
    ids = list(_unseen().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if ids:
        compare(ids, now=now)
    return ids[-1] if ids else 0


@transaction.atomic
def decide(pair_id: int, state: DuplicateState | str, *, by: User, now: datetime) -> Duplicate:
    """Keep what somebody said about a pair: not a duplicate, later, or open again."""
    if state not in DuplicateState.values:
        raise Refused(state=f"One of {', '.join(DuplicateState.values)}.")
    rows = locks.locked(Duplicate.objects.filter(pk=pair_id))
    if not rows:
        raise Refused("This pair is no longer there. Go on with the next one.")
    pair = rows[0]
    pair.state, pair.decided_at, pair.decided_by = DuplicateState(state), now, by
    pair.save(update_fields=["state", "decided_at", "decided_by"])
    return pair


def survivor_first(pair: Sequence[int]) -> tuple[int, int]:
    """(survivor, former) as we would choose: who is further along stays; of two alike, whom we knew first."""
    rows = Standing.objects.filter(pk__in=pair).select_related("contact")
    ranked = sorted(rows, key=lambda row: (-further(row.lifecycle), row.contact.created_at, row.pk))
    if len(ranked) < 2:
        raise Refused("One of the two no longer exists.")
    return ranked[0].pk, ranked[1].pk


def merge_exact(*, by: User, now: datetime, most: int = 100) -> tuple[int, int]:
    """Merge the pairs that are certain and that this person sees; (merged, left because they were refused)."""
    merged = refused = 0
    pairs = Duplicate.objects.visible_to(by).filter(state=DuplicateState.OPEN, is_exact=True)
    for pk, first, second in list(pairs.order_by("pk").values_list("pk", "first", "second")[:most]):
        if not Duplicate.objects.filter(pk=pk).exists():
            continue  # gone with a merge before it; the survivor is compared anew
        try:
            survivor, former = survivor_first((first, second))
            merge_contacts(survivor_id=survivor, former_id=former, now=now, by=by, reason="Certainly the same person")
            merged += 1
        except Refused:  # one that needs a person must not hold up the others
            refused += 1
    return merged, refused
