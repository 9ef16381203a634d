"""Tables of past records from files, for the commands that judge the models on them."""

import csv
from collections.abc import Iterable
from pathlib import Path

from capture import tables
from core.errors import Refused

Frame = dict[str, list[str | float | None]]


def read_frame(path: Path, *, option: str) -> Frame:
    """The table's columns by name; short rows are filled up with blanks. Raises Refused naming the option."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(**{option: f"{path} cannot be read: {error.strerror}."}) from None
    try:
        text = tables.text_of(content, tables.encoding_of(content))
    except Refused as refused:
        raise Refused(**{option: " ".join(refused.fields.values())}) from None
    kept: dict[str, str] = {}  # each text once: a large table says the same again and again
    try:
        rows = [
            [kept.setdefault(cell, cell) for cell in record.cells]
            for record in tables.records(text, tables.delimiter_of(text))
        ]
    except csv.Error:
        raise Refused(**{option: "A cell is longer than 20 MB: a quotation mark is not closed."}) from None
    if len(rows) < 2:
        raise Refused(**{option: "This table has no rows below its header."})
    names: list[str] = []
    for number, cell in enumerate(rows[0], 1):
        name = cell or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return {
        name: [cells[place] if place < len(cells) else None for cells in rows[1:]] for place, name in enumerate(names)
    }


def named(frame: Iterable[str], given: list[str]) -> list[str]:
    """Columns as they are spelt in the table, given one by one or separated by commas, in any case."""
    spelt = {name.strip().lower(): name for name in frame}
    names = [name for item in given for name in ([item] if item.strip().lower() in spelt else item.split(","))]
    return [spelt.get(name.strip().lower(), name.strip()) for name in names if name.strip()]
