"""Leads near the line, for tests of the desk."""

from datetime import datetime, timedelta
from typing import Any

from leads.days import day_of
from leads.models import Contact, Standing
from leads.services import assign_owner
from pipeline.services import desk as services
from scoring.queries import active_spec
from tests import factories
from tests.conftest import NOW
from users.models import User


def lead(
    *, below: int = 5, seen_days: int = 0, owner: User | None = None, now: datetime = NOW, **fields: Any
) -> Contact:
    """A lead so many points below the line, judged on that day; nothing is answered, and they have never talked."""
    contact = factories.contact(now=now - timedelta(days=30), **fields)
    judged(contact, below=below, seen_days=seen_days, now=now)
    if owner:
        assign_owner([contact.pk], owner, now=now)
    return contact


def judged(contact: Contact, *, below: int, seen_days: int = 0, now: datetime = NOW) -> None:
    """As the scorer would have left it."""
    spec = active_spec()
    assert spec is not None
    Standing.objects.filter(pk=contact.pk).update(
        total=spec.threshold - below,
        grade="B2",
        day=day_of(now),
        last_day=day_of(now) - seen_days,
        definition_version=spec.version,
    )


def queue(*, now: datetime = NOW, **fields: Any) -> Contact:
    """A lead that stands in the queue."""
    contact = lead(now=now, **fields)
    services.place([contact.pk], now=now)
    return contact
