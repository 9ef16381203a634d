"""Reading the text tables that people have: whatever their encoding, delimiter and line ends. Values in, values out."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from zoneinfo import available_timezones

from charset_normalizer import from_bytes

from core.errors import Refused

MAX_BYTES = 20 * 1024 * 1024
DELIMITERS = ",;\t|"
MAX_COLUMNS = 500
csv.field_size_limit(MAX_BYTES)  # a name of 1 MB is the row's fault, not the file's

# What is no text: first bytes, and what to tell the person who sent it.
_NOT_TEXT = [
    (b"PK\x03\x04", "This is a zip file without a workbook in it. Unpack it and upload the list inside."),
    (b"%PDF", "This is a PDF. Upload the list as CSV instead."),
    (b"PK\x05\x06", "This zip file is empty. Export the list again and upload that file."),
    (b"\x1f\x8b", "This file is compressed. Unpack it and upload the list inside."),
    (b"Rar!", "This file is compressed. Unpack it and upload the list inside."),
    (b"7z\xbc\xaf", "This file is compressed. Unpack it and upload the list inside."),
    (b"\x89PNG", "This is a picture. Upload the list as CSV instead."),
    (b"\xff\xd8\xff", "This is a picture. Upload the list as CSV instead."),
]
_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # in texts there are hardly any
_ZONE = re.compile(r"\(([A-Z][\w+-]*(?:/[\w+-]+)*)\)\s*$")  # Created (Europe/Berlin)
_LIKELY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "gb18030", "big5", "shift_jis", "euc_kr"]


@dataclass(frozen=True, slots=True)
class Record:
    """One row that has something in it; `line` is the line of the file on which it starts."""

    line: int
    cells: list[str]


def encoding_of(content: bytes) -> str:
    """The encoding of a text file. Raises Refused, saying what to do, when it is no text."""
    head = content[:64].lstrip()
    for first, advice in _NOT_TEXT:
        if head.startswith(first):
            raise Refused(file=advice)
    if re.match(rb"(?i)<!doctype html|<html|<table|<\?xml", head):
        raise Refused(file="This is a web page, not a table. Export the list as CSV and upload that file.")
    if re.match(rb"(\xef\xbb\xbf\s*)?(\{\s*[\"}]|\[\s*[\[{\"])", head):
        raise Refused(file="This is JSON, not a table. Export the list as CSV and upload that file.")
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    sample = content[:4000]
    zeros = sample.count(0)
    if zeros > len(sample) // 4:  # Latin text in two bytes per letter without a mark
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    if len(_CONTROLS.findall(sample)) > len(sample) // 30:
        raise Refused(file="This is not a list that we can read. Export it as CSV and upload that file.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _single_byte(content)
    return "utf-8"


# Letters that Western languages put between others; which of the encodings has most of them is the right one.
_WESTERN = ("cp1252", "mac_roman", "cp850")
_ACCENTED = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœ")


def _single_byte(content: bytes) -> str:
    """A Western encoding (Windows, old Macs, DOS) where it makes sense, else the best guess."""
    unusual = b"\n".join(islice((line for line in content.splitlines() if not line.isascii()), 400))[:40_000]
    read = {name: unusual.decode(name, errors="replace") for name in _WESTERN}
    likeliest = max(_WESTERN, key=lambda name: sum(letter in _ACCENTED for letter in read[name]))  # a tie: the first
    foreign = re.findall(r"[^\x00-\x7f]+", read[likeliest])
    # in Western text accents stand alone between plain letters; other scripts fill whole words with such bytes
    if "\ufffd" not in read[likeliest] and len("".join(foreign)) <= 1.5 * len(foreign):
        return likeliest
    best = from_bytes(unusual, cp_isolation=_LIKELY).best()
    return best.encoding if best else "cp1252"


def text_of(content: bytes, encoding: str) -> str:
    """The file as text without NUL; single wrong bytes become �."""
    return content.decode(encoding, errors="replace").replace("\0", "").removeprefix("\ufeff")


def delimiter_of(text: str) -> str:
    """The sign that splits the first rows most evenly into most columns."""
    best, best_score = ",", 0.0
    head = text[:60_000]
    for delimiter in DELIMITERS:
        widths = Counter(len(record.cells) for record in islice(records(head, delimiter), 40))
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        score = times / sum(widths.values()) * min(width - 1, 12)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def records(text: str, delimiter: str) -> Iterator[Record]:
    """The rows that are not blank, in order, with outer space taken off their cells.

    Without a delimiter each line is a row in JSON (what workbooks and address cards have become).
    """
    if not delimiter:
        yield from _json_records(text)
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    line = 1
    for cells in reader:
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield Record(line, cells)
        line = reader.line_num + 1


def _json_records(text: str) -> Iterator[Record]:
    for number, row in enumerate(io.StringIO(text), 1):
        cells = json.loads(row)
        if any(cells):
            yield Record(number, cells)


def header_row(head: list[Record], known: frozenset[str]) -> int:
    """Which of the first records names the columns: the one with the most known names, else the first full one."""
    scores = [len({heading(cell) for cell in record.cells} & known) for record in head]
    if scores and max(scores) >= 1:
        return scores.index(max(scores))
    widths = Counter(len(record.cells) for record in head)
    usual = widths.most_common(1)[0][0] if widths else 0
    for number, record in enumerate(head):
        if len(record.cells) == usual and sum(map(bool, record.cells)) > usual / 2:
            return number
    return 0


def heading(cell: str) -> str:
    """A column's name as it is compared: lower case, words separated by one space, without its time zone."""
    return re.sub(r"[\W_]+", " ", (_ZONE.sub("", cell) if zone_named(cell) else cell).lower()).strip()


def zone_named(cell: str) -> str:
    """The time zone behind a column's name; empty when it names none."""
    found = _ZONE.search(cell)
    return found.group(1) if found and found.group(1) in _zones() else ""


_zones = cache(available_timezones)
