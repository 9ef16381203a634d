"""A list is uploaded, and somebody says what its columns mean; what they say is remembered."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q

from capture import columns, files, rows, tables
from capture.models import (
    About,
    ColumnMemory,
    Format,
    Import,
    ImportedCompany,
    ImportedContact,
    ImportedFact,
    ImportStatus,
    RejectedRow,
    UploadedBook,
)
from capture.models.upload import KEPT_FOR_UNDO
from capture.queries.imports import custom_labels, fields_of
from core.errors import Refused
from leads import normalise
from leads.services import Policy
from leads.services.rows import LONGEST_TAG
from users.models import User

HEAD = 25  # records in which the header is looked for, and styles of dates and numbers
MOST_SHEETS_TRIED = 2
KEPT_UNFINISHED = timedelta(days=7)
# Fields of known people that a list may change, and those that it can only add to.
ADDED_TO = frozenset({"email", "tags", "created_at", "source", "company_domain"})


def upload(*, name: str, content: bytes, started_by: User, now: datetime) -> Import:
    """Keep the file and guess how to read it. Raises Refused, saying what to do, when it cannot be a list."""
    if len(content) > tables.MAX_BYTES:
        raise Refused(file="The file is larger than 20 MB. Split it into several files.")
    of = Import(name=normalise.line(name)[:200] or "List", started_by=started_by, created_at=now)
    listed = _first_list(of, content)
    with transaction.atomic():
        of.save()
        if len(listed.sheets) > 1:
            UploadedBook.objects.create(of=of, content=content, sheets=list(listed.sheets))
    return of


def _first_list(of: Import, content: bytes) -> files.Listed:
    """The file; of a workbook the first sheet that can be a list: before it there may be one with a title."""
    listed = files.read(content)
    try:
        _take(of, listed)
    except Refused:
        for sheet in [name for name in listed.sheets if name != listed.sheet][:MOST_SHEETS_TRIED]:
            with suppress(Refused):
                other = files.read(content, sheet=sheet)
                _take(of, other)
                return other
        raise
    return listed


def choose_sheet(of: Import, number: int) -> Import:
    """Another sheet of the workbook, from 0; its columns are guessed anew. Refused when it cannot be a list."""
    book = UploadedBook.objects.filter(of=of).first()
    if book is None or not 0 <= number < len(book.sheets):
        raise Refused(sheet="Choose one of the workbook's sheets.")
    sheet = book.sheets[number]
    try:
        _take(of, files.read(bytes(book.content), sheet=sheet))
    except Refused as refused:
        raise Refused(f"Sheet “{sheet[:60]}”: {refused}") from None
    of.every_row = ""
    names = ("content", "sheet", "unread", "header_row", "header", "about", "total_rows", "mapping", "policies")
    fields = {name: getattr(of, name) for name in (*names, "every_row", "day_first", "decimal_comma")}
    if not Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING).update(**fields):
        raise Refused("This import has begun already.")
    return of


def _take(of: Import, listed: files.Listed) -> None:
    """How the rows are read out of the file, and what they seem to mean."""
    text = listed.text
    head = list(islice(tables.records(text, listed.delimiter), HEAD))
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
    total = sum(1 for _ in tables.records(text, listed.delimiter)) - header_row - 1
    if not total:
        raise Refused(file="There are no rows below the row that names the columns.")
    of.content, of.format, of.sheet = listed.content, Format(listed.format), listed.sheet[:80]
    of.encoding, of.delimiter = listed.encoding, listed.delimiter
    of.unread = {str(number): count for number, count in listed.unread.items() if number < len(header)}
    of.header_row, of.header, of.total_rows = header_row, header, total
    of.about = About.ACTIVITIES if columns.is_of_activities(header) else About.CONTACTS
    _guess(of, [record.cells for record in head[header_row + 1 :]])


def _guess(of: Import, samples: Sequence[Sequence[str]]) -> None:
    """What the columns mean: as somebody chose for the same names before, else by the names; and the styles."""
    memory = ColumnMemory.objects.filter(key=columns.key_of(of.header)).first()
    if memory is not None and (about := memory.about) in About.values:
        of.about = about
    known = fields_of(of.about)
    mapping: dict[int, str] = {}
    if memory is not None:
        names = [tables.heading(name) for name in of.header]
        mapping = {n: memory.mapping[name] for n, name in enumerate(names) if memory.mapping.get(name) in known}
        of.policies = {name: policy for name, policy in memory.policies.items() if name in mapping.values()}
    if not mapping:
        mapping = guessed(of)
    of.mapping = mapping
    cells = [[row[number] for row in samples if number < len(row)] for number in range(len(of.header))]
    own = {number for number, field in mapping.items() if field.startswith("custom.")}
    dates = own | {number for number, field in mapping.items() if field in {"created_at", "at"}}
    numbers = own | {number for number, field in mapping.items() if field == "amount"}
    of.day_first = rows.is_day_first([cell for number in dates for cell in cells[number]])
    of.decimal_comma = rows.has_decimal_comma(cell for number in numbers for cell in cells[number])


def guessed(of: Import) -> dict[int, str]:
    """Column number -> field by the columns' names."""
    if of.about == About.ACTIVITIES:
        return columns.guess_activities(of.header)
    return columns.guess(of.header, custom_labels())


def check_mapping(mapping: Mapping[int, str], *, width: int, about: str = About.CONTACTS, every_row: str = "") -> None:
    """Refuse a mapping that names nobody, or one thing twice."""
    known = fields_of(about)
    fields = list(mapping.values())
    if set(fields) - known.keys() or any(not 0 <= number < width for number in mapping):
        raise Refused(mapping="Choose one of the listed fields for each column.")
    twice = {field for field in fields if fields.count(field) > 1} - columns.REPEATABLE
    if twice:
        raise Refused(mapping=f"{known[min(twice)]} is chosen for two columns. Keep one of them.")
    if about == About.CONTACTS:
        if not columns.PERSON & set(fields):
            raise Refused(mapping="Choose a column for the e-mail address, a name or the phone number: who is it?")
        return
    if not {"email", "phone"} & set(fields):
        raise Refused(mapping="Choose a column for the e-mail address or the phone number: whose activity is it?")
    if "at" not in fields:
        raise Refused(mapping="Choose the column that says when it happened: without a day it cannot score.")
    if "kind" not in fields and not every_row:
        raise Refused(mapping="Choose the column that says what happened, or say below what every row is.")


def choose_columns(
    of: Import,
    *,
    mapping: Mapping[int, str],
    day_first: bool,
    tag: str = "",
    policies: Mapping[str, str] | None = None,
    decimal_comma: bool = False,
    every_row: str = "",
) -> Import:
    """Keep how the columns are to be read, as long as the import has not begun."""
    tag, every_row = normalise.line(tag), normalise.line(every_row)
    if len(tag) > LONGEST_TAG:
        raise Refused(tag=f"A tag has at most {LONGEST_TAG} characters.")
    if len(every_row) > 80:
        raise Refused(every_row="Choose one of the listed kinds.")
    check_mapping(mapping, width=len(of.header), about=of.about, every_row=every_row)
    chosen = {name: policy for name, policy in (policies or {}).items() if name in mapping.values()}
    if set(chosen.values()) - set(Policy):
        raise Refused(mapping="Choose what becomes of the values of known people.")
    of.mapping, of.day_first, of.tag, of.decimal_comma, of.every_row = (
        dict(mapping), day_first, tag, decimal_comma, every_row,
    )  # fmt: skip
    of.policies = {name: policy for name, policy in chosen.items() if policy != Policy.FILL and name not in ADDED_TO}
    of.policies |= {"tags": chosen["tags"]} if chosen.get("tags") == Policy.NEVER else {}
    fields = ("mapping", "day_first", "tag", "decimal_comma", "every_row", "policies")
    mapped = Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING)
    if not mapped.update(**{name: getattr(of, name) for name in fields}):
        raise Refused("This import has begun already.")
    return of


def change_about(of: Import, about: str) -> Import:
    """The list tells of something else than was guessed; its columns are guessed anew."""
    if about not in About.values:
        raise Refused(about="Choose what the list tells of.")
    if about != of.about:
        of.about, of.policies, of.every_row = about, {}, ""
        of.mapping = guessed(of)
        mapped = Import.objects.filter(pk=of.pk, status=ImportStatus.MAPPING)
        mapped.update(about=about, mapping=of.mapping, policies={}, every_row="")
    return of


def remember_columns(of: Import, *, now: datetime) -> None:
    """The next list with the same column names begins with what was chosen for this one."""
    names = [tables.heading(name) for name in of.header]
    mapping = {names[int(number)]: field for number, field in of.mapping.items()}
    ColumnMemory.objects.update_or_create(
        key=columns.key_of(of.header),
        defaults={"about": of.about, "mapping": mapping, "policies": of.policies, "used_at": now},
    )


@transaction.atomic
def forget_uploads(*, now: datetime) -> int:
    """Lists that nobody went on with lose their content after a week, what an undo needs goes after 90 days."""
    unfinished = Import.objects.filter(
        Q(status=ImportStatus.MAPPING) | Q(status=ImportStatus.FAILED), touched_at__lt=now - KEPT_UNFINISHED
    ).exclude(content=b"")
    UploadedBook.objects.filter(of__in=unfinished.values("pk")).delete()
    forgotten = unfinished.filter(status=ImportStatus.FAILED).update(content=b"")
    forgotten += unfinished.update(content=b"", status=ImportStatus.CANCELLED, ended_at=now)
    old = Import.objects.filter(ended_at__lt=now - KEPT_FOR_UNDO).values("pk")
    for model in (ImportedContact, ImportedCompany, ImportedFact, RejectedRow):
        model._default_manager.filter(of__in=old).delete()
    return forgotten
