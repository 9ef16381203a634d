"""Rows of `capture`: forms, tracked sites, imports."""

from capture.models.form import Form, FormVersion
from capture.models.invitation import Invitation
from capture.models.site import Site, SiteNote, new_key
from capture.models.submission import SpamRules, Submission, SubmissionStatus
from capture.models.told import DeviceTurn, FieldFill, SamePerson, ToldGroup, ToldTraits
from capture.models.undo import ImportedCompany, ImportedContact, ImportedFact, UndoConflict
from capture.models.upload import About, ColumnMemory, Format, Import, ImportStatus, RejectedRow, UploadedBook

__all__ = [
    "About",
    "ColumnMemory",
    "DeviceTurn",
    "FieldFill",
    "Form",
    "FormVersion",
    "Format",
    "Import",
    "ImportStatus",
    "ImportedCompany",
    "ImportedContact",
    "ImportedFact",
    "Invitation",
    "RejectedRow",
    "SamePerson",
    "Site",
    "SiteNote",
    "SpamRules",
    "Submission",
    "SubmissionStatus",
    "ToldGroup",
    "ToldTraits",
    "UndoConflict",
    "UploadedBook",
    "new_key",
]
