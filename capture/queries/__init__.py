"""Questions about what came in."""

from capture.queries.forms import FormRow, forms_with_counts, published, versions_of
from capture.queries.imports import (
    can_be_undone,
    is_taken,
    left_to_undo,
    recent_imports,
    rehearsed,
    remembered,
    sheets_of,
)
from capture.queries.sites import Health, health, sites
from capture.queries.sources import source_names
from capture.queries.submissions import all_of, page_of, status_counts, submissions

__all__ = [
    "FormRow",
    "Health",
    "all_of",
    "can_be_undone",
    "forms_with_counts",
    "health",
    "is_taken",
    "left_to_undo",
    "page_of",
    "published",
    "recent_imports",
    "rehearsed",
    "remembered",
    "sheets_of",
    "sites",
    "source_names",
    "status_counts",
    "submissions",
    "versions_of",
]
