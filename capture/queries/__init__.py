"""Questions about what came in."""

from capture.queries.forms import FormRow, forms_with_counts, versions_of
from capture.queries.imports import recent_imports
from capture.queries.sites import sites
from capture.queries.submissions import all_of, page_of, status_counts, submissions

__all__ = [
    "FormRow",
    "all_of",
    "forms_with_counts",
    "page_of",
    "recent_imports",
    "sites",
    "status_counts",
    "submissions",
    "versions_of",
]
