"""What `activities` holds about a person (leads/privacy.py)."""

from leads.privacy import Held

HELD = [
    Held(
        "activities.Activity",
        "Notes and calls",
        shows=("kind", "at", "actor__name", "title", "body", "outcome"),
        blank={"title": "", "body": ""},
    ),
    Held(
        "activities.FollowUp",
        "What we planned",
        shows=("title", "due_at", "assignee__name", "done_at"),
        blank={"title": "Erased person"},
    ),
]
