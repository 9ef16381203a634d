"""An opportunity as boards and lists show it: plain values, because a page draws a hundred and more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from leads.models.contact import name_of
from leads.queries import Chip, chips_for
from leads.queries.rows import Judged, Owner, owner_of
from pipeline.models import LostReason, OpportunityQuerySet, Priority

REASONS: dict[str, str] = {str(value): str(label) for value, label in LostReason.choices}


JUDGED = ("total", "grade", "fit", "content", "intent", "conversation", "social", "product", "day")
# what is read of each row; the first have the name of their column
_OWN = (
    *("pk", "name", "version", "contact_id", "stage_id", "position", "amount", "currency"),
    *("expected_close", "next_step", "next_step_on", "stage_entered_at", "closed_at", "changed_at", "priority"),
)
_FAR = (
    *("lost_reason", "stage__name", "stage__kind", "stage__rots_after_days", "company__name", "owner_id"),
    *("owner__name", "contact__first_name", "contact__last_name", "contact__email", "contact__phone"),
)
COLUMNS = (*_OWN, *_FAR, *(f"contact__standing__{name}" for name in JUDGED))
_TO_FAR, _TO_JUDGED = len(_OWN), len(_OWN) + len(_FAR)


@dataclass(slots=True)
class Card:
    """An opportunity with what a card shows besides; `days` it has been in its stage."""

    pk: int
    name: str
    version: int
    contact_id: int
    stage_id: int
    position: float
    amount: Decimal | None
    currency: str
    expected_close: date | None
    next_step: str
    next_step_on: date | None
    stage_entered_at: datetime
    closed_at: datetime | None
    changed_at: datetime
    priority: str
    lost_because: str  # empty unless it was lost
    stage: str
    stage_kind: str
    patience: int | None  # days after which it rots in its stage
    person: str
    company: str
    owner: Owner | None
    judged: Judged
    days: int
    is_rotting: bool
    is_overdue: bool  # the expected day is past
    is_late: bool  # the day of the next step is past
    url: str
    chips: list[Chip] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def closed_on(self) -> date | None:
        """The UTC day on which it was closed: months of the forecast are UTC months."""
        return self.closed_at.astimezone(UTC).date() if self.closed_at else None

    @property
    def who(self) -> str:
        """The person, and the company unless the opportunity is called so."""
        if self.company and self.company not in (self.person, self.name):
            return f"{self.person} · {self.company}"
        return self.person

    @property
    def age(self) -> str:
        days = f"{self.days} day{'' if self.days == 1 else 's'} in this stage"
        return f"{days}, longer than its {self.patience}" if self.is_rotting else days

    @property
    def says(self) -> str:
        """The card in words, for the ear."""
        amount = "amount unknown" if self.amount is None else f"{self.amount:,.0f} {self.currency}"
        first = "" if self.priority == Priority.NORMAL else f", {self.priority} priority"
        late = (self.is_overdue, ", its expected day is past"), (self.is_late, ", its next step is late")
        more = "".join(words for holds, words in late if holds)
        return f"{self.name}, {self.who}, {amount}, {self.age if self.is_open else self.stage}{first}{more}"


def stay(entered_at: datetime, closed_at: datetime | None, patience: int | None, now: datetime) -> tuple[int, bool]:
    """How many days it has been in its stage, and whether that is too long."""
    days = max(0, (now - entered_at).days)
    return days, closed_at is None and patience is not None and days >= patience


def _is_past(day: date | None, row: Any, today: date) -> bool:
    return day is not None and day < today and row.closed_at is None


def for_cards(rows: OpportunityQuerySet, *annotations: str) -> Any:
    """What `cards_of` reads of the rows: no model instances. Annotations come along by their names."""
    return rows.values_list(*COLUMNS, *annotations, named=True)


def cards_of(rows: Iterable[Any], *, now: datetime) -> list[Card]:
    """Opportunities (read by `for_cards`) with what a card shows besides. One query."""
    before, after = reverse("opportunity", args=[0]).split("0")  # an address per card would cost more than the query
    cards, today = [], now.date()
    for row in rows:
        own = row[:_TO_FAR]
        reason, stage, kind, patience, company, owner_id, owner, *name = row[_TO_FAR:_TO_JUDGED]
        total, grade, fit, *categories, day = row[_TO_JUDGED : len(COLUMNS)]
        days, is_rotting = stay(row.stage_entered_at, row.closed_at, patience, now)
        values: Any = (
            *own,
            REASONS.get(reason, reason),
            stage,
            kind,
            patience,
            name_of(*name),
            company or "",
            None if owner_id is None else owner_of(owner_id, owner),
            # a contact without a standing was never scored
            Judged(total or 0, grade or "", fit or 0, sum(filter(None, categories)), day),
            days,
            is_rotting,
            _is_past(row.expected_close, row, today),
            _is_past(row.next_step_on, row, today),
            f"{before}{row.pk}{after}",
        )
        cards.append(Card(*values))
    chips = chips_for({card.contact_id for card in cards}, now=now)
    for card in cards:
        card.chips = chips[card.contact_id]
    return cards
