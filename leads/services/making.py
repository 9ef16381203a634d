"""A new contact with all that belongs to one, in one trip to the database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import AutoField, Model
from django.utils import timezone

from core.prepared import Prepared
from leads.models import ChangedContact, Contact, Identity, Lifecycle, LifecycleChange, Standing, SuppressedAddress

Pair = tuple[str, str]  # (kind, normalised value) of an address or a number

_TEXTS = ("first_name", "last_name", "email", "phone", "job_title", "country", "custom", "search_text")


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it: the addresses that are the new contact's now, and whether one is on the suppression list."""

    addresses: set[Pair]
    is_suppressed: bool


def insert(standing: Standing, step: LifecycleChange, reached_by: Sequence[Pair]) -> Made:
    """Store the standing's contact, both of these, and those of the addresses that nobody ever had; queue its score."""
    contact = standing.contact
    contact.updated_at = timezone.now()
    kinds, values = [kind for kind, _ in reached_by], [value for _, value in reached_by]
    digests = [SuppressedAddress.digest_of(kind, value) for kind, value in reached_by]
    texts = [json.dumps(contact.custom) if name == "custom" else getattr(contact, name) for name in _TEXTS]
    whose = [contact.company_id, contact.created_at, contact.updated_at, standing.owner_id, standing.source]
    rows = _statement().rows(
        [*texts, *whose, step.at, step.actor_id, step.reason, contact.updated_at, kinds, values, digests]
    )
    contact.pk, contact._state.adding = rows[0][0], False
    standing.contact = step.contact = contact  # with its number
    standing._state.adding = False
    return Made({(row[2], row[3]) for row in rows if row[2] is not None}, rows[0][1])


@lru_cache(maxsize=1)
def _statement() -> Prepared:
    person = dict.fromkeys([*_TEXTS, "company_id", "created_at", "updated_at"], "%s")
    standing = {"contact_id": "id", "owner_id": "%s", "source": "%s"}
    step = {"contact_id": "id", "to_stage": f"'{Lifecycle.LEAD}'", "at": "%s", "actor_id": "%s", "reason": "%s"}
    identity = {"kind": "kind", "value": "value", "contact_id": "id", "created_at": "%s"}
    sql = f"""
WITH person AS (
    {_insert(Contact, person)} RETURNING id
), standing AS (
    {_insert(Standing, standing)} FROM person
), step AS (
    {_insert(LifecycleChange, step)} FROM person
), queued AS (
    {_insert(ChangedContact, {"contact_id": "id"})} FROM person
), made AS (
    {_insert(Identity, identity)} FROM person, unnest(%s, %s) AS t(kind, value)
    ORDER BY kind, value -- in one order, so that two of the same person wait instead of blocking each other
    ON CONFLICT DO NOTHING RETURNING kind, value
)
SELECT id, EXISTS (SELECT FROM leads_suppressedaddress WHERE digest = ANY (%s)), made.kind, made.value
FROM person LEFT JOIN made ON true"""  # noqa: S608
    texts = [*["text"] * 6, "jsonb", "text"]
    whose = ["bigint", "timestamptz", "timestamptz", "bigint", "text"]
    types = [*texts, *whose, "timestamptz", "bigint", "text", "timestamptz", "text[]", "text[]", "text[]"]
    return Prepared("insert_contact", types, sql)


def _insert(model: type[Model], given: Mapping[str, str]) -> str:
    """INSERT INTO … SELECT of these columns as SQL, and of the fields' defaults for all others."""
    columns = dict(given)
    for field in model._meta.concrete_fields:
        if field.attname not in columns and not (
            isinstance(field, AutoField) or field.has_db_default() or field.generated
        ):
            columns[field.attname] = _literal(field.get_default())
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool | int):
        return "NULL" if value is None else str(value).lower()
    if value in ([], {}):
        return "'{}'"
    if (isinstance(value, str) and value.replace("_", "").isalnum()) or value == "":
        return f"'{value}'"
    raise TypeError(f"{value!r} is no default that can stand in a statement")
