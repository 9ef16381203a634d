"""What `activities` holds about a person (leads/privacy.py)."""

from django.db.models import Q
from django.urls import reverse

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
    Held(
        "activities.Notification",
        "What colleagues were told about you",
        where=lambda contact_id: Q(url__startswith=reverse("contact", args=[contact_id])),
        shows=("text", "at"),
        blank={"text": "Erased person"},
    ),
]
