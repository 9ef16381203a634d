"""Two records become one, and two again."""

from collections.abc import Mapping
from datetime import datetime

from leads.merging import Conflict
from leads.models import Company, Contact, Merge
from leads.services.merging.companies import company_conflicts, merge_companies, unmerge_companies
from leads.services.merging.contacts import contact_conflicts, merge_contacts, unmerge_contacts
from leads.services.merging.moving import in_the_way, what_moves
from leads.services.merging.undoing import Conflicts
from users.models import User


def unmerge(
    merge: Merge, *, now: datetime, answers: Mapping[str, str] | None = None, by: User | None = None
) -> Contact | Company:
    """Undo a merge, of whichever kind."""
    verb = unmerge_contacts if merge.contact_id else unmerge_companies
    return verb(merge_id=merge.pk, now=now, answers=answers, by=by)


def conflicts_of(merge: Merge) -> list[Conflict]:
    """What would have to be answered to undo it."""
    return contact_conflicts(merge.pk) if merge.contact_id else company_conflicts(merge.pk)


__all__ = [
    "Conflicts",
    "conflicts_of",
    "in_the_way",
    "merge_companies",
    "merge_contacts",
    "unmerge",
    "unmerge_companies",
    "unmerge_contacts",
    "what_moves",
]
