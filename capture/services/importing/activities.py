"""Rows that tell what people did or said: events, answers to criteria, notes; with their days, so that they score."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from activities.models import Activity, ActivityKind
from activities.services import log_activity
from capture.happenings import Happening, Reading
from capture.models import Import, ImportedFact
from capture.tables import Record, heading, zone_named
from core.errors import Refused
from leads import kinds
from leads.models import Contact, Criterion, EventKind, Evidence
from leads.services import NewEvent, Outcome, RowResult, record_events, record_evidence
from leads.services.events import EARLIEST, check_event, clean_properties
from leads.services.storing import identities

SOURCE = "import"


def reading_of(of: Import) -> Reading:
    """How this import's cells become happenings."""
    known = {}
    for key, label in EventKind.objects.filter(is_registered=True).values_list("key", "label"):
        known[heading(label)] = known[heading(key)] = key
    criteria = {}
    for key, label in Criterion.objects.values_list("key", "label"):
        criteria[heading(label)] = criteria[heading(key)] = key
    mapping = {int(number): field for number, field in of.mapping.items()}
    return Reading(mapping, len(of.header), known, criteria, of.every_row, of.day_first, of.decimal_comma, zone_of(of))


def zone_of(of: Import) -> ZoneInfo:
    """The zone of times that name none: the one behind the column's name, else that of whoever brought the list."""
    columns = [of.header[int(number)] for number, field in of.mapping.items() if field == "at"]
    named = [zone_named(name) for name in columns] + [of.started_by.timezone if of.started_by else ""]
    for name in filter(None, named):
        with suppress(ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(name)
    return ZoneInfo("UTC")


def take_activities(batch: Sequence[Record], reading: Reading, of: Import, *, now: datetime) -> list[RowResult]:
    """Record what the rows tell and keep what an undo needs; one result each, in order."""
    results: dict[int, RowResult] = {}
    told: dict[int, Happening] = {}
    for number, record in enumerate(batch):
        try:
            told[number] = reading.happening(record.cells)
        except Refused as refused:
            results[number] = RowResult(Outcome.REJECTED, errors=refused.fields)
    people = _people(told.values())
    events: dict[int, NewEvent] = {}
    facts: list[ImportedFact] = []
    stored = _stored(told.values())
    criteria = {row.key: row for row in Criterion.objects.all()}
    for number, one in told.items():
        contact = people.get(one.identity)
        if contact is None:
            error = {"email": "Nobody here has this address or number. Import the people first."}
            results[number] = RowResult(Outcome.REJECTED, errors=error)
            continue
        try:
            if not EARLIEST <= one.at <= now:
                raise Refused(at="It happened between the year 2000 and now.")
            if one.kind:
                events[number] = _event(one, now=now)
            elif one.message_id in stored:
                results[number] = RowResult(Outcome.SKIPPED, contact)
            else:
                facts.append(_record(one, contact, criteria, of, now=now))
                stored.add(one.message_id)
                results[number] = RowResult(Outcome.CREATED, contact)
        except Refused as refused:
            results[number] = RowResult(Outcome.REJECTED, errors=refused.fields)
    ids = record_events(list(events.values()), now=now).ids if events else {}
    for number, event in events.items():
        event_id = ids.pop((SOURCE, event.message_id), None)  # the same row again in this batch is known already
        outcome = Outcome.SKIPPED if event_id is None else Outcome.CREATED
        results[number] = RowResult(outcome, people[told[number].identity])
        if event_id is not None:
            facts.append(ImportedFact(of=of, event_id=event_id))
    ImportedFact.objects.bulk_create(facts)
    return [results[number] for number in range(len(batch))]


def _people(told: Iterable[Happening]) -> dict[tuple[str, str], Contact]:
    wanted = {one.identity for one in told}
    found = {(row.kind, row.value): row.contact_id for row in identities(wanted) if row.contact_id} if wanted else {}
    contacts = Contact.objects.in_bulk(set(found.values()))
    return {key: contacts[pk] for key, pk in found.items() if pk in contacts}


def _stored(told: Iterable[Happening]) -> set[str]:
    """Message ids of notes and answers that an import has stored before."""
    notes = [one.message_id for one in told if not one.kind]
    if not notes:
        return set()
    known = set(Activity.objects.filter(nonce__in=notes).values_list("nonce", flat=True))
    sources = Evidence.objects.filter(source__in=[f"import:{note}" for note in notes])
    return known | {source.removeprefix("import:") for source in sources.values_list("source", flat=True)}


def _event(one: Happening, *, now: datetime) -> NewEvent:
    """The row as an event; raises Refused when it cannot be one."""
    known = kinds.known_kinds()[one.kind]
    properties: dict[str, Any] = {"text": one.text} if one.text else {}
    if one.detail:
        properties[known.facet_property or "detail"] = one.detail
    if one.amount is not None:
        properties["amount"] = float(one.amount)
    event = NewEvent(one.kind, one.identity, one.at, SOURCE, one.message_id, properties)
    check_event(event, now=now)
    clean_properties(properties)
    return event


def _record(
    one: Happening, contact: Contact, criteria: dict[str, Criterion], of: Import, *, now: datetime
) -> ImportedFact:
    """Store an answer or a note."""
    if one.is_note:
        activity = log_activity(
            contact=contact,
            kind=ActivityKind.NOTE,
            actor=of.started_by,  # type: ignore[arg-type] # may have left meanwhile; the column takes none
            at=one.at,
            now=now,
            body=one.text,
            nonce=one.message_id,
        )
        return ImportedFact(of=of, activity=activity)
    evidence = record_evidence(
        contact=contact,
        criterion=criteria[one.criterion],
        verdict=one.verdict,
        now=now,
        quote=one.text,
        text=one.detail[:300],
        amount=one.amount,
        recorded_by=of.started_by,
        source=f"import:{one.message_id}",
        observed_at=one.at,
    )
    return ImportedFact(of=of, evidence=evidence)
