"""Rows that tell of people."""

from collections.abc import Sequence
from datetime import datetime

from capture import rows
from capture.models import Import, ImportedCompany, ImportedContact
from capture.tables import Record
from core import bulk
from core.errors import Refused
from leads.custom import Rule
from leads.services import ContactRow, Outcome, RowResult, Taken, custom_rules, take_contacts
from users.models import User


def reading_of(of: Import) -> rows.Reading:
    """How this import's cells become people."""
    mapping = {int(number): field for number, field in of.mapping.items()}
    fields = set(mapping.values())
    owners: dict[str, int] = {}
    if "owner" in fields:
        owners = {email.lower(): pk for email, pk in User.objects.assignable().values_list("email", "pk")}
    custom: dict[str, Rule] = {}
    if any(field.startswith("custom.") for field in fields):
        custom = custom_rules()
    tags = (of.tag,) if of.tag else ()
    return rows.Reading(mapping, len(of.header), of.day_first, of.decimal_comma, tags, owners, custom)


def take_people(batch: Sequence[Record], reading: rows.Reading, of: Import, *, now: datetime) -> list[RowResult]:
    """Import the rows and keep what an undo needs; one result each, in order."""
    results: dict[int, RowResult] = {}
    people: dict[int, ContactRow] = {}
    for number, record in enumerate(batch):
        try:
            people[number] = reading.person(record.cells)
        except Refused as refused:
            results[number] = RowResult(Outcome.REJECTED, errors=refused.fields)
    taken = take_contacts(
        list(people.values()), now=now, actor=of.started_by, reason=f"Imported: {of.name}", policy=_policy(of)
    )
    numbers = list(people)
    for number, result in zip(numbers, taken.results, strict=True):
        if result.same_as is not None:
            result.same_as = numbers[result.same_as]
        results[number] = result
    _keep(taken, of)
    return [results[number] for number in range(len(batch))]


def _policy(of: Import) -> dict[str, str]:
    """By field of a contact; what holds for the full name holds for both of its parts."""
    policy = dict(of.policies)
    if "full_name" in policy:
        policy["first_name"] = policy["last_name"] = policy.pop("full_name")
    return policy


def _keep(taken: Taken, of: Import) -> None:
    names = ("contact_id", "is_new", "changes", "claimed", "added", "stamp")
    bulk.insert(
        ImportedContact, {name: [getattr(image, name) for image in taken.images] for name in names}, of_id=of.pk
    )
    bulk.insert(
        ImportedCompany,
        {"company_id": [pk for pk, _ in taken.companies], "name": [name for _, name in taken.companies]},
        of_id=of.pk,
    )
