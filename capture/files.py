"""What somebody uploaded, whatever program wrote it, as a table. Values in, values out (a workbook: see workbooks)."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from capture import cards, tables, workbooks
from core.errors import Refused

TEXT, WORKBOOK, CARDS = "text", "workbook", "cards"
LINES_OF_JSON = ""  # in place of a delimiter
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file and how its rows are read out of it."""

    format: str
    content: bytes
    encoding: str
    delimiter: str
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    unread: Mapping[int, int] = field(default_factory=dict)  # column -> formulas of which the file has no result

    @property
    def text(self) -> str:
        return tables.text_of(self.content, self.encoding)


def read(content: bytes, *, sheet: str = "") -> Listed:
    """The file as a table; of a workbook this sheet. Raises Refused, saying what to do, when it cannot be a list."""
    if content.startswith(_OLD_OFFICE) or (content.startswith(b"PK\x03\x04") and _is_workbook(content)):
        taken = workbooks.read_workbook(content, sheet)
        names = tuple(name.replace("\0", "") for name in taken.names)
        return Listed(WORKBOOK, taken.rows, "utf-8", LINES_OF_JSON, taken.name.replace("\0", ""), names, taken.unread)
    encoding = tables.encoding_of(content)
    text = tables.text_of(content, encoding)
    if re.match(r"\s*BEGIN:VCARD", text[:200], re.IGNORECASE):
        people = [cards.HEADER, *(cards.row(card) for card in cards.cards(text))]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in people)
        return Listed(CARDS, lines.encode("utf-8", "replace"), "utf-8", LINES_OF_JSON)
    return Listed(TEXT, content, encoding, tables.delimiter_of(text))


def _is_workbook(content: bytes) -> bool:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused(file="This file is damaged. Save it again and upload it once more.") from None
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin"}) or {"content.xml", "mimetype"} <= names
