"""Rows of `capture`: forms, tracked sites, imports."""

from capture.models.form import Form, FormField, FormVersion
from capture.models.site import Site, new_key
from capture.models.submission import SpamRules, Submission, SubmissionStatus
from capture.models.told import SamePerson, ToldGroup, ToldTraits
from capture.models.upload import Import, ImportStatus, RejectedRow

__all__ = [
    "Form",
    "FormField",
    "FormVersion",
    "Import",
    "ImportStatus",
    "RejectedRow",
    "SamePerson",
    "Site",
    "SpamRules",
    "Submission",
    "SubmissionStatus",
    "ToldGroup",
    "ToldTraits",
    "new_key",
]
