"""Recording what happened."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.errors import Refused
from leads import kinds, signals
from leads.human import Hints
from leads.models import EventKind
from leads.services.identities import IdentityKey, resolve_identities

EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
CLOCK_LEEWAY = timedelta(hours=24)
MAX_PROPERTIES = 32_768
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # escaped NUL, but not an escaped backslash before "u0000"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An engagement as it is told to us. `message_id` is unique per `source`: the same one twice is stored once."""

    kind: str
    identity: IdentityKey
    occurred_at: datetime
    source: str
    message_id: str
    properties: dict[str, Any] = field(default_factory=dict)
    hints: Hints | None = None  # of whom it came from a stranger's machine; without them the event is not judged


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a batch: ids of the new events by (source, message id); the rest were known already."""

    ids: dict[tuple[str, str], int]
    contact_ids: list[int]


class UnknownKind(Refused):
    """The event's kind is not in the registry."""

    def __init__(self, key: str) -> None:
        super().__init__(
            kind=f"“{key[:60]}” is not a known kind of event. Register it in Settings, or use a known one."
        )


_INSERT = """
WITH stored AS (
    INSERT INTO leads_engagementevent
        (kind_id, occurred_at, received_at, identity_id, contact_id, facet_id, source, message_id, properties)
    SELECT kind_id, occurred_at, %s, identity_id, contact_id, facet_id, source, message_id, properties::jsonb
    FROM unnest(%s::smallint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                %s::text[])
        AS t(kind_id, occurred_at, identity_id, contact_id, facet_id, source, message_id, properties)
    ON CONFLICT (source, message_id) DO NOTHING
    RETURNING id, contact_id, source, message_id
), queued AS (
    INSERT INTO leads_changedcontact (contact_id)
    SELECT DISTINCT contact_id FROM stored WHERE contact_id IS NOT NULL
)
SELECT id, contact_id, source, message_id FROM stored
"""


def check_event(event: NewEvent, *, now: datetime) -> None:
    """Refuse, naming the field, what cannot be stored or scored."""
    if event.kind not in kinds.known_kinds():
        raise UnknownKind(event.kind)
    if not event.message_id or len(event.message_id) > 100 or "\0" in event.message_id:
        raise Refused(message_id="Give a message id of 1 to 100 characters; the same id twice is stored once.")
    if event.occurred_at < EARLIEST:
        raise Refused(occurred_at="Dates before the year 2000 are not taken.")
    if event.occurred_at > now + CLOCK_LEEWAY:
        raise Refused(occurred_at="This is more than a day in the future. Check the sender's clock.")


def clean_properties(properties: dict[str, Any]) -> str:
    """The properties as JSON text that PostgreSQL takes: no NUL, no lone surrogate, no NaN, at most 32 kB."""
    try:
        encoded = json.dumps(properties, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(encoded.encode())
    except (TypeError, ValueError, RecursionError):
        raise Refused(properties="Properties must be plain JSON.") from None
    if size > MAX_PROPERTIES:
        raise Refused(properties="Properties are larger than 32 kB. Send less with one event.")
    return _NUL.sub(r"\1", encoded)


@transaction.atomic
def record_events(events: Sequence[NewEvent], *, now: datetime) -> Recorded:
    """Store a batch; all of it or, when one event is refused, nothing. Known message ids are passed over."""
    known = kinds.known_kinds()
    for event in events:
        check_event(event, now=now)
    identities = resolve_identities({event.identity for event in events})
    columns: list[tuple[Any, ...]] = []
    # in one order, so that two overlapping batches wait for each other instead of blocking each other
    for event in sorted(events, key=lambda event: (event.source, event.message_id)):
        kind = known[event.kind]
        identity_id, contact_id = identities[event.identity]
        columns.append(
            (
                kind.id,
                min(event.occurred_at, now),
                identity_id,
                contact_id,
                kind.facet_of(event.properties),
                event.source,
                event.message_id,
                clean_properties(event.properties),
            )
        )
    if not columns:
        return Recorded({}, [])
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [now, *(list(column) for column in zip(*columns, strict=True))])
        rows = cursor.fetchall()
    contact_ids = sorted({row[1] for row in rows if row[1] is not None})
    if contact_ids:
        signals.engagement_recorded.send(sender=None, contact_ids=contact_ids)
    return Recorded({(row[2], row[3]): row[0] for row in rows}, contact_ids)


def register_kind(*, key: str, label: str, category: str, direction: str, facet_property: str = "") -> EventKind:
    """Add or describe a kind of event."""
    kind, _ = EventKind.objects.update_or_create(
        key=key,
        defaults={
            "label": label,
            "category": category,
            "direction": direction,
            "facet_property": facet_property,
            "is_registered": True,
        },
    )
    kinds.forget()
    return kind
