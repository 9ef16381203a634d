"""A person as a list or another program tells of them, and what became of the row."""

from collections.abc import Mapping
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


class Policy(StrEnum):
    """What a row may do to a field of a person who is known already."""

    FILL = "fill"  # only where nothing stands
    OVERWRITE = "overwrite"
    NEVER = "never"


Changes = dict[str, list[Any]]  # field -> [before, after]; `custom.key` for own fields, ids for company and owner


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person as a list or another program tells of them."""

    fields: dict[str, Any]
    company_name: str = ""
    company_domain: str = ""
    source: str = Source.IMPORT
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    owner_id: int | None = None


@dataclass(slots=True)
class RowResult:
    """What became of a row: the contact and which of its fields changed how, or what is wrong by field."""

    outcome: Outcome
    contact: Contact | None = None
    changes: Changes = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    same_as: int | None = None  # an earlier row of the batch, from 0, that made this person

    @property
    def filled(self) -> list[str]:
        """The names of the fields that changed."""
        return list(self.changes)


@dataclass(slots=True)
class Image:
    """What a batch changed about one contact: enough to take it back."""

    contact_id: int
    is_new: bool
    changes: Changes
    claimed: list[int]  # ids of identities that were nobody's
    added: list[list[str]]  # identities that were made for a known contact: [kind, value]
    stamp: datetime  # the contact's `updated_at` afterwards


@dataclass(slots=True)
class Taken:
    """What became of a batch: a result per row, an image per contact that changed, (id, name) of new companies."""

    results: list[RowResult]
    images: list[Image] = field(default_factory=list)
    companies: list[tuple[int, str]] = field(default_factory=list)


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


def change(contact: Contact, cleaned: Mapping[str, Any], policy: Mapping[str, str]) -> Changes:
    """Change the contact in memory by the row, field by field as `policy` says (fill where it says nothing)."""
    changes: Changes = {}
    for name in TEXT_FIELDS:
        before, after = getattr(contact, name), cleaned.get(name)
        if after and _may(policy.get(name), before, after):
            setattr(contact, name, after)
            changes[name] = [before, after]
    for key, after in (cleaned.get("custom") or {}).items():
        before = contact.custom.get(key)
        if after not in (None, "") and _may(policy.get(f"custom.{key}"), before, after):
            contact.custom = contact.custom | {key: after}
            changes[f"custom.{key}"] = [before, after]
    return changes


def _may(policy: str | None, before: Any, after: Any) -> bool:
    if policy == Policy.NEVER or before == after:
        return False
    return policy == Policy.OVERWRITE or before in (None, "")


def merged(earlier: Changes, later: Changes) -> Changes:
    """Two changes of one record, one after the other, as one."""
    both = dict(earlier)
    for name, (before, after) in later.items():
        if name in earlier:
            before = earlier[name][0]
        if name == "tags" and name in earlier:
            after = [*earlier[name][1], *after]
        both[name] = [before, after]
    return both
