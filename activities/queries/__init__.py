"""The questions that pages and other apps ask of `activities`."""

from activities.queries.follow_ups import due_follow_ups, follow_up_page, follow_ups_of, open_follow_ups
from activities.queries.items import Item
from activities.queries.notices import notices_of, unread_count
from activities.queries.timeline import FILTERS, Timeline, timeline

__all__ = [
    "FILTERS",
    "Item",
    "Timeline",
    "due_follow_ups",
    "follow_up_page",
    "follow_ups_of",
    "notices_of",
    "open_follow_ups",
    "timeline",
    "unread_count",
]
