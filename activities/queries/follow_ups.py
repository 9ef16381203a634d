"""What people have to do."""

from datetime import datetime

from activities.models import FollowUp
from leads.models import Contact
from users.models import User


def follow_ups_of(contact: Contact, *, most: int = 20) -> list[FollowUp]:
    """What is still to be done about a contact, the earliest first."""
    return list(
        FollowUp.objects.open().filter(contact=contact).select_related("assignee").order_by("due_at", "pk")[:most]
    )


def due_follow_ups(user: User, *, until: datetime, most: int = 50) -> list[FollowUp]:
    """What this person has to do until an instant, overdue included, the earliest first."""
    rows = FollowUp.objects.open().filter(assignee=user, due_at__lt=until)
    return list(rows.select_related("contact__company", "contact__standing").order_by("due_at", "pk")[:most])
