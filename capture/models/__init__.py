"""Rows of `capture`: forms, tracked sites, imports."""

from capture.models.form import Form, FormField
from capture.models.site import Site, new_key
from capture.models.upload import Import, ImportStatus, RejectedRow

__all__ = ["Form", "FormField", "Import", "ImportStatus", "RejectedRow", "Site", "new_key"]
