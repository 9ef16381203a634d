"""The questions that pages and other apps ask of `activities`."""

from activities.queries.follow_ups import (
    FollowUpFilter,
    due_follow_ups,
    follow_up_page,
    follow_ups_of,
    open_follow_ups,
)
from activities.queries.items import Item
from activities.queries.notices import choices_of, hours_of, notices_of, to_mail, unread, unread_count
from activities.queries.timeline import FILTERS, Timeline, timeline

__all__ = [
    "FILTERS",
    "FollowUpFilter",
    "Item",
    "Timeline",
    "choices_of",
    "due_follow_ups",
    "follow_up_page",
    "follow_ups_of",
    "hours_of",
    "notices_of",
    "open_follow_ups",
    "timeline",
    "to_mail",
    "unread",
    "unread_count",
]
