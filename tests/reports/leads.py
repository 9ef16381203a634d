"""Leads that have got as far as a test needs them, and what the funnel makes of them."""

from datetime import UTC, date, datetime
from typing import Any

from leads.models import Contact, Lifecycle
from leads.services import enter_lifecycle
from reports import queries
from reports.models import FunnelCell
from reports.queries import Wanted
from scoring.models import Definition, Verdict
from tests import factories
from tests.conftest import NOW
from tests.pipeline import rows

MAY, JUNE = datetime(2026, 5, 10, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)


def verdict(contact: Contact, *, is_qualified: bool = True, at: datetime = NOW) -> None:
    definition = Definition.objects.get(status="active")
    Verdict.objects.create(
        contact=contact, is_qualified=is_qualified, at=at, definition=definition, total=60, grade="B1"
    )


def lead(to: str = "lead", *, now: datetime = JUNE, source: str = "form", at: datetime = NOW) -> Contact:
    """A contact that became known `now` and had got so far `at`."""
    contact = factories.contact(now=now, source=source)
    if to == "lead":
        return contact
    factories.event(contact, now=at)
    if to == "engaged":
        return contact
    factories.event(contact, "email_replied", now=at)
    if to == "two_way":
        return contact
    verdict(contact, at=at)
    if to == "qualified":
        return contact
    if to == "won":
        rows.opportunity(contact=contact, at="Won", opened=now, closed_at=at)
    else:
        enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=at)
    return contact


def cells(by: str = "source") -> dict[tuple[date, str], tuple[int, ...]]:
    """Whole people per month and part."""
    names = ("leads", "engaged", "two_way", "qualified", "accepted", "opportunities", "won")
    return {
        (cell.month, cell.key): tuple(getattr(cell, name) // 1000 for name in names)
        for cell in FunnelCell.objects.filter(by=by)
    }


def counts(**wanted: Any) -> list[int]:
    """The whole funnel."""
    return [one.count for one in queries.funnel(Wanted(**wanted), now=NOW).total.steps]
