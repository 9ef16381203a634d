"""How many people are read and stored in one statement each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from core import bulk
from leads.models import Contact, Identity, Lifecycle, LifecycleChange, Source, Standing, Tag
from leads.services.contacts import TEXT_FIELDS
from leads.services.rows import Changes
from users.models import User


@dataclass(slots=True, eq=False)
class Person:
    """A contact that a batch makes or changes, with what is to be stored beside it."""

    contact: Contact
    is_new: bool
    source: str = Source.IMPORT
    at: datetime | None = None
    owner_id: int | None = None
    tags: set[str] = field(default_factory=set)
    changes: Changes = field(default_factory=dict)
    first_row: int = 0
    claimed: list[int] = field(default_factory=list)
    added: list[list[str]] = field(default_factory=list)


def insert_people(
    new: Sequence[Person], tags: dict[str, int], *, now: datetime, actor: User | None, reason: str
) -> None:
    """The new contacts, their standings, and the first step of their lifecycles."""
    if not new:
        return
    ids = bulk.new_ids(Contact, len(new))
    contacts = [person.contact for person in new]
    for contact, pk in zip(contacts, ids, strict=True):
        contact.pk, contact._state.adding, contact.updated_at = pk, False, now
    names = ("id", "company_id", "custom", "search_text", "created_at", *TEXT_FIELDS)
    columns = {name: [getattr(contact, name) for contact in contacts] for name in names}
    bulk.insert(Contact, columns, updated_at=now)
    bulk.insert(
        Standing,
        {
            "contact_id": ids,
            "source": [str(person.source) for person in new],
            "owner_id": [person.owner_id for person in new],
            "tag_ids": [sorted(tags[tag.casefold()] for tag in person.tags) for person in new],
        },
    )
    bulk.insert(
        LifecycleChange,
        {
            "contact_id": ids,
            "at": [person.at or now for person in new],
            "reason": [(reason or f"New: {Source(person.source).label}")[:300] for person in new],
        },
        from_stage="",
        to_stage=Lifecycle.LEAD.value,
        actor_id=actor.pk if actor else None,
    )


def identities(wanted: Iterable[tuple[str, str]]) -> list[Identity]:
    kinds, values = zip(*sorted(wanted), strict=True)
    return list(
        Identity.objects.raw(
            # LATERAL keeps to the index, also while an import outruns the table's statistics
            "SELECT i.id, i.kind, i.value, i.contact_id, i.created_at FROM unnest(%s::text[], %s::text[]) AS t(k, v) "
            "CROSS JOIN LATERAL (SELECT * FROM leads_identity WHERE kind = t.k AND value = t.v LIMIT 1) AS i",
            [[str(kind) for kind in kinds], list(values)],
        )
    )


def update_contacts(contacts: Sequence[Contact], now: datetime) -> None:
    """Store the fields of changed contacts in one statement (Django's bulk_update builds one CASE per field)."""
    if not contacts:
        return
    for contact in contacts:
        contact.updated_at = now
    names = [*TEXT_FIELDS, "search_text"]
    texts = ", ".join("%s::text[]" for _ in names)
    sets = ", ".join(f"{name} = t.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE leads_contact AS c SET {sets}, company_id = t.company_id, custom = t.custom::jsonb, "  # noqa: S608
            f"updated_at = %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], {texts}) "
            f"AS t(id, company_id, custom, {', '.join(names)}) WHERE c.id = t.id",
            [
                now,
                [contact.pk for contact in contacts],
                [contact.company_id for contact in contacts],
                [json.dumps(contact.custom) for contact in contacts],
                *([getattr(contact, name) for contact in contacts] for name in names),
            ],
        )


def tag_ids(names: Iterable[str]) -> dict[str, int]:
    """Ids by name without regard to case, new tags being made."""
    wanted = {name.casefold(): name for name in sorted(names)}
    if not wanted:
        return {}
    known = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
    fresh = [Tag(name=name) for key, name in wanted.items() if key not in known]
    if fresh:
        Tag.objects.bulk_create(fresh)
    return known | {tag.name.casefold(): tag.pk for tag in fresh}
