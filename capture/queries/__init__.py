"""Questions about what came in."""

from capture.queries.forms import FormRow, forms_with_counts, versions_of
from capture.queries.imports import can_be_undone, left_to_undo, recent_imports, rehearsed, remembered
from capture.queries.sites import Health, health, sites
from capture.queries.submissions import all_of, page_of, status_counts, submissions

__all__ = [
    "FormRow",
    "Health",
    "all_of",
    "can_be_undone",
    "forms_with_counts",
    "health",
    "left_to_undo",
    "page_of",
    "recent_imports",
    "rehearsed",
    "remembered",
    "sites",
    "status_counts",
    "submissions",
    "versions_of",
]
