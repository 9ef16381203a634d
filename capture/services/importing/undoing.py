"""An import is undone: batch by batch, as the only one who does, again after a crash."""

import time
import uuid
from datetime import datetime

from django.db import OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from capture.models import Import, ImportedCompany, ImportedContact, ImportedFact, ImportStatus, UndoConflict
from capture.services.importing.running import PRESUMED_DEAD, SECONDS_A_RUN
from core.errors import Refused
from leads.services import Image, remove_companies, remove_facts, take_back

AT_ONCE = 500


def start_undo(of: Import, *, now: datetime) -> None:
    """Begin to take everything back. The caller queues the task."""
    until = of.undo_until
    if of.status == ImportStatus.UNDONE:
        raise Refused("This import is undone already; there is nothing more to take back.")
    if of.status == ImportStatus.UNDOING:
        raise Refused("This import is just being undone.")
    if until is None:
        raise Refused("Only an import that has ended can be undone.")
    people = ImportedContact.objects.filter(of=of).aggregate(n=Count("contact", distinct=True))["n"]
    to_undo = people + ImportedFact.objects.filter(of=of).count()
    if not to_undo or until < now:
        raise Refused("There is nothing left to undo.")
    ended = Import.objects.filter(pk=of.pk, status=of.status)
    ended.update(
        status=ImportStatus.UNDOING, claimed_by="", to_undo=to_undo, undone=0, content=b"", touched_at=now, error=""
    )


def run_undo(import_id: int, *, now: datetime) -> bool:
    """Work the undo off, as the only one who does; true when it is to go on in another run."""
    run = uuid.uuid4().hex
    free = Q(claimed_by="") | Q(touched_at__lt=now - PRESUMED_DEAD)
    undoing = Import.objects.filter(pk=import_id, status=ImportStatus.UNDOING)
    if not undoing.filter(free).update(claimed_by=run, touched_at=now):
        return False
    until = time.monotonic() + SECONDS_A_RUN
    try:
        while time.monotonic() < until:
            if not _undo_batch(import_id, run, now=timezone.now()):
                return False
    except OperationalError:  # the database was away or a lock was not free: the task tries again
        undoing.filter(claimed_by=run).update(claimed_by="")
        raise
    return bool(undoing.filter(claimed_by=run).update(claimed_by=""))


@transaction.atomic
def _undo_batch(import_id: int, run: str, *, now: datetime) -> bool:
    """Take the next part back and say so on the import, together; false when nothing is left or it is not ours."""
    of = Import.objects.without_content().select_for_update(of=("self",), no_key=True).get(pk=import_id)
    if of.status != ImportStatus.UNDOING or of.claimed_by != run:
        return False
    done = _facts(of, now=now) or _people(of, now=now)
    of.undone = min(of.undone + done, of.to_undo)
    changed = ["undone", "touched_at"]
    if not done and not _companies(of):
        of.status, of.ended_at, of.claimed_by = ImportStatus.UNDONE, now, ""
        changed += ["status", "ended_at", "claimed_by"]
    of.save(update_fields=changed)
    return of.status == ImportStatus.UNDOING


def _facts(of: Import, *, now: datetime) -> int:
    """Take events, answers and notes back; how many."""
    facts = list(ImportedFact.objects.filter(of=of).select_related("activity").order_by("-pk")[:AT_ONCE])
    if not facts:
        return 0
    for fact in facts:
        if fact.activity:
            fact.activity.delete()
    remove_facts(
        events=[fact.event_id for fact in facts if fact.event_id],
        evidence=[fact.evidence_id for fact in facts if fact.evidence_id],
    )
    ImportedFact.objects.filter(pk__in=[fact.pk for fact in facts]).delete()
    return len(facts)


def _people(of: Import, *, now: datetime) -> int:
    """Take what was changed about the next people back; how many people."""
    images = ImportedContact.objects.filter(of=of)
    ids = list(images.order_by("contact_id").values_list("contact_id", flat=True).distinct()[:AT_ONCE])
    if not ids:
        return 0
    rows = list(images.filter(contact_id__in=ids).order_by("pk"))
    kept = take_back(
        [Image(row.contact_id, row.is_new, row.changes, row.claimed, row.added, row.stamp) for row in rows], now=now
    )
    UndoConflict.objects.bulk_create(UndoConflict(of=of, contact_id=one.contact_id, text=one.text) for one in kept)
    ImportedContact.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(ids)


def _companies(of: Import) -> int:
    """Take the next companies away that the import made and nobody needs; how many were looked at."""
    made = list(ImportedCompany.objects.filter(of=of).order_by("company_id")[:AT_ONCE])
    stay = remove_companies([(row.company_id, row.name) for row in made])
    UndoConflict.objects.bulk_create(UndoConflict(of=of, company_id=pk, text=text) for pk, text in stay)
    ImportedCompany.objects.filter(pk__in=[row.pk for row in made]).delete()
    return len(made)
