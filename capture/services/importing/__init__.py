"""Lists of people and of what they did: uploaded, mapped, rehearsed, worked off in batches, undone."""

from capture.services.importing.running import (
    cancel_import,
    continue_import,
    rehearse_import,
    run_import,
    start_import,
)
from capture.services.importing.undoing import run_undo, start_undo
from capture.services.importing.uploading import (
    change_about,
    check_mapping,
    choose_columns,
    choose_sheet,
    forget_uploads,
    upload,
)

__all__ = [
    "cancel_import",
    "change_about",
    "check_mapping",
    "choose_columns",
    "choose_sheet",
    "continue_import",
    "forget_uploads",
    "rehearse_import",
    "run_import",
    "run_undo",
    "start_import",
    "start_undo",
    "upload",
]
