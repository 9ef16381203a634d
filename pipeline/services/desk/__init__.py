"""The qualification desk: its queue, who is at which lead, what comes of it, and taking that back."""

from pipeline.services.desk.outcomes import (
    REASONS,
    answer,
    call_later,
    disqualify,
    log_call,
    nurture,
    pass_on,
    promote,
    request_data,
)
from pipeline.services.desk.placing import BATCH, keep_places, place, place_all, wake_places
from pipeline.services.desk.questions import field_of, save_criterion
from pipeline.services.desk.taking import HeldByAnother, release, take, take_this
from pipeline.services.desk.undoing import undo_last

__all__ = [
    "BATCH",
    "REASONS",
    "HeldByAnother",
    "answer",
    "call_later",
    "disqualify",
    "field_of",
    "keep_places",
    "log_call",
    "nurture",
    "pass_on",
    "place",
    "place_all",
    "promote",
    "release",
    "request_data",
    "save_criterion",
    "take",
    "take_this",
    "undo_last",
    "wake_places",
]
