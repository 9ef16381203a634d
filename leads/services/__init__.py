"""The verbs of `leads`: each is one transaction that ends with an announcement."""

from leads.services.batch import take_contacts, upsert_contacts
from leads.services.bulk_changes import give_many, tag_many, undo_many, untag_many
from leads.services.companies import change_company, company_for
from leads.services.consent import choose_purposes, confirm_consent, record_consent
from leads.services.contacts import (
    AddressTaken,
    change_contact,
    create_contact,
    enter_lifecycle,
    find_contact,
    upsert_contact,
)
from leads.services.events import NewEvent, UnknownKind, record_events, register_kind
from leads.services.evidence import record_evidence
from leads.services.fields import custom_rules
from leads.services.filling import fill_custom
from leads.services.identities import link_identity
from leads.services.kinds import change_kind, continue_facet_run
from leads.services.lifecycle import disqualify, take_back_step
from leads.services.merging import (
    Conflicts,
    conflicts_of,
    merge_companies,
    merge_contacts,
    unmerge,
    unmerge_companies,
    unmerge_contacts,
)
from leads.services.privacy import collect_copy, erase, facts_of, request_copy
from leads.services.rows import Changes, ContactRow, Image, Outcome, Policy, RowResult, Taken
from leads.services.standings import add_tag, assign_owner, known_tag, remove_tag, tag_called
from leads.services.suppression import find as find_suppressed
from leads.services.suppression import may_open_again, suppress
from leads.services.suppression import remove as remove_suppressed
from leads.services.taking_back import Kept, remove_companies, remove_facts, take_back
from leads.services.touches import note_arrivals

__all__ = [
    "AddressTaken",
    "Changes",
    "Conflicts",
    "ContactRow",
    "Image",
    "Kept",
    "NewEvent",
    "Outcome",
    "Policy",
    "RowResult",
    "Taken",
    "UnknownKind",
    "add_tag",
    "assign_owner",
    "change_company",
    "change_contact",
    "change_kind",
    "choose_purposes",
    "collect_copy",
    "company_for",
    "confirm_consent",
    "conflicts_of",
    "continue_facet_run",
    "create_contact",
    "custom_rules",
    "disqualify",
    "enter_lifecycle",
    "erase",
    "facts_of",
    "fill_custom",
    "find_contact",
    "find_suppressed",
    "give_many",
    "known_tag",
    "link_identity",
    "may_open_again",
    "merge_companies",
    "merge_contacts",
    "note_arrivals",
    "record_consent",
    "record_events",
    "record_evidence",
    "register_kind",
    "remove_companies",
    "remove_facts",
    "remove_suppressed",
    "remove_tag",
    "request_copy",
    "suppress",
    "tag_called",
    "tag_many",
    "take_back",
    "take_back_step",
    "take_contacts",
    "undo_many",
    "unmerge",
    "unmerge_companies",
    "unmerge_contacts",
    "untag_many",
    "upsert_contact",
    "upsert_contacts",
]
