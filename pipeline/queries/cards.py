"""An opportunity as boards and lists show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from leads.queries import Chip, chips_for
from pipeline.models import Opportunity


@dataclass(frozen=True, slots=True)
class Card:
    """An opportunity with what a card shows besides; `days` it has been in its stage."""

    opportunity: Opportunity
    chips: list[Chip]
    days: int
    is_rotting: bool
    url: str

    @property
    def pk(self) -> int:
        return self.opportunity.pk

    @property
    def who(self) -> str:
        """The person, and the company unless the opportunity is called so."""
        person, company = self.opportunity.contact.name, self.opportunity.company
        return (
            f"{person} · {company.name}" if company and company.name not in (person, self.opportunity.name) else person
        )

    @property
    def age(self) -> str:
        days = f"{self.days} day{'' if self.days == 1 else 's'} in this stage"
        return f"{days}, longer than its {self.opportunity.stage.rots_after_days}" if self.is_rotting else days

    @property
    def says(self) -> str:
        """The card in words, for the ear."""
        row = self.opportunity
        amount = "amount unknown" if row.amount is None else f"{row.amount:,.0f} {row.currency}"
        return f"{row.name}, {self.who}, {amount}, {self.age if row.is_open else row.stage.name}"


def cards_of(opportunities: Iterable[Opportunity], *, now: datetime) -> list[Card]:
    """Opportunities (read `for_card`) with what a card shows besides. One query."""
    rows = list(opportunities)
    chips = chips_for({row.contact_id for row in rows}, now=now)
    before, after = reverse("opportunity", args=[0]).split("0")  # an address per card would cost more than the query
    cards = []
    for row in rows:
        days, patience = max(0, (now - row.stage_entered_at).days), row.stage.rots_after_days
        is_rotting = row.is_open and patience is not None and days >= patience
        cards.append(Card(row, chips[row.contact_id], days, is_rotting, f"{before}{row.pk}{after}"))
    return cards
