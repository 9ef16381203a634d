"""What people have to do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from activities.models import FollowUp, FollowUpQuerySet
from core import keyset
from leads.filters import SaysWrong, asked_wrongly, number
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


@dataclass(frozen=True, slots=True)
class FollowUpFilter(SaysWrong):
    """Every part is optional. Of what an address asks wrongly there is nothing: else it would show everything."""

    assignee: int | None = None
    late: str = ""  # "yes": its day has passed
    wrong: tuple[tuple[str, str], ...] = ()  # (part, as it was asked)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "FollowUpFilter":
        """The filter of an address's query."""
        late = given.get("late", "")
        found = cls(number(given.get("assignee", "")), late if late == "yes" else "")
        return replace(found, wrong=asked_wrongly(found, given, ("assignee", "late")))

    def query(self, **place: str) -> str:
        """The address's query, and a place in the list."""
        said = {"assignee": self.assignee, "late": self.late} | dict(self.wrong) | place
        return urlencode({name: value for name, value in said.items() if value})


def open_follow_ups(user: User, wanted: FollowUpFilter, *, now: datetime) -> FollowUpQuerySet:
    """What is still to be done about contacts that the user may see."""
    if wanted.wrong:
        return FollowUp.objects.none()
    rows = FollowUp.objects.visible_to(user).open()
    if wanted.assignee is not None:
        rows = rows.filter(assignee=wanted.assignee)
    return rows.filter(due_at__lt=now) if wanted.late else rows


def follow_up_page(rows: FollowUpQuerySet, *, after: str = "", before: str = "") -> "keyset.Page[FollowUp]":
    """One page of them, the earliest first. One query."""
    return keyset.page(
        rows.select_related("contact__company", "assignee"),
        by=[("due_at", datetime), ("pk", int)],
        descending=False,
        after=after,
        before=before,
    )
