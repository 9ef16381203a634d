"""The fields of a record as plain values, and plain values put into a record."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max

from leads import merging
from leads.merging import Values
from leads.models import Company, Contact, Direction, EngagementEvent, Standing
from leads.queries.merges import current_id
from leads.services.contacts import TEXT_FIELDS
from users.models import User

COMPANY_TEXTS = ("name", "domain", "industry", "country")
CUSTOM = "custom."


def of_contact(contact: Contact, standing: Standing) -> Values:
    """What a merge of two people decides about."""
    return {
        **{name: getattr(contact, name) for name in TEXT_FIELDS},
        "company": contact.company_id,
        **{f"{CUSTOM}{key}": value for key, value in sorted(contact.custom.items())},
        "owner": standing.owner_id,
        "source": standing.source,
        "lifecycle": str(standing.lifecycle),
        "tags": sorted(standing.tag_ids),
        "created_at": contact.created_at.isoformat(),
    }


def of_company(company: Company) -> Values:
    """What a merge of two companies decides about."""
    return {
        **{name: getattr(company, name) for name in COMPANY_TEXTS},
        "employees": company.employees,
        **{f"{CUSTOM}{key}": value for key, value in sorted(company.custom.items())},
        "created_at": company.created_at.isoformat(),
    }


def into_contact(contact: Contact, standing: Standing, values: Values) -> None:
    """Put the values into both rows, in memory. A company or owner that is gone stands for nobody."""
    for name in TEXT_FIELDS:
        setattr(contact, name, values.get(name, getattr(contact, name)) or "")
    if "company" in values:
        contact.company = _company(values["company"])
    _own_fields(contact, values)
    if "created_at" in values:
        contact.created_at = datetime.fromisoformat(values["created_at"])
    if "owner" in values:
        standing.owner = User.objects.filter(pk=values["owner"]).first() if values["owner"] else None
    standing.source = values.get("source", standing.source)
    standing.lifecycle = values.get("lifecycle", standing.lifecycle)
    standing.tag_ids = values.get("tags", standing.tag_ids)


def into_company(company: Company, values: Values) -> None:
    """Put the values into the row, in memory."""
    for name in COMPANY_TEXTS:
        setattr(company, name, values.get(name, getattr(company, name)) or "")
    company.employees = values.get("employees", company.employees)
    _own_fields(company, values)
    if "created_at" in values:
        company.created_at = datetime.fromisoformat(values["created_at"])


def _company(pk: int | None) -> Company | None:
    if pk is None:
        return None
    return Company.objects.filter(pk=pk).first() or Company.objects.filter(pk=current_id(Company, pk) or 0).first()


def _own_fields(record: Contact | Company, values: Values) -> None:
    given = {name.removeprefix(CUSTOM): value for name, value in values.items() if name.startswith(CUSTOM)}
    kept = {key: value for key, value in record.custom.items() if key not in given}
    record.custom = kept | {key: value for key, value in given.items() if not merging.is_empty(value)}


def settle_days(standings: Collection[Standing]) -> None:
    """The days of the newest event and of the newest two-way one, read anew: a score only moves them forward."""
    for standing in standings:
        events = EngagementEvent.objects.filter(contact=standing.pk, is_quarantined=False)
        standing.last_day = events.aggregate(day=Max("day"))["day"]
        two_way = events.filter(kind__direction=Direction.TWO_WAY)
        standing.two_way_day = two_way.aggregate(day=Max("day"))["day"]
