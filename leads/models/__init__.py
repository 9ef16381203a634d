"""Rows of `leads`: who they are, what they did, what they told us."""

from leads.models.contact import Company, Contact, ContactQuerySet, CustomField, LifecycleChange, Tag
from leads.models.event import (
    ChangedContact,
    EngagementEvent,
    EventKind,
    Facet,
    HumanRule,
    Identity,
    Rejudging,
    UserAgent,
)
from leads.models.evidence import Consent, Criterion, Evidence
from leads.models.standing import Standing, StandingQuerySet
from leads.vocabulary import Category, Direction, FieldType, IdentityKind, Lifecycle, Purpose, Source, Verdict

__all__ = [
    "Category",
    "ChangedContact",
    "Company",
    "Consent",
    "Contact",
    "ContactQuerySet",
    "Criterion",
    "CustomField",
    "Direction",
    "EngagementEvent",
    "EventKind",
    "Evidence",
    "Facet",
    "FieldType",
    "HumanRule",
    "Identity",
    "IdentityKind",
    "Lifecycle",
    "LifecycleChange",
    "Purpose",
    "Rejudging",
    "Source",
    "Standing",
    "StandingQuerySet",
    "Tag",
    "UserAgent",
    "Verdict",
]
