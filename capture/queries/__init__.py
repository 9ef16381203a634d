"""Questions about what came in."""

from capture.queries.forms import forms_with_counts, submissions
from capture.queries.imports import recent_imports
from capture.queries.sites import sites

__all__ = ["forms_with_counts", "recent_imports", "sites", "submissions"]
