"""The ways we know somebody."""

from collections.abc import Iterable

from django.db import connection, transaction

from core.errors import Refused
from leads import normalise, signals
from leads.models import ChangedContact, Contact, EngagementEvent, Identity, IdentityKind
from leads.queries.merges import current_id

IdentityKey = tuple[str, str]  # (kind, value as given)
_KINDS = frozenset(IdentityKind.values)


def identity_value(kind: str, value: str) -> str:
    """The value by which an identity of this kind is compared; raises Refused when it is none."""
    if kind == IdentityKind.EMAIL:
        normalised = normalise.mailbox(value)
    elif kind == IdentityKind.PHONE:
        normalised = normalise.phone(value)
    elif kind in _KINDS:
        normalised = normalise.line(value)
    else:
        raise Refused(identity=f"“{kind[:20]}” is no kind of identity; use one of {', '.join(IdentityKind.values)}.")
    if not normalised or len(normalised) > 254:
        raise Refused(identity=f"“{value[:60]}” is not a usable value for {IdentityKind(kind).label.lower()}.")
    return normalised


def resolve_identities(keys: Iterable[IdentityKey]) -> dict[IdentityKey, tuple[int, int | None]]:
    """(id, contact id) of each identity, made where it is new. Must run in the transaction that uses them.

    The rows are locked FOR KEY SHARE, so that a stitch (which takes FOR UPDATE) cannot move an identity to a contact
    between our reading it and our storing events under it.
    """
    wanted = {key: (key[0], identity_value(*key)) for key in keys}
    found: dict[tuple[str, str], tuple[int, int | None]] = {}
    for attempt in range(2):
        missing = sorted(set(wanted.values()) - found.keys())
        if not missing:
            break
        kinds, values = [k for k, _ in missing], [v for _, v in missing]
        with connection.cursor() as cursor:
            if attempt:
                cursor.execute(
                    "INSERT INTO leads_identity (kind, value, created_at) SELECT k, v, now() "
                    "FROM unnest(%s::text[], %s::text[]) AS t(k, v) ON CONFLICT DO NOTHING",
                    [kinds, values],
                )
            cursor.execute(
                "SELECT id, kind, value, contact_id FROM leads_identity WHERE (kind, value) IN "
                "(SELECT * FROM unnest(%s::text[], %s::text[])) FOR KEY SHARE",
                [kinds, values],
            )
            found.update({(row[1], row[2]): (row[0], row[3]) for row in cursor.fetchall()})
    return {key: found[value] for key, value in wanted.items()}


# The contact cannot be merged away between our reading and storing it; nobody when that happened just before.
_GIVE = """
UPDATE leads_identity SET contact_id = (SELECT id FROM leads_contact WHERE id = %s FOR KEY SHARE)
WHERE id = %s RETURNING contact_id
"""


@transaction.atomic
def link_identity(*, kind: str, value: str, contact: Contact) -> bool:
    """Make the identity the contact's, and with it the events from before; true when it changed hands.

    An identity that already belongs to another contact stays there: a known person's history is never moved. Of a
    contact that has just been merged it becomes the survivor's.
    """
    key = {"kind": kind, "value": identity_value(kind, value)}
    # not locked, when it is somebody's: a merge locks identities before contacts, and our caller has its contact locked
    known = Identity.objects.filter(**key).values_list("pk", "contact").first()
    if known and known[1] is not None:
        return False
    if known is None:
        Identity.objects.bulk_create([Identity(**key)], ignore_conflicts=True)
    identity = Identity.objects.select_for_update().get(**key)
    if identity.contact_id is not None:
        return False
    owner = _give(identity.pk, contact.pk) or _give(identity.pk, current_id(Contact, contact.pk) or 0)
    if owner is None:
        raise Refused("This contact no longer exists. Reload the page.")
    moved = EngagementEvent.objects.filter(identity=identity, contact=None).update(contact=owner)
    if moved:
        ChangedContact.objects.create(contact_id=owner)
        signals.engagement_recorded.send(sender=None, contact_ids=[owner])
    return True


def _give(identity_id: int, contact_id: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, [contact_id, identity_id])
        owner: int | None = cursor.fetchone()[0]
    return owner
