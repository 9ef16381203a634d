from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.urls import reverse

from capture import columns
from capture.models import About, ColumnMemory, Import, ImportStatus, UploadedBook
from capture.tables import Record
from leads import normalise
from leads.models import Company, Contact, CustomField, Tag
from leads.services import Outcome, RowResult
from users.models import User


def recent_imports(limit: int = 100) -> list[Import]:
    """The newest imports, without their files."""
    return list(Import.objects.without_content().select_related("started_by")[:limit])


def custom_labels() -> dict[str, str]:
    """Custom fields of contacts: key -> label."""
    return dict(CustomField.objects.filter(about="contact").values_list("key", "label"))


def fields_of(about: str) -> dict[str, str]:
    """What the columns of such a list may mean: field -> label."""
    if about == About.ACTIVITIES:
        return columns.OF_ACTIVITIES
    return columns.FIELDS | {f"custom.{key}": label for key, label in custom_labels().items()}


def reason_of(result: RowResult, about: str = About.CONTACTS) -> str:
    """Why a row was rejected, in one line: “E-mail: “x” is not an e-mail address.”"""
    labels = columns.OF_ACTIVITIES if about == About.ACTIVITIES else columns.FIELDS
    if any("." in name for name in result.errors):
        labels = fields_of(about)
    return " ".join(
        f"{labels[name]}: {message}" if name in labels else message for name, message in result.errors.items()
    )


def remembered(key: str) -> ColumnMemory | None:
    """What somebody chose for these column names before."""
    return ColumnMemory.objects.filter(key=key).first()


def can_be_undone(of: Import, *, now: datetime) -> datetime | None:
    """Until when, if there is something to undo."""
    until = of.undo_until
    if until is None or until < now:
        return None
    return until if of.contacts.exists() or of.facts.exists() else None


def left_to_undo(of: Import) -> bool:
    """Whether an undo was stopped half way."""
    return of.status != ImportStatus.UNDONE and 0 < of.undone < of.to_undo


@dataclass(slots=True)
class Rehearsed:
    """One line of the preview: what would happen to a row."""

    line: int
    who: str
    about: str
    outcome: str
    url: str = ""  # of the person, when they are known already
    words: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # (field, before, after)
    alike: list[Contact] = field(default_factory=list)


def rehearsed(rows: Sequence[tuple[Record, RowResult]], of: Import, *, user: User) -> list[Rehearsed]:
    """The rehearsal in words; at most four queries."""
    labels = fields_of(of.about)
    names = _names([result for _, result in rows])
    alike = _alike([result for _, result in rows], user)
    shown = []
    for record, result in rows:
        contact = result.contact
        is_known = contact is not None and result.outcome != Outcome.CREATED and result.same_as is None
        line = Rehearsed(
            record.line,
            contact.name if contact else "",
            str(contact.company or "") if contact else " · ".join(filter(None, record.cells))[:80],
            result.outcome.value,
            url=reverse("contact", args=[contact.pk]) if contact and (is_known or not of.is_about_people) else "",
        )
        if result.same_as is not None:
            line.words = f"the person of line {rows[result.same_as][0].line} again"
        elif result.outcome == Outcome.REJECTED:
            line.words = reason_of(result, of.about)
        elif not of.is_about_people:
            line.words = "will be recorded" if result.outcome == Outcome.CREATED else "recorded already"
        elif result.outcome == Outcome.CREATED and contact:
            line.words = ", ".join(filter(None, (contact.email, contact.phone, contact.job_title))) or "new lead"
            line.alike = alike.get(_name_key(contact), [])
        elif result.outcome == Outcome.SKIPPED:
            line.words = "known already; the row says nothing new"
        if result.outcome == Outcome.UPDATED:
            line.changes = [
                (labels.get(name, name.capitalize()), *_pair(name, pair, names, contact))
                for name, pair in result.changes.items()
            ]
        shown.append(line)
    return shown


def _names(results: Sequence[RowResult]) -> dict[str, dict[Any, str]]:
    """Names of the companies, owners and tags of which the changes only have ids."""
    changes = [result.changes for result in results]
    companies = {pair[0] for change in changes if (pair := change.get("company")) and pair[0]}
    owners = {pk for change in changes for pk in change.get("owner", []) if pk}
    tags = {tag for change in changes for tag in change.get("tags", [[], []])[1] if isinstance(tag, int)}
    return {
        "company": {row.pk: row.name for row in Company.objects.filter(pk__in=companies)} if companies else {},
        "owner": {row.pk: str(row) for row in User.objects.filter(pk__in=owners)} if owners else {},
        "tags": {row.pk: row.name for row in Tag.objects.filter(pk__in=tags)} if tags else {},
    }


def _pair(name: str, pair: list[Any], names: dict[str, dict[Any, str]], contact: Contact | None) -> tuple[str, str]:
    before, after = pair
    if name == "tags":
        return "", ", ".join(tag if isinstance(tag, str) else names["tags"].get(tag, "a new tag") for tag in after)
    if name == "company":
        return names["company"].get(before, ""), str(contact.company or "") if contact else ""
    if name == "owner":
        return names["owner"].get(before, ""), names["owner"].get(after, "")
    return "" if before is None else str(before)[:80], str(after)[:80]


def _name_key(contact: Contact) -> str:
    both = contact.first_name and contact.last_name
    return normalise.search_text(contact.first_name, contact.last_name) if both else ""


def _alike(results: Sequence[RowResult], user: User) -> dict[str, list[Contact]]:
    """By name: known people who have the name of somebody who would be made. One query."""
    made = [result.contact for result in results if result.outcome == Outcome.CREATED and result.contact]
    keys = {key for contact in made if (key := _name_key(contact))}
    if not keys:
        return {}
    named = reduce(or_, (Q(search_text__startswith=f"{key} ") | Q(search_text=key) for key in sorted(keys)))
    found: dict[str, list[Contact]] = {}
    for contact in Contact.objects.visible_to(user).filter(named).select_related("company").order_by("pk")[:20]:
        found.setdefault(_name_key(contact), []).append(contact)
    return found


def sheets_of(of: Import) -> list[tuple[str, bool]]:
    """The sheets of its workbook, where there are several, each with whether it is the one that was taken."""
    names = UploadedBook.objects.filter(of=of).values_list("sheets", flat=True).first() or []
    return [(name, name[:80] == of.sheet) for name in names]


def is_taken(of: Import, number: int) -> bool:
    """Whether the sheet with this number is the one that was taken."""
    return any(taken and place == number for place, (_, taken) in enumerate(sheets_of(of)))
