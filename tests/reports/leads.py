"""Leads that have got as far as a test needs them."""

from datetime import UTC, datetime

from leads.models import Contact, Lifecycle
from leads.services import enter_lifecycle
from scoring.models import Definition, Verdict
from tests import factories
from tests.conftest import NOW
from tests.pipeline import rows

JUNE = datetime(2026, 6, 2, tzinfo=UTC)


def verdict(contact: Contact, *, is_qualified: bool = True) -> None:
    definition = Definition.objects.get(status="active")
    Verdict.objects.create(
        contact=contact, is_qualified=is_qualified, at=NOW, definition=definition, total=60, grade="B1"
    )


def lead(to: str = "lead", *, now: datetime = JUNE, source: str = "form") -> Contact:
    """A contact that has got so far."""
    contact = factories.contact(now=now, source=source)
    if to == "lead":
        return contact
    factories.event(contact, now=NOW)
    if to == "engaged":
        return contact
    verdict(contact)
    if to == "qualified":
        return contact
    if to == "won":
        rows.opportunity(contact=contact, at="Won", opened=now, closed_at=NOW)
    else:
        enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=NOW)
    return contact
