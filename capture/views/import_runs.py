"""An import under way, ended, or being undone."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from capture import queries, services
from capture.models import Import, ImportStatus
from capture.tasks import run_import, undo_import
from core.answers import went_wrong
from core.errors import Refused
from core.export import csv_lines, download
from core.tasks import enqueue
from users.access import SignedInRequest, requires
from users.roles import Can

SHOWN = 50


def progress_page(request: SignedInRequest, of: Import, part: str = "") -> HttpResponse:
    """How far it is, what became of the rows, what was not taken, what an undo left."""
    rejected = list(of.rejected_rows.all()[:SHOWN])
    conflicts = list(of.conflicts.select_related("contact", "company")[: SHOWN + 1]) if of.to_undo else []
    now = timezone.now()
    context = {
        "of": of,
        "rejected_rows": [
            {"row": row, "cells": " · ".join(cell for cell in row.cells if cell)[:200]} for row in rejected
        ],
        "conflicts": conflicts[:SHOWN],
        "more_conflicts": len(conflicts) > SHOWN,
        "note": _time_left(of),
        "running": of.is_under_way,
        "undo_until": queries.can_be_undone(of, now=now),
        "half_undone": queries.left_to_undo(of),
    }
    return render(request, f"capture/import_page.html{part}", context)


def _time_left(of: Import) -> str:
    """In words; nothing while there is too little to tell from."""
    is_undo = of.status == ImportStatus.UNDOING
    done, total = (of.undone, of.to_undo) if is_undo else (of.done_rows, of.total_rows)
    began = of.touched_at if is_undo else of.started_at
    if is_undo or of.status != ImportStatus.RUNNING or not done or not began:
        return ""
    left = round((timezone.now() - began).total_seconds() / done * (total - done))
    return f"about {max(left, 1)} s left" if left < 90 else f"about {left // 60} min left"


def _import(pk: int) -> Import:
    return get_object_or_404(Import.objects.without_content().select_related("started_by"), pk=pk)


@requires(Can.IMPORT_LEADS)
@require_safe
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is."""
    return progress_page(request, _import(pk), "#progress")


@requires(Can.IMPORT_LEADS)
@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop after the rows under way."""
    services.cancel_import(_import(pk), now=timezone.now())
    if request.htmx:
        return progress_page(request, _import(pk), "#progress")
    return redirect("import_page", pk=pk)


@requires(Can.IMPORT_LEADS)
@require_POST
def go_on(request: SignedInRequest, pk: int) -> HttpResponse:
    """Continue after a failure."""
    of = _import(pk)
    if services.continue_import(of, now=timezone.now()):
        enqueue(run_import, import_id=of.pk)
    return redirect("import_page", pk=pk)


@requires(Can.IMPORT_LEADS)
@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back everything that the import changed and nobody has changed since."""
    of = _import(pk)
    try:
        services.start_undo(of, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=request.path.removesuffix("undo/"))
    enqueue(undo_import, import_id=of.pk)
    return redirect("import_page", pk=pk)


@requires(Can.IMPORT_LEADS)
@require_safe
def rejected(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rejected rows with their reasons, to mend and import again."""
    of = _import(pk)

    def rows() -> Iterator[list[object]]:
        for row in of.rejected_rows.iterator(chunk_size=500):
            yield [row.line, row.reason, *row.cells]

    return download(csv_lines(["Line", "Reason", *of.header], rows()), f"rejected-rows-of-import-{of.pk}.csv")


@requires(Can.IMPORT_LEADS)
@require_safe
def kept(request: SignedInRequest, pk: int) -> HttpResponse:
    """What an undo left as it is, and why."""
    of = _import(pk)

    def rows() -> Iterator[list[object]]:
        for row in of.conflicts.select_related("contact", "company").iterator(chunk_size=500):
            yield [str(row.contact or row.company or ""), row.contact.email if row.contact else "", row.text]

    return download(csv_lines(["Who", "E-mail", "Why it was kept"], rows()), f"kept-by-undo-of-import-{of.pk}.csv")
