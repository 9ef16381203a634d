"""Rows of `leads`: who they are, what they did, what they told us."""

from leads.models.consent import Consent, ConsentWording, SuppressedAddress
from leads.models.contact import Company, Contact, ContactQuerySet, CustomField, LifecycleChange, Tag
from leads.models.duplicate import Duplicate, DuplicateKeys, DuplicateScan, DuplicateState
from leads.models.event import (
    ChangedContact,
    EngagementEvent,
    EventKind,
    Facet,
    HumanRule,
    Identity,
    Rejudging,
    Trapped,
    UserAgent,
)
from leads.models.evidence import Criterion, Evidence
from leads.models.merge import Merge
from leads.models.ownership import BulkChange, OwnerChange
from leads.models.privacy import Erasure, PersonalCopy
from leads.models.standing import Standing, StandingQuerySet
from leads.models.touch import FacetRun, Position, Touch
from leads.vocabulary import (
    Category,
    ConsentBasis,
    Direction,
    FieldType,
    IdentityKind,
    Lifecycle,
    Purpose,
    Source,
    SuppressionReason,
    Verdict,
)

__all__ = [
    "BulkChange",
    "Category",
    "ChangedContact",
    "Company",
    "Consent",
    "ConsentBasis",
    "ConsentWording",
    "Contact",
    "ContactQuerySet",
    "Criterion",
    "CustomField",
    "Direction",
    "Duplicate",
    "DuplicateKeys",
    "DuplicateScan",
    "DuplicateState",
    "EngagementEvent",
    "Erasure",
    "EventKind",
    "Evidence",
    "Facet",
    "FacetRun",
    "FieldType",
    "HumanRule",
    "Identity",
    "IdentityKind",
    "Lifecycle",
    "LifecycleChange",
    "Merge",
    "OwnerChange",
    "PersonalCopy",
    "Position",
    "Purpose",
    "Rejudging",
    "Source",
    "Standing",
    "StandingQuerySet",
    "SuppressedAddress",
    "SuppressionReason",
    "Tag",
    "Touch",
    "Trapped",
    "UserAgent",
    "Verdict",
]
