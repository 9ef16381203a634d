"""The questions that pages and other apps ask of `activities`."""

from activities.queries.follow_ups import due_follow_ups, follow_ups_of
from activities.queries.notices import notices_of, unread_count
from activities.queries.timeline import FILTERS, Item, Timeline, timeline

__all__ = [
    "FILTERS",
    "Item",
    "Timeline",
    "due_follow_ups",
    "follow_ups_of",
    "notices_of",
    "timeline",
    "unread_count",
]
