"""By which words an opportunity is found."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from leads import normalise
from leads.models import Contact
from pipeline.models import Opportunity

BATCH = 500


def search_text_of(opportunity: Opportunity) -> str:
    """The name, the person and the company, as they are now."""
    company = opportunity.company
    return normalise.search_text(opportunity.name, opportunity.contact.name, company.name if company else "")


@transaction.atomic
def refresh_search(contact_ids: Collection[int]) -> int:
    """Opportunities of these contacts, or at their companies, are found by today's names; how many were not.

    Nobody's version of the card grows: what people see of it on the board is read anew anyway.
    """
    companies = Contact.objects.filter(pk__in=contact_ids).exclude(company=None).values("company")
    rows = Opportunity.objects.filter(Q(contact__in=contact_ids) | Q(company__in=companies))
    stale = []
    for row in rows.select_related("contact", "company").order_by("pk"):
        text = search_text_of(row)
        if text != row.search_text:
            row.search_text = text
            stale.append(row)
    Opportunity.objects.bulk_update(stale, ["search_text"], batch_size=BATCH)
    return len(stale)


def changed_contacts(*, since: datetime) -> list[int]:
    """Contacts with an opportunity that were changed since then."""
    rows = Contact.objects.filter(updated_at__gte=since, opportunities__isnull=False)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())
