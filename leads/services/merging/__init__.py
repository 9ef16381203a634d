"""Two records become one, and two again."""

from leads.services.merging.companies import merge_companies, unmerge_companies
from leads.services.merging.contacts import merge_contacts, unmerge_contacts
from leads.services.merging.undoing import Conflicts

__all__ = ["Conflicts", "merge_companies", "merge_contacts", "unmerge_companies", "unmerge_contacts"]
