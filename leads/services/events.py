"""Recording what happened."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction

from core.depth import is_too_deep
from core.errors import Refused
from core.prepared import Prepared
from leads import humans, kinds, signals
from leads.human import Hints
from leads.models import EventKind
from leads.services.consent import unsubscribe
from leads.services.identities import IdentityKey, identity_value

EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
CLOCK_LEEWAY = timedelta(hours=24)
MAX_PROPERTIES = 32_768
UNSUBSCRIBED = "unsubscribed"  # takes marketing mail back, in the same transaction
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


_ABOUT = ("smallint[]", "timestamptz[]", "text[]", "text[]", "bigint[]", "text[]", "text[]", "text[]")
_OPINION = ("int[]", "smallint[]", "text[]", "bool[]")
# One statement, so that nothing is half stored without a transaction around it, in one trip to the database. The
# identities are locked FOR KEY SHARE: a stitch (FOR UPDATE) cannot move one to a contact between our reading it and our
# storing events under it. Unless every identity was found or made (somebody else may just be making it), nothing is
# stored and the caller asks again.
_STORE = Prepared(
    "store_events",
    (*_ABOUT, *_OPINION, "timestamptz", "timestamptz", "int"),
    """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        AS t(kind_id, occurred_at, by, value, facet_id, source, message_id, properties, agent_id, human, reasons, held)
), known AS MATERIALIZED (
    SELECT id, kind, value, contact_id FROM leads_identity
    WHERE (kind, value) IN (SELECT by, value FROM given) FOR KEY SHARE
), made AS (
    INSERT INTO leads_identity (kind, value, created_at)
    SELECT DISTINCT by, value, %s FROM given
    WHERE NOT EXISTS (SELECT FROM known WHERE (known.kind, known.value) = (given.by, given.value))
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING RETURNING id, kind, value, contact_id
), who AS MATERIALIZED (
    SELECT * FROM known UNION ALL SELECT * FROM made
), stored AS (
    INSERT INTO leads_engagementevent (kind_id, occurred_at, received_at, identity_id, contact_id, facet_id, source,
        message_id, properties, agent_id, human, human_reasons, is_quarantined)
    SELECT given.kind_id, occurred_at, %s, who.id, contact_id, facet_id, source, message_id,
        properties::jsonb, agent_id, human, string_to_array(reasons, ' '), held
    FROM given JOIN who ON (who.kind, who.value) = (given.by, given.value)
    WHERE (SELECT count(*) FROM who) = %s
    ORDER BY source, message_id -- in one order, so that overlapping batches wait instead of blocking each other
    ON CONFLICT (source, message_id) DO NOTHING
    RETURNING id, contact_id, source, message_id, is_quarantined
), queued AS (
    INSERT INTO leads_changedcontact (contact_id)
    SELECT DISTINCT contact_id FROM stored WHERE contact_id IS NOT NULL AND NOT is_quarantined
)
SELECT (SELECT count(*) FROM who), id, contact_id, source, message_id, is_quarantined
FROM (SELECT) one LEFT JOIN stored ON true
""",
)
_ATTEMPTS = 3


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
    if is_too_deep(properties, encoded):
        raise Refused(properties="Properties are nested too deep. Send them flatter.")
    if size > MAX_PROPERTIES:
        raise Refused(properties="Properties are larger than 32 kB. Send less with one event.")
    return _NUL.sub(r"\1", encoded)


def record_events(events: Sequence[NewEvent], *, now: datetime) -> Recorded:
    """Store a batch; all of it or, when one event is refused, nothing. Known message ids are passed over.

    Events with hints are judged (leads/human.py); quarantined ones are stored and change no score.
    """
    if not any(event.kind == UNSUBSCRIBED for event in events):
        return _record(events, now)
    with transaction.atomic():
        recorded = _record(events, now)
        unsubscribe(list(recorded.ids.values()))
    return recorded


def _record(events: Sequence[NewEvent], now: datetime) -> Recorded:
    for event in events:
        check_event(event, now=now)
    if not events:
        return Recorded({}, [])
    columns = list(zip(*_rows(events, now), strict=True))
    count = len(set(zip(columns[2], columns[3], strict=True)))
    for _ in range(_ATTEMPTS):
        rows = _STORE.rows([*map(list, columns), now, now, count])
        if rows[0][0] == count:
            break
    else:
        raise OperationalError("Identities keep changing under this batch of events.")
    stored = [row for row in rows if row[1] is not None]
    contact_ids = sorted({row[2] for row in stored if row[2] is not None and not row[5]})
    if contact_ids:
        signals.engagement_recorded.send(sender=None, contact_ids=contact_ids)
    return Recorded({(row[3], row[4]): row[1] for row in stored}, contact_ids)


def _rows(events: Sequence[NewEvent], now: datetime) -> Iterator[tuple[Any, ...]]:
    """What is stored of each event; Refused when it cannot be."""
    known = kinds.known_kinds()
    agents = humans.agent_ids(event.hints.agent for event in events if event.hints)
    values = {key: identity_value(*key) for key in dict.fromkeys(event.identity for event in events)}
    for event in events:
        kind, hints = known[event.kind], event.hints
        opinion = humans.judged(hints.agent, hints.signs) if hints else None
        yield (
            kind.id,
            min(event.occurred_at, now),
            event.identity[0],
            values[event.identity],
            kind.facet_of(event.properties),
            event.source,
            event.message_id,
            clean_properties(event.properties),
            agents.get(hints.agent) if hints else None,
            opinion.human if opinion else None,
            " ".join(opinion.reasons) or None if opinion else None,
            opinion.is_quarantined if opinion else False,
        )


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
