"""Workbooks (xlsx, xlsm, xls, ods) as lines of JSON, one per row of a sheet: the first that has something in it.

They are opened in a process of their own with little memory and time: a workbook of a few kilobytes can claim a billion
cells. `python -m capture.workbooks` is that process: it reads the file from its input.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, NamedTuple

from core.errors import Refused

MOST_CELLS = 5_000_000
MOST_TEXT = 60_000_000  # bytes of JSON that may come out
MOST_FORMULAS = 200_000_000  # bytes of a sheet in which formulas are looked for
MEMORY = 1_500_000_000
SECONDS = 60
_LOCKED, _TOO_MUCH = 3, 4  # exit codes
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})\d')
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>[^<]")


class Sheet(NamedTuple):
    """One sheet of a workbook; `unread` says of columns how many formulas in them have no result in the file."""

    name: str
    names: list[str]  # of all sheets
    unread: dict[int, int]
    rows: bytes  # lines of JSON


def read_workbook(content: bytes, sheet: str = "") -> Sheet:
    """The sheet of this name, or the first that holds something. Raises Refused, saying what to do."""
    try:
        reader = subprocess.run(
            [sys.executable, "-I", "-c", _READ, *_PATHS],
            input=json.dumps(sheet).encode() + b"\n" + content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(
            file="Reading this workbook takes too long. Save the sheet as CSV and upload that file."
        ) from None
    if reader.returncode == _LOCKED:
        raise Refused(
            file="This workbook cannot be opened: it is protected by a password or damaged. "
            "Save it without a password, or save the sheet as CSV, and upload that file."
        )
    if reader.returncode:
        raise Refused(
            file=f"This workbook is too large: at most {MOST_CELLS:,} cells are read. "
            "Delete what is not needed, or save the sheet as CSV, and upload that file."
        )
    head, _, rows = reader.stdout.partition(b"\n")
    taken, sheets, unread = json.loads(head)
    return Sheet(taken, sheets, {int(column): count for column, count in unread.items()}, rows)


_PATHS = [path for path in sys.path if path]
_READ = "import sys; sys.path[:0] = sys.argv[1:]; from capture.workbooks import main; main()"


def main() -> None:
    """The process: a workbook in, lines of JSON out."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        wanted = json.loads(sys.stdin.buffer.readline())
        _print(sys.stdin.buffer.read(), wanted)
    except MemoryError:
        sys.exit(_TOO_MUCH)


def _print(content: bytes, wanted: str) -> None:
    import io

    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(content))
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, calamine.PasswordError):
        sys.exit(_LOCKED)
    out = sys.stdout.buffer
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    for name in [wanted] if wanted in shown else shown:
        try:
            sheet = book.get_sheet_by_name(name)
        except (calamine.CalamineError, calamine.XmlError):
            sys.exit(_LOCKED)
        rows = _rows(sheet.iter_rows())
        first = next(rows, None)
        if first is None:
            continue
        out.write(json.dumps([name, shown, _unread(content, name)]).encode() + b"\n")
        written = 0
        for number, row in chain([first], rows):
            while written < number:  # blank rows stay, so that the numbers of the others are those of the sheet
                out.write(b"[]\n")
                written += 1
            out.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            written += 1
        return
    out.write(json.dumps(["", shown, {}]).encode() + b"\n")


def _unread(content: bytes, name: str) -> dict[int, int]:
    """Column -> formulas without a result: programs that write workbooks leave it to Excel, we cannot compute it."""
    import io
    import zipfile
    import zlib

    if not content.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open(_part_of(packed, name)) as part:
            sheet = part.read(MOST_FORMULAS)
    except (KeyError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error):
        return {}  # another format, all of whose writers compute, or none in which we can look
    found: dict[int, int] = {}
    for cell in _CELL.finditer(sheet) if _FORMULA.search(sheet) else ():
        about, inner = cell.groups()
        place = _PLACE.search(about)
        if place and _FORMULA.search(inner) and not _VALUE.search(inner) and b't="str"' not in about:
            column = sum(26**power * (letter - 64) for power, letter in enumerate(reversed(place[1]))) - 1
            found[column] = found.get(column, 0) + 1
    return found


def _part_of(packed: Any, name: str) -> str:
    """Where in the packed workbook a sheet stands."""
    from html import unescape

    def all_of(path: str, tag: str) -> list[dict[str, str]]:
        text = packed.read(path).decode("utf-8", "replace")
        return [
            dict(re.findall(r'([\w:]+)="([^"]*)"', found)) for found in re.findall(rf"<(?:\w+:)?{tag}\b([^>]*)>", text)
        ]

    sheets = {unescape(sheet.get("name", "")): sheet for sheet in all_of("xl/workbook.xml", "sheet")}
    key = next((value for names, value in sheets[name].items() if names.endswith(":id")), "")
    parts = {part.get("Id"): part.get("Target", "") for part in all_of("xl/_rels/workbook.xml.rels", "Relationship")}
    return parts[key].lstrip("/") if parts[key].startswith("/") else f"xl/{parts[key]}"


def _rows(rows: "Iterator[Sequence[Any]]") -> "Iterator[tuple[int, list[str]]]":
    """(number of the row from 0, its cells) of the rows that are not blank."""
    cells = text = 0
    for number, row in enumerate(rows):
        cells += len(row)
        shown = [cell_text(value) for value in row]
        while shown and not shown[-1]:
            shown.pop()
        text += sum(map(len, shown))
        if cells > MOST_CELLS or text > MOST_TEXT:
            sys.exit(_TOO_MUCH)
        if shown:
            yield number, shown


def cell_text(value: Any) -> str:
    """A cell's value as a text table would have it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)
