"""Lists of contacts: uploaded, mapped, rehearsed, worked off in batches."""

import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from capture import columns, rows, tables
from capture.models import Import, ImportStatus, RejectedRow
from capture.tables import Record
from core.errors import Refused
from leads import normalise
from leads.custom import Rule
from leads.models import CustomField
from leads.services import ContactRow, Outcome, RowResult, custom_rules, upsert_contacts
from leads.services.rows import LONGEST_TAG
from users.models import User

log = logging.getLogger(__name__)

BATCH_ROWS = 500
SECONDS_A_RUN = 10 * 60  # below the task's time limit; a longer import goes on in another task
# A run that has not stored a batch for this long is dead: a batch takes about a tenth of a second.
PRESUMED_DEAD = timedelta(minutes=2)


def open_rows(of: Import) -> Iterator[Record]:
    """The rows of the import's file below its header."""
    found = tables.records(tables.text_of(bytes(of.content), of.encoding), of.delimiter)
    return islice(found, of.header_row + 1, None)


def upload(*, name: str, content: bytes, started_by: User, now: datetime) -> Import:
    """Keep the file and guess how to read it. Raises Refused, saying what to do, when it cannot be a list."""
    if len(content) > tables.MAX_BYTES:
        raise Refused(file="The file is larger than 20 MB. Split it into several files.")
    encoding = tables.encoding_of(content)
    text = tables.text_of(content, encoding)
    delimiter = tables.delimiter_of(text)
    head = list(islice(tables.records(text, delimiter), 15))
    if not head:
        raise Refused(file="The file is empty. Export the list again and upload that file.")
    header_row = tables.header_row(head, columns.KNOWN_HEADINGS)
    header = head[header_row].cells
    if len(header) > tables.MAX_COLUMNS:
        raise Refused(file=f"The file has {len(header):,} columns; at most {tables.MAX_COLUMNS} are taken.")
    if columns.looks_like_data(header):
        raise Refused(
            file="The first row is a person already. Put a row above it that names the columns: E-mail, First name, …"
        )
    total = sum(1 for _ in tables.records(text, delimiter)) - header_row - 1
    if not total:
        raise Refused(file="There are no rows below the row that names the columns.")
    mapping = columns.guess(header, custom_labels())
    dates = [number for number, field in mapping.items() if field == "created_at"]
    below = [record.cells for record in head[header_row + 1 :]]
    samples = [cells[number] for cells in below for number in dates if number < len(cells)]
    return Import.objects.create(
        name=normalise.line(name)[:200] or "List",
        content=content,
        encoding=encoding,
        delimiter=delimiter,
        header_row=header_row,
        header=header,
        mapping=mapping,
        day_first=rows.is_day_first(samples),
        total_rows=total,
        started_by=started_by,
        created_at=now,
    )


def custom_labels() -> dict[str, str]:
    """Custom fields of contacts: key -> label."""
    return dict(CustomField.objects.filter(about="contact").values_list("key", "label"))


def check_mapping(mapping: Mapping[int, str], *, width: int) -> None:
    """Refuse a mapping that names nobody, or one thing twice."""
    known = {*columns.FIELDS, *(f"custom.{key}" for key in custom_labels())}
    fields = list(mapping.values())
    if set(fields) - known or any(not 0 <= number < width for number in mapping):
        raise Refused(mapping="Choose one of the listed fields for each column.")
    twice = {field for field in fields if fields.count(field) > 1} - columns.REPEATABLE
    if twice:
        label = columns.FIELDS.get(next(iter(twice)), "One field")
        raise Refused(mapping=f"{label} is chosen for two columns. Keep one of them.")
    if not columns.PERSON & set(fields):
        raise Refused(mapping="Choose a column for the e-mail address, a name or the phone number: who is it about?")


def reading_of(of: Import) -> rows.Reading:
    """How this import's cells become people."""
    mapping = {int(number): field for number, field in of.mapping.items()}
    fields = set(mapping.values())
    owners = {}
    if "owner" in fields:
        owners = dict(User.objects.assignable().values_list("email", "pk"))
    custom: dict[str, Rule] = {}
    if any(field.startswith("custom.") for field in fields):
        custom = custom_rules()
    return rows.Reading(mapping, len(of.header), of.day_first, (of.tag,) if of.tag else (), owners, custom)


def rehearse_import(of: Import, *, now: datetime, limit: int = 10) -> list[tuple[Record, RowResult]]:
    """What would become of the first rows: they are imported for real and taken back."""
    reading = reading_of(of)
    records = list(islice(open_rows(of), limit))
    with transaction.atomic():
        results = _take(records, reading, of, now)
        transaction.set_rollback(True)
    return list(zip(records, results, strict=True))


def _take(records: Sequence[Record], reading: rows.Reading, of: Import, now: datetime) -> list[RowResult]:
    """Import the rows; one result each, in order."""
    results: dict[int, RowResult] = {}
    people: dict[int, ContactRow] = {}
    for number, record in enumerate(records):
        try:
            people[number] = reading.person(record.cells)
        except Refused as refused:
            results[number] = RowResult(Outcome.REJECTED, errors=refused.fields)
    taken = upsert_contacts(list(people.values()), now=now, actor=of.started_by, reason=f"Imported: {of.name}")
    results.update(zip(people, taken, strict=True))
    return [results[number] for number in range(len(records))]


def choose_columns(of: Import, *, mapping: Mapping[int, str], day_first: bool, tag: str) -> Import:
    """Keep how the columns are to be read, as long as the import has not begun."""
    tag = normalise.line(tag)
    if len(tag) > LONGEST_TAG:
        raise Refused(tag=f"A tag has at most {LONGEST_TAG} characters.")
    check_mapping(mapping, width=len(of.header))
    of.mapping, of.day_first, of.tag = dict(mapping), day_first, tag
    changed = Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING).update(
        mapping=of.mapping, day_first=day_first, tag=tag
    )
    if not changed:
        raise Refused("This import has begun already.")
    return of


def start_import(of: Import, *, now: datetime) -> bool:
    """Queue it; false when it has begun already. The caller queues the task."""
    mapped = Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING)
    return bool(mapped.update(status=ImportStatus.QUEUED, started_at=now, touched_at=now))


def continue_import(of: Import, *, now: datetime) -> bool:
    """Go on after a failure from the row where it stopped. The caller queues the task."""
    failed = Import.objects.filter(pk=of.pk, status=ImportStatus.FAILED)
    return bool(failed.update(status=ImportStatus.QUEUED, error="", ended_at=None, touched_at=now))


def cancel_import(of: Import, *, now: datetime) -> bool:
    """Stop it after the batch that is under way; what is in stays in. False when it has ended already."""
    ended = {ImportStatus.DONE, ImportStatus.CANCELLED}
    return bool(
        Import.objects.filter(pk=of.pk)
        .exclude(status__in=ended)
        .update(status=ImportStatus.CANCELLED, content=b"", ended_at=now)
    )


def run_import(import_id: int, *, now: datetime) -> bool:
    """Work the import off, as the only one who does; true when it is to go on in another run.

    Each batch is one transaction that also moves `done_rows`, so that a run that dies loses at most the batch under
    way, and no row is taken twice.
    """
    run = uuid.uuid4().hex
    claimable = Q(status=ImportStatus.QUEUED) | Q(status=ImportStatus.RUNNING, touched_at__lt=now - PRESUMED_DEAD)
    claim = Import.objects.filter(claimable, pk=import_id)
    if not claim.update(status=ImportStatus.RUNNING, claimed_by=run, touched_at=now):
        return False
    of = Import.objects.get(pk=import_id)
    ours = Import.objects.filter(pk=import_id, claimed_by=run, status=ImportStatus.RUNNING)
    try:
        finished = _work_off(of, run, until=time.monotonic() + SECONDS_A_RUN)
    except OperationalError:  # the database was away or a lock was not free: the task tries again
        ours.update(status=ImportStatus.QUEUED)
        raise
    except Exception:
        log.exception("import %s stopped", import_id)
        ours.update(
            status=ImportStatus.FAILED,
            error="Something went wrong on our side. The rows before this point are in; nothing after it was stored.",
            ended_at=timezone.now(),
        )
        return False
    if finished:
        ours.update(status=ImportStatus.DONE, content=b"", ended_at=timezone.now())
        return False
    return bool(ours.update(status=ImportStatus.QUEUED))


def _work_off(of: Import, run: str, *, until: float) -> bool:
    """Take batch after batch; false when the time is up. Stops quietly when the import is no longer ours."""
    reading = reading_of(of)
    remaining = islice(open_rows(of), of.done_rows, None)
    start = of.done_rows
    while batch := list(islice(remaining, BATCH_ROWS)):
        if time.monotonic() > until:
            return False
        if not _take_batch(of, run, start, batch, reading, now=timezone.now()):
            return False
        start += len(batch)
    return True


@transaction.atomic
def _take_batch(
    of: Import, run: str, start: int, batch: Sequence[Record], reading: rows.Reading, *, now: datetime
) -> bool:
    """Import the rows and say so on the import, together; false when another run has it or it was cancelled."""
    current = Import.objects.without_content().select_for_update(of=("self",), no_key=True).get(pk=of.pk)
    if current.status != ImportStatus.RUNNING or current.claimed_by != run or current.done_rows != start:
        return False
    results = _take(batch, reading, of, now)
    count = {outcome: sum(result.outcome == outcome for result in results) for outcome in Outcome}
    current.created += count[Outcome.CREATED]
    current.updated += count[Outcome.UPDATED]
    current.skipped += count[Outcome.SKIPPED]
    current.rejected += count[Outcome.REJECTED]
    current.done_rows = start + len(batch)
    current.save(update_fields=["created", "updated", "skipped", "rejected", "done_rows", "touched_at"])
    RejectedRow.objects.bulk_create(
        RejectedRow(of=current, line=record.line, reason=reason_of(result)[:300], cells=record.cells[:200])
        for record, result in zip(batch, results, strict=True)
        if result.outcome == Outcome.REJECTED
    )
    return True


def reason_of(result: RowResult) -> str:
    """Why a row was rejected, in one line: “E-mail: “x” is not an e-mail address.”"""
    return " ".join(
        f"{columns.FIELDS[name]}: {message}" if name in columns.FIELDS else message
        for name, message in result.errors.items()
    )
