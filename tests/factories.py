"""Plain functions that make rows through the services; unnamed values are dull on purpose."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from leads.models import Contact, Criterion, Evidence, IdentityKind, Source
from leads.services import NewEvent, create_contact, record_events, record_evidence
from tests.conftest import NOW

_numbers = count(1)


def contact(*, now: datetime = NOW, source: str = Source.FORM, **fields: Any) -> Contact:
    number = next(_numbers)
    fields = {"first_name": "Lee", "last_name": f"Lead{number}", "email": f"lee{number}@example{number}.com"} | fields
    return create_contact(source=source, now=now, **fields)


def event(
    of: Contact, kind: str = "page_view", *, days_ago: float = 0, now: datetime = NOW, **properties: Any
) -> int | None:
    """Record one event of the contact; its id."""
    number = next(_numbers)
    recorded = record_events(
        [
            NewEvent(
                kind=kind,
                identity=(IdentityKind.EMAIL, of.email),
                occurred_at=now - timedelta(days=days_ago),
                source="test",
                message_id=f"m{number}",
                properties=properties,
            )
        ],
        now=now,
    )
    return next(iter(recorded.ids.values()), None)


def evidence(of: Contact, criterion: str, verdict: str = "meets", *, now: datetime = NOW, **fields: Any) -> Evidence:
    fields = {"quote": "We said so."} | fields
    return record_evidence(
        contact=of, criterion=Criterion.objects.get(key=criterion), verdict=verdict, now=now, **fields
    )


def bant(of: Contact, *, now: datetime = NOW) -> None:
    """Evidence that meets all four criteria."""
    for criterion in ("budget", "authority", "need", "timeline"):
        evidence(of, criterion, now=now)
