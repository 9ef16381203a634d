"""Lists of contacts: upload, columns, progress, result."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from django.contrib import messages
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capture import columns, queries, services, tables
from capture.forms import ListUpload
from capture.models import Import, ImportStatus
from capture.services.importing.running import open_rows, reason_of
from capture.services.importing.uploading import fields_of
from capture.tasks import run_import
from core.errors import Refused
from core.forms import posted, show_refusal
from core.tasks import enqueue
from leads.services import Outcome
from users.access import SignedInRequest, requires
from users.roles import Can

PREVIEW_ROWS = 10


@requires(Can.IMPORT_LEADS)
@require_safe
def imports(request: SignedInRequest) -> HttpResponse:
    """What has been imported, newest first."""
    return render(request, "capture/imports.html", {"imports": queries.recent_imports()})


@requires(Can.IMPORT_LEADS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Upload a list."""
    form = ListUpload(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > tables.MAX_BYTES:
                raise Refused(file="The file is larger than 20 MB. Split it into several files.")
            uploaded = services.upload(
                name=file.name or "", content=file.read(), started_by=request.user, now=timezone.now()
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("import_page", pk=uploaded.pk)
    return render(request, "capture/import_new.html", {"form": form}, status=422 if form.errors else 200)


@dataclass(frozen=True, slots=True)
class Column:
    """One column on the mapping page."""

    number: int
    heading: str
    samples: list[str]
    field: str


@requires(Can.IMPORT_LEADS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest, pk: int) -> HttpResponse:
    """One import: its columns before, its progress meanwhile, its result afterwards."""
    of = get_object_or_404(Import.objects.select_related("started_by"), pk=pk)
    if of.status != ImportStatus.MAPPING:
        if request.method == "POST":
            messages.info(request, "This import has begun already.")
            return redirect("import_page", pk=pk)
        return _progress(request, of, "capture/import_page.html")
    error = ""
    if request.method == "POST":
        try:
            services.choose_columns(
                of,
                mapping=_mapping(request.POST),
                day_first=request.POST.get("day_first") == "1",
                tag=request.POST.get("tag", "").replace("\0", ""),
            )
            if request.POST.get("action") != "preview":
                if services.start_import(of, now=timezone.now()):
                    enqueue(run_import, import_id=of.pk)
                return redirect("import_page", pk=pk)
        except Refused as refused:
            error = str(refused)
            of.mapping = _mapping(request.POST)
    return _mapping_page(request, of, error)


def _mapping(posted: QueryDict) -> dict[int, str]:
    """Column number -> field, of the columns that are taken."""
    return {
        int(name.removeprefix("column-")): str(value)
        for name, value in posted.items()
        if value and name.removeprefix("column-").isdecimal() and len(name) < 12
    }


def _mapping_page(request: SignedInRequest, of: Import, error: str) -> HttpResponse:
    mapping = {int(number): field for number, field in of.mapping.items()}
    samples = [record.cells for record in islice(open_rows(of), PREVIEW_ROWS)]
    fields = list(fields_of(of.about).items())
    rehearsed = []
    if not error and columns.PERSON & set(mapping.values()):
        rehearsed = [
            {"line": record.line, "result": result, "outcome": result.outcome.value, "reason": reason_of(result)}
            for record, result in services.rehearse_import(of, now=timezone.now(), limit=PREVIEW_ROWS)
        ]
    context = {
        "of": of,
        "error": error,
        "warning": columns.refusal(of.header),
        "fields": fields,
        "columns": [
            Column(
                number,
                heading or f"Column {number + 1}",
                [cells[number][:60] for cells in samples if number < len(cells) and cells[number]][:3],
                mapping.get(number, ""),
            )
            for number, heading in enumerate(of.header)
        ],
        "taken": len(mapping),
        "has_dates": bool({"created_at"} & set(mapping.values())),
        "rehearsed": rehearsed,
        "tally": {outcome.value: sum(row["outcome"] == outcome for row in rehearsed) for outcome in Outcome},
    }
    part = request.htmx and not request.htmx.history_restore_request
    template = "capture/import_columns.html#columns" if part else "capture/import_columns.html"
    return render(request, template, context, status=422 if error else 200)


@requires(Can.IMPORT_LEADS)
@require_safe
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is."""
    of = get_object_or_404(Import.objects.without_content().select_related("started_by"), pk=pk)
    return _progress(request, of, "capture/import_page.html#progress")


def _progress(request: SignedInRequest, of: Import, template: str) -> HttpResponse:
    shown = list(of.rejected_rows.all()[:50])
    note = ""
    if of.status == ImportStatus.RUNNING and of.done_rows and of.started_at:
        seconds = (timezone.now() - of.started_at).total_seconds()
        left = round(seconds / of.done_rows * (of.total_rows - of.done_rows))
        note = f"about {max(left, 1)} s left" if left < 90 else f"about {left // 60} min left"
    context = {
        "of": of,
        "rejected_rows": [{"row": row, "cells": " · ".join(cell for cell in row.cells if cell)[:200]} for row in shown],
        "note": note,
        "running": of.is_under_way,
    }
    return render(request, template, context)


@requires(Can.IMPORT_LEADS)
@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop after the rows under way."""
    of = get_object_or_404(Import.objects.without_content(), pk=pk)
    services.cancel_import(of, now=timezone.now())
    if request.htmx:
        of.refresh_from_db(fields=["status", "done_rows", "created", "updated", "skipped", "rejected"])
        return _progress(request, of, "capture/import_page.html#progress")
    return redirect("import_page", pk=pk)


@requires(Can.IMPORT_LEADS)
@require_POST
def go_on(request: SignedInRequest, pk: int) -> HttpResponse:
    """Continue after a failure."""
    of = get_object_or_404(Import.objects.without_content(), pk=pk)
    if services.continue_import(of, now=timezone.now()):
        enqueue(run_import, import_id=of.pk)
    return redirect("import_page", pk=pk)


@requires(Can.IMPORT_LEADS)
@require_safe
def rejected(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rejected rows with their reasons, to mend and import again."""
    of = get_object_or_404(Import.objects.without_content(), pk=pk)

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(["Line", "Reason", *map(tables.safe_cell, of.header)])
        for row in of.rejected_rows.iterator(chunk_size=500):
            writer.writerow([row.line, tables.safe_cell(row.reason), *map(tables.safe_cell, row.cells)])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
        yield buffer.getvalue()

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-rows-of-import-{of.pk}.csv"'
    return cast(HttpResponse, response)
