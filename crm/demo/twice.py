"""Some people of the demo are in it twice, as happens where lists are imported; one of them is merged."""

from datetime import datetime, timedelta
from typing import Any

from leads.models import Contact, Lifecycle, Source
from leads.services import assign_owner, create_contact, duplicates, merge_contacts

FIRST_FEW = 7


def let_some_be_twice(midnight: datetime) -> None:
    """Six pairs for the queue, and one that was merged already. Ids and dates are the same on every load of a day."""
    leads = Contact.objects.filter(standing__lifecycle=Lifecycle.LEAD, company__isnull=False).exclude(phone="")
    originals = list(leads.exclude(email="").select_related("company", "standing__owner").order_by("pk")[:FIRST_FEW])
    doubles = [_double(number, of, midnight) for number, of in enumerate(originals)]
    Contact.objects.filter(pk__in=[double.pk for double in doubles]).update(is_demo=True)
    if not doubles:
        return
    merge_contacts(
        survivor_id=originals[-1].pk,
        former_id=doubles[-1].pk,
        now=midnight - timedelta(days=2),
        by=originals[-1].standing.owner,
        reason="Both came from the fair in spring",
    )
    duplicates.compare([one.pk for one in (*originals, *doubles[:-1])], now=midnight)


def _double(number: int, of: Contact, midnight: datetime) -> Contact:
    """The same person as a list or a form had them: another address, a shortened name, a letter missing."""
    firm = {"company_name": of.company.name if of.company else ""}
    fields: dict[str, Any] = [
        {"first_name": of.first_name, "last_name": of.last_name, "phone": of.phone},
        {"first_name": of.first_name, "last_name": of.last_name} | firm,
        {"first_name": f"{of.first_name[:1]}.", "last_name": of.last_name, "job_title": "Buyer"} | firm,
        {"first_name": of.first_name, "last_name": of.last_name[:-1], "phone": of.phone} | firm,
        {"first_name": of.last_name, "last_name": of.first_name, "phone": of.phone},
        {"first_name": of.first_name, "last_name": of.last_name, "email": f"demo.double{number}@mail.example"},
        {"first_name": of.first_name, "last_name": of.last_name, "phone": of.phone, "job_title": "Head of planning"},
    ][number]
    at = midnight - timedelta(days=20 - number)
    double = create_contact(source=Source.IMPORT, now=at, reason="From the list of the spring fair", **fields)
    owner = of.standing.owner
    if owner is not None:
        assign_owner([double.pk], owner, now=at)
    return double
