"""Tables that leave the product: as CSV or as a workbook, row by row, never all of them in memory."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar, cast
from xml.sax.saxutils import escape

from django.db.models import Model, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

Row = TypeVar("Row", bound=Model)
CSV, XLSX = "csv", "xlsx"
FORMATS = (CSV, XLSX)
MOST_SHEET_ROWS = 1_048_576  # what a sheet holds, its header included
LONGEST_CELL = 32_767
_CHUNK = 64 * 1024
_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TELEPHONE = re.compile(r"\+\d[\d ()/.-]{4,}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Instants(str):
    """The name of a column of instants: the file says behind it in which zone they are written."""

    __slots__ = ()


def _in_zone(rows: Iterable[Sequence[Any]], zone: tzinfo) -> Iterator[list[Any]]:
    """The rows with their instants as clocks in the zone show them."""
    for row in rows:
        yield [
            value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
            for value in row
        ]


def _names(header: Sequence[str], zone: tzinfo) -> list[str]:
    return [f"{name} ({zone})" if isinstance(name, Instants) else name for name in header]


def safe_cell(value: str) -> str:
    """Text that a spreadsheet shows and does not compute; numbers of telephones stay as they are."""
    if value.startswith(_COMPUTED) and not _TELEPHONE.fullmatch(value):
        return f"'{value}"
    return value


def cell_text(value: Any) -> str:
    """A value as text: yes and no, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else str(value)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]], *, zone: tzinfo = UTC) -> Iterator[bytes]:
    """The table as CSV in UTF-8, with the mark by which Excel knows it; in pieces. Its instants are of the zone."""
    buffer = io.StringIO("\ufeff")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(name) for name in _names(header, zone)])
    for row in _in_zone(rows, zone):
        writer.writerow([_csv_cell(value) for value in row])
        if buffer.tell() > _CHUNK:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    return safe_cell(cell_text(value))


class _Pipe(io.RawIOBase):
    """Where the zip is written to, and from where its bytes leave."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def taken(self) -> bytes:
        taken, self.pieces, self.size = b"".join(self.pieces), [], 0
        return taken


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    "</Relationships>",
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2">'
    '<font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/>'
    '<xf xfId="0" numFmtId="14" applyNumberFormat="1"/><xf xfId="0" numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>",
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = (
    f'{_HEAD}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>'
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView>"
    "</sheetViews><sheetData>"
)


def xlsx_pieces(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet: str = "Export", zone: tzinfo = UTC
) -> Iterator[bytes]:
    """The table as a workbook of one sheet, in pieces; what a sheet cannot hold is said in its last row.

    Text is text in a workbook: nothing that begins with = is computed.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        workbook = (
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            f'<sheets><sheet name="{_sheet_name(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        )
        for name, text in (_PARTS | {"xl/workbook.xml": workbook}).items():
            book.writestr(name, _HEAD + text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(_SHEET.encode())
            part.write(_row([_text(name, 1) for name in _names(header, zone)]))
            for number, row in enumerate(_in_zone(rows, zone), 2):
                if number == MOST_SHEET_ROWS:
                    said = f"A sheet holds {MOST_SHEET_ROWS:,} rows; there are more. Export as CSV to have all of them."
                    part.write(_row([_text(said, 1)]))
                    break
                part.write(_row([_cell(value) for value in row]))
                if pipe.size > _CHUNK:
                    yield pipe.taken()
            part.write(b"</sheetData></worksheet>")
    yield pipe.taken()


def _sheet_name(name: str) -> str:
    return escape(re.sub(r"[\[\]:*?/\\]", " ", name)[:31].strip() or "Export", {'"': "&quot;"})


def _row(cells: Sequence[str]) -> bytes:
    return f"<row>{''.join(cells)}</row>".encode("utf-8", "replace")


def _text(value: str, style: int = 0) -> str:
    if not value:
        return "<c/>"
    clean = escape(_NOT_XML.sub("", value[:LONGEST_CELL]))
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{clean}</t></is></c>'


_EPOCH = date(1899, 12, 30).toordinal()


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        is_exact = -(10**15) < value < 10**15  # false also for what is not a number
        return f"<c><v>{value}</v></c>" if is_exact else _text(str(value))
    if isinstance(value, datetime):
        days = value.toordinal() - _EPOCH + (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
        return f'<c s="3"><v>{days:.8f}</v></c>' if days > 60 else _text(cell_text(value))
    if isinstance(value, date):
        days = value.toordinal() - _EPOCH
        return f'<c s="2"><v>{days}</v></c>' if days > 60 else _text(value.isoformat())
    return _text(cell_text(value))


def newest_first(rows: "QuerySet[Row]", size: int = 2000) -> "Iterator[Row]":
    """All rows from the newest on, read beside each other by their keys: neither in memory nor in one long query."""
    rows, last = rows.order_by("-pk"), None
    while chunk := list((rows if last is None else rows.filter(pk__lt=last))[:size]):
        yield from chunk
        last = chunk[-1].pk


def download(pieces: Iterable[bytes], name: str) -> HttpResponse:
    """A file that the browser keeps, sent as it is made."""
    response = StreamingHttpResponse(pieces, content_type=_TYPES[name.rsplit(".", 1)[-1]])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return cast(HttpResponse, response)  # what guards of views take


def table(format: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str) -> HttpResponse:
    """A download of the table as `name`.csv or `name`.xlsx, with instants as the reader's clock shows them."""
    zone = timezone.get_current_timezone()  # asked now: when the rows are sent, the request is over
    if format == XLSX:
        return download(xlsx_pieces(header, rows, sheet=name.capitalize(), zone=zone), f"{name}.xlsx")
    return download(csv_lines(header, rows, zone=zone), f"{name}.csv")
