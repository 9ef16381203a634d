"""A custom field gets values for many at once, where nothing stands yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core.locks import locked
from leads import signals
from leads.models import ChangedContact, Company, Contact, CustomField
from leads.services.companies import refresh_people


@transaction.atomic
def fill_custom(field: CustomField, values: Mapping[int, Any], *, now: datetime) -> list[int]:
    """Give contacts or companies, by id, their values of the field; returns the ids of those who had none."""
    if field.about == "company":
        return _fill_companies(field.key, values)
    people = [row for row in locked(Contact.objects.filter(pk__in=values)) if _lacks(row, field.key)]
    for row in people:
        row.custom, row.updated_at = row.custom | {field.key: values[row.pk]}, now
    Contact.objects.bulk_update(people, ["custom", "updated_at"])
    ids = [row.pk for row in people]
    if ids:
        ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in ids])
        signals.contact_changed.send(sender=None, contact_ids=ids)
    return ids


def _fill_companies(key: str, values: Mapping[int, Any]) -> list[int]:
    companies = [row for row in locked(Company.objects.filter(pk__in=values)) if _lacks(row, key)]
    for row in companies:
        row.custom = row.custom | {key: values[row.pk]}
    Company.objects.bulk_update(companies, ["custom"])
    for row in companies:
        refresh_people(row)
    return [row.pk for row in companies]


def _lacks(row: Contact | Company, key: str) -> bool:
    return row.custom.get(key) in (None, "")
