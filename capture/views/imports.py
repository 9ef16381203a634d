"""Lists of people and of what they did: upload, columns, what would happen."""

from dataclasses import dataclass
from itertools import islice

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from capture import columns, queries, services, tables
from capture.forms import ListUpload
from capture.models import About, Format, Import, ImportStatus
from capture.queries.imports import fields_of
from capture.services.importing.activities import zone_of
from capture.services.importing.running import open_rows
from capture.services.importing.uploading import ADDED_TO
from capture.tasks import run_import
from capture.views.import_runs import progress_page
from core.answers import wants_part
from core.errors import Refused
from core.forms import posted, show_refusal
from core.tasks import enqueue
from leads.models import Criterion, EventKind
from leads.services import Outcome, Policy
from users.access import SignedInRequest, requires
from users.roles import Can

PREVIEW_ROWS = 10
POLICIES = [(Policy.FILL, "Fill gaps"), (Policy.OVERWRITE, "Overwrite"), (Policy.NEVER, "Keep")]


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


@requires(Can.IMPORT_LEADS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest, pk: int) -> HttpResponse:
    """One import: its columns before, its progress meanwhile, its result afterwards."""
    of = get_object_or_404(Import.objects.select_related("started_by"), pk=pk)
    if of.status != ImportStatus.MAPPING:
        if request.method == "POST":
            messages.info(request, "This import has begun already.")
            return redirect("import_page", pk=pk)
        return progress_page(request, of)
    error = ""
    if request.method == "POST":
        try:
            if _choose(request.POST, of) and request.POST.get("action") != "preview":
                if services.start_import(of, now=timezone.now()):
                    enqueue(run_import, import_id=of.pk)
                return redirect("import_page", pk=pk)
        except Refused as refused:
            error = str(refused)
            of.mapping = _chosen(request.POST, "column-")
    return _mapping_page(request, of, error)


def _choose(posted: QueryDict, of: Import) -> bool:
    """Keep what was chosen; false when the list turned out to tell of something else and is guessed anew."""
    sheet = posted.get("sheet", "")
    if sheet.isdecimal() and len(sheet) < 5 and not queries.is_taken(of, int(sheet)):
        services.choose_sheet(of, int(sheet))
        return False
    about = posted.get("about", of.about)
    if about != of.about:
        services.change_about(of, about)
        return False
    mapping = _chosen(posted, "column-")
    by_column = _chosen(posted, "policy-")
    services.choose_columns(
        of,
        mapping=mapping,
        policies={field: by_column[number] for number, field in mapping.items() if number in by_column},
        day_first=posted.get("day_first") == "1",
        decimal_comma=posted.get("decimal_comma") == "1",
        tag=posted.get("tag", "").replace("\0", ""),
        every_row=posted.get("every_row", "").replace("\0", ""),
    )
    return True


def _chosen(posted: QueryDict, prefix: str) -> dict[int, str]:
    """Column number -> what was chosen for it."""
    return {
        int(name.removeprefix(prefix)): str(value)
        for name, value in posted.items()
        if value and name.startswith(prefix) and name.removeprefix(prefix).isdecimal() and len(name) < 12
    }


@dataclass(frozen=True, slots=True)
class Column:
    """One column on the mapping page."""

    number: int
    heading: str
    samples: list[str]
    field: str
    policy: str  # empty: this field is only ever added to
    unread: int  # formulas of which the file has no result


def _mapping_page(request: SignedInRequest, of: Import, error: str) -> HttpResponse:
    now = timezone.now()
    mapping = {int(number): field for number, field in of.mapping.items()}
    samples = [record.cells for record in islice(open_rows(of), PREVIEW_ROWS)]
    lines = []
    if not error:
        try:
            services.check_mapping(mapping, width=len(of.header), about=of.about, every_row=of.every_row)
            lines = queries.rehearsed(services.rehearse_import(of, now=now, limit=PREVIEW_ROWS), of, user=request.user)
        except Refused:  # nothing to show yet: the columns are still to be chosen
            pass
    memory = queries.remembered(columns.key_of(of.header))
    fields = set(mapping.values())
    context = {
        "of": of,
        "error": error,
        "sheets": queries.sheets_of(of),
        "warning": columns.refusal(of.header) if of.is_about_people else "",
        "program": columns.program(of.header) if of.format == Format.TEXT else "",
        "remembered": memory.used_at if memory and memory.about == of.about else None,
        "fields": list(fields_of(of.about).items()),
        "policies": POLICIES,
        "abouts": About.choices,
        "columns": [
            Column(
                number,
                heading or f"Column {number + 1}",
                [cells[number][:60] for cells in samples if number < len(cells) and cells[number]][:3],
                mapping.get(number, ""),
                "" if mapping.get(number, "") in {"", *ADDED_TO} else of.policies.get(mapping[number], Policy.FILL),
                of.unread.get(str(number), 0),
            )
            for number, heading in enumerate(of.header)
        ],
        "taken": len(mapping),
        "unread": sum(of.unread.values()),
        "kinds": _kinds() if not of.is_about_people and "kind" not in fields else [],
        "has_dates": bool({"created_at", "at"} & fields) or any(name.startswith("custom.") for name in fields),
        "zone": zone_of(of) if "at" in fields and not of.is_about_people else None,
        "has_numbers": "amount" in fields or any(name.startswith("custom.") for name in fields),
        "rehearsed": lines,
        "tally": {outcome.value: sum(line.outcome == outcome for line in lines) for outcome in Outcome},
    }
    template = "capture/import_columns.html#columns" if wants_part(request) else "capture/import_columns.html"
    return render(request, template, context, status=422 if error else 200)


def _kinds() -> list[tuple[str, str]]:
    """What every row of a list may be: kinds of events, criteria, or notes."""
    kinds = EventKind.objects.filter(is_registered=True).order_by("label").values_list("key", "label")
    criteria = Criterion.objects.values_list("key", "label")
    return [("note", "Note"), *kinds, *((key, f"Answer: {label}") for key, label in criteria)]
