"""The verbs of `activities`: log what was said, plan what to do, tell colleagues."""

from activities.services.entries import OUTCOMES, add_entries, add_entry, log_activity
from activities.services.follow_ups import (
    add_follow_up,
    complete_follow_up,
    notify_of_due,
    reopen_follow_up,
    snooze_follow_up,
)
from activities.services.notices import (
    choose,
    claim_mail,
    mailed,
    mark_all_read,
    mark_read,
    notify,
    notify_of_replies,
)

__all__ = [
    "OUTCOMES",
    "add_entries",
    "add_entry",
    "add_follow_up",
    "choose",
    "claim_mail",
    "complete_follow_up",
    "log_activity",
    "mailed",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_of_due",
    "notify_of_replies",
    "reopen_follow_up",
    "snooze_follow_up",
]
