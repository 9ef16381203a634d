"""A person as a list or another program tells of them, and what became of the row."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.errors import Refused
from leads import normalise
from leads.models import Contact, Source
from leads.services.contacts import TEXT_FIELDS
from leads.services.events import EARLIEST

LONGEST_TAG = 40
MAX_TAGS = 20


class Outcome(StrEnum):
    """What became of one row."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"  # the person is known and the row says nothing new
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person as a list or another program tells of them. An existing contact only has its empty fields filled."""

    fields: dict[str, Any]
    company_name: str = ""
    company_domain: str = ""
    source: str = Source.IMPORT
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    owner_id: int | None = None


@dataclass(slots=True)
class RowResult:
    """What became of a row: the contact, which empty fields were filled, or what is wrong by field."""

    outcome: Outcome
    contact: Contact | None = None
    filled: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def check(row: ContactRow, cleaned: dict[str, Any], *, now: datetime) -> None:
    """Refuse, naming the field, what the row says beside the contact's own fields."""
    if not any(cleaned.get(name) for name in ("first_name", "last_name", "email", "phone")):
        raise Refused("Give at least a name, an e-mail address or a phone number.")
    if len(row.company_name) > 200:
        raise Refused(company=f"At most 200 characters; this has {len(row.company_name):,}.")
    if any(not 0 < len(tag) <= LONGEST_TAG for tag in row.tags) or len(row.tags) > MAX_TAGS:
        raise Refused(tags=f"At most {MAX_TAGS} tags of 1 to {LONGEST_TAG} characters each.")
    if row.created_at and not EARLIEST <= row.created_at <= now:
        raise Refused(created_at="A contact was created between the year 2000 and now.")


def same_name(contact: Contact, cleaned: dict[str, Any]) -> bool:
    """Whether the row's name is the contact's, or it gives none."""
    given = normalise.search_text(cleaned.get("first_name", ""), cleaned.get("last_name", ""))
    return not given or given == normalise.search_text(contact.first_name, contact.last_name)


def fill(contact: Contact, cleaned: dict[str, Any]) -> list[str]:
    """Fill the contact's empty fields in memory; the names of those that were filled."""
    filled = []
    for name in TEXT_FIELDS:
        if cleaned.get(name) and not getattr(contact, name):
            setattr(contact, name, cleaned[name])
            filled.append(name)
    for key, value in (cleaned.get("custom") or {}).items():
        if value not in (None, "") and contact.custom.get(key) in (None, ""):
            contact.custom = contact.custom | {key: value}
            filled.append(f"custom.{key}")
    return filled
