"""An import is worked off in batches, as the only one who does, again after a crash."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from capture import tables
from capture.models import About, Import, ImportStatus, RejectedRow, UploadedBook
from capture.queries.imports import reason_of
from capture.services.importing import activities, people
from capture.services.importing.uploading import remember_columns
from capture.tables import Record
from leads.services import Outcome, RowResult

log = logging.getLogger(__name__)


BATCH_ROWS = 1000
SECONDS_A_RUN = 10 * 60  # below the task's time limit; a longer import goes on in another task
# A run that has not stored a batch for this long is dead: a batch takes about a tenth of a second.
PRESUMED_DEAD = timedelta(minutes=2)


def open_rows(of: Import) -> Iterator[Record]:
    """The rows of the import's file below its header."""
    found = tables.records(tables.text_of(bytes(of.content), of.encoding), of.delimiter)
    return islice(found, of.header_row + 1, None)


Take = Callable[[Sequence[Record], datetime], list[RowResult]]


def taker_of(of: Import) -> Take:
    """What takes a batch of this import's rows."""
    if of.about == About.ACTIVITIES:
        happenings = activities.reading_of(of)
        return lambda batch, now: activities.take_activities(batch, happenings, of, now=now)
    reading = people.reading_of(of)
    return lambda batch, now: people.take_people(batch, reading, of, now=now)


def rehearse_import(of: Import, *, now: datetime, limit: int = 10) -> list[tuple[Record, RowResult]]:
    """What would become of the first rows: they are imported for real and taken back."""
    records = list(islice(open_rows(of), limit))
    with transaction.atomic():
        results = taker_of(of)(records, now)
        transaction.set_rollback(True)
    return list(zip(records, results, strict=True))


@transaction.atomic
def start_import(of: Import, *, now: datetime) -> bool:
    """Queue it; false when it has begun already. The caller queues the task."""
    mapped = Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING)
    if not mapped.update(status=ImportStatus.QUEUED, started_at=now, touched_at=now):
        return False
    UploadedBook.objects.filter(of=of.pk).delete()
    remember_columns(of, now=now)
    return True


def continue_import(of: Import, *, now: datetime) -> bool:
    """Go on after a failure from the row where it stopped, as long as its file is there. The caller queues the task."""
    failed = Import.objects.filter(pk=of.pk, status=ImportStatus.FAILED).exclude(content=b"")
    return bool(failed.update(status=ImportStatus.QUEUED, error="", ended_at=None, touched_at=now))


def cancel_import(of: Import, *, now: datetime) -> bool:
    """Stop it, or its undo, after the batch that is under way. False when it has ended already."""
    row = Import.objects.filter(pk=of.pk)
    if row.filter(status=ImportStatus.UNDOING).update(status=ImportStatus.DONE, ended_at=now):
        return True
    UploadedBook.objects.filter(of=of.pk).delete()
    ended = {ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.UNDONE}
    return bool(row.exclude(status__in=ended).update(status=ImportStatus.CANCELLED, content=b"", ended_at=now))


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
    take = taker_of(of)
    remaining = islice(open_rows(of), of.done_rows, None)
    start = of.done_rows
    while batch := list(islice(remaining, BATCH_ROWS)):
        if time.monotonic() > until:
            return False
        if not _take_batch(of, run, start, batch, take, now=timezone.now()):
            return False
        start += len(batch)
    return True


@transaction.atomic
def _take_batch(of: Import, run: str, start: int, batch: Sequence[Record], take: Take, *, now: datetime) -> bool:
    """Import the rows and say so on the import, together; false when another run has it or it was cancelled.

    The disk is not waited for: should the server crash, rows and their count are gone together and taken again, and the
    commit that ends the import is waited for, with all before it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    current = Import.objects.without_content().select_for_update(of=("self",), no_key=True).get(pk=of.pk)
    if current.status != ImportStatus.RUNNING or current.claimed_by != run or current.done_rows != start:
        return False
    results = take(batch, now)
    count = {outcome: sum(result.outcome == outcome for result in results) for outcome in Outcome}
    current.created += count[Outcome.CREATED]
    current.updated += count[Outcome.UPDATED]
    current.skipped += count[Outcome.SKIPPED]
    current.rejected += count[Outcome.REJECTED]
    current.done_rows = start + len(batch)
    current.save(update_fields=["created", "updated", "skipped", "rejected", "done_rows", "touched_at"])
    RejectedRow.objects.bulk_create(
        RejectedRow(of=current, line=record.line, reason=reason_of(result, of.about)[:300], cells=record.cells[:200])
        for record, result in zip(batch, results, strict=True)
        if result.outcome == Outcome.REJECTED
    )
    return True
