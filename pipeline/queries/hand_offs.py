"""Hand-offs as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from leads.models import Contact, Standing
from leads.models.contact import NAMED_BY
from pipeline.models import HandOff, HandOffQuerySet, Opportunity, Recycle
from pipeline.queries.cards import JUDGED
from pipeline.queries.handover import suggested
from users.models import User
from users.roles import Can, Role

MOST = 20
SOON = 3600  # seconds before the end at which the clock turns red


def for_rows(rows: HandOffQuerySet) -> HandOffQuerySet:
    """With all that a line shows; what is long stays where it is."""
    unseen = ["snapshot", "routing", "contact__search_text", "contact__custom"]
    unseen += ["contact__company__search_text", "contact__company__custom", "rep__password"]
    return rows.select_related("contact__company", "contact__standing", "rep", "opportunity__stage").defer(
        *unseen, "opportunity__snapshot", "opportunity__search_text"
    )


def waiting_for(user: User) -> list[HandOff]:
    """Offers that wait for this person, or for anybody; what runs out first comes first. One query."""
    rows = HandOff.objects.visible_to(user).offered().filter(contact__standing__is_erased=False)
    rows = rows.filter(Q(rep=user) | Q(rep=None))
    return list(for_rows(rows).order_by(F("due_at").asc(nulls_last=True), "pk")[:MOST])


def suggestions_for(user: User) -> list[Standing]:
    """Qualified leads that a person is to confirm, the best first; own ones and those that nobody owns. One query."""
    if not user.can(Can.WORK_PIPELINE):
        return []
    rows = suggested().filter(pk__in=Standing.objects.visible_to(user).values("pk"))
    if user.role == Role.REP:
        rows = rows.filter(Q(owner=user) | Q(owner=None))
    shown = (*NAMED_BY, "job_title", "company__name")
    rows = rows.select_related("contact__company", "owner").only(
        *JUDGED, "owner__name", "owner__email", *(f"contact__{name}" for name in shown)
    )
    return list(rows.order_by("-total", "-pk")[:MOST])


@dataclass(frozen=True, slots=True)
class Story:
    """How an opportunity, or a contact, was handed on: the newest first."""

    hand_offs: Sequence[HandOff]
    rests: Sequence[Recycle]

    @property
    def newest(self) -> HandOff | None:
        return self.hand_offs[0] if self.hand_offs else None

    @property
    def open(self) -> HandOff | None:
        return next((row for row in self.hand_offs if row.is_open), None)

    @property
    def rest(self) -> Recycle | None:
        """What brings them back, while it is waited for."""
        return next((row for row in self.rests if row.state == "waiting"), None)


def story_of(contact: Contact) -> Story:
    """All hand-offs of a contact, and its rests. Two queries."""
    rests = Recycle.objects.filter(contact=contact).select_related("actor", "company")
    return Story(
        list(for_rows(HandOff.objects.filter(contact=contact)).order_by("-offered_at", "-pk")[:MOST]),
        list(rests.order_by("-created_at", "-pk")[:MOST]),
    )


def story_of_opportunity(opportunity: Opportunity) -> Story:
    """The hand-offs of one opportunity. One query."""
    rows = HandOff.objects.filter(opportunity=opportunity, contact=opportunity.contact_id)
    return Story(list(for_rows(rows).order_by("-offered_at", "-pk")[:MOST]), ())


def is_late(row: HandOff, now: datetime) -> bool:
    """Less than an hour is left."""
    return row.due_at is not None and (row.due_at - now).total_seconds() < SOON


def may_answer(row: HandOff, user: User) -> bool:
    """Whose offer it is, or who leads."""
    if not row.is_open or not user.can(Can.WORK_PIPELINE):
        return False
    return row.rep_id in (None, user.pk) or user.role != Role.REP
