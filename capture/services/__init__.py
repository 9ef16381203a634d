"""The verbs of `capture`: ways in for facts."""

from capture.services.collecting import collect_events
from capture.services.importing import (
    cancel_import,
    choose_columns,
    continue_import,
    rehearse_import,
    run_import,
    start_import,
    upload,
)
from capture.services.setup import open_site, save_form, save_site
from capture.services.submissions import Submitted, submit_form

__all__ = [
    "Submitted",
    "cancel_import",
    "choose_columns",
    "collect_events",
    "continue_import",
    "open_site",
    "rehearse_import",
    "run_import",
    "save_form",
    "save_site",
    "start_import",
    "submit_form",
    "upload",
]
