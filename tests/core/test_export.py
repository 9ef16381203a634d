"""Tables as files: safe in a spreadsheet, whole, and never all of them in memory."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capture import workbooks
from core import export

ROWS: list[list[Any]] = [
    ["Ada", 5, Decimal("12.50"), True, date(2024, 3, 5), datetime(2024, 3, 5, 14, 30, tzinfo=UTC), None],
    ["=HYPERLINK(1)", -7, 0.5, False, date(1850, 1, 1), datetime(2024, 3, 5, tzinfo=UTC), "two\nlines"],
]
HEADER = ["Name", "n", "amount", "is", "day", "at", "=note"]


@pytest.mark.parametrize("cell", ["=1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "+SUM(A1)", "\tx", "\rx", "＝1+1", "-5"])
def test_text_is_shown_and_not_computed(cell: str) -> None:
    assert export.safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Ada", "+49 30 901820", "+1 (212) 555-0100", "a=b", ""])
def test_plain_text_and_telephone_numbers_stay(cell: str) -> None:
    assert export.safe_cell(cell) == cell


def test_csv_has_the_mark_of_excel_and_numbers_as_numbers() -> None:
    content = b"".join(export.csv_lines(HEADER, ROWS)).decode()
    assert content.startswith("\ufeffName,n,")
    assert list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))[1:] == [
        ["Ada", "5", "12.50", "yes", "2024-03-05", "2024-03-05 14:30", ""],
        ["'=HYPERLINK(1)", "-7", "0.5", "no", "1850-01-01", "2024-03-05 00:00", "two\nlines"],
    ]


@pytest.mark.parametrize("write", [export.csv_lines, export.xlsx_pieces])
def test_instants_are_of_one_zone_that_the_file_names(write: Any) -> None:
    at = datetime(2024, 7, 1, 22, 30, tzinfo=UTC)
    header = ["Day", export.Instants("Created")]
    content = b"".join(write(header, [[date(2024, 7, 1), at]], zone=ZoneInfo("Europe/Berlin")))
    if write is export.xlsx_pieces:
        rows = [json.loads(line) for line in workbooks.read_workbook(content).rows.splitlines()]
        assert rows == [["Day", "Created (Europe/Berlin)"], ["2024-07-01", "2024-07-02 00:30:00"]]
    else:
        assert content.decode("utf-8-sig") == "Day,Created (Europe/Berlin)\r\n2024-07-01,2024-07-02 00:30\r\n"
    assert b"".join(write(header, [[None, at]], zone=UTC)) == b"".join(write(header, [[None, at]]))


def test_a_workbook_is_read_by_others_as_it_was_written() -> None:
    content = b"".join(export.xlsx_pieces(HEADER, ROWS, sheet="My [list]"))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    sheet = workbooks.read_workbook(content)
    assert (sheet.name, sheet.names) == ("My  list", ["My  list"])
    assert [json.loads(line) for line in sheet.rows.splitlines()] == [
        HEADER,
        ["Ada", "5", "12.5", "yes", "2024-03-05", "2024-03-05 14:30:00"],
        ["=HYPERLINK(1)", "-7", "0.5", "no", "1850-01-01", "2024-03-05", "two\nlines"],
    ]


def test_text_that_no_workbook_may_hold_is_left_out() -> None:
    hostile = "a\0b\x0bc\ud800d<&>\U0001f600" + "x" * 40_000
    content = b"".join(export.xlsx_pieces(["n"], [[hostile], [10**40], [float("nan")]]))
    lines = workbooks.read_workbook(content).rows
    cells = [json.loads(line)[0] for line in lines.splitlines()]
    assert cells[1].startswith("abcd<&>\U0001f600xxx")
    assert cells[2:] == [str(10**40), "nan"]


def test_a_sheet_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_SHEET_ROWS", 5)
    lines = workbooks.read_workbook(b"".join(export.xlsx_pieces(["n"], ([n] for n in range(100))))).rows
    cells = [json.loads(line)[0] for line in lines.splitlines()]
    assert cells[:4] == ["n", "0", "1", "2"]
    assert cells[4] == "A sheet holds 5 rows; there are more. Export as CSV to have all of them."
    assert len(cells) == 5


@pytest.mark.parametrize("write", [export.csv_lines, export.xlsx_pieces])
def test_a_long_table_needs_no_more_memory_than_a_short_one(write: Any) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        total = sum(len(piece) for piece in write(["a", "b"], ([f"name {n}", n] for n in range(count))))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total > count * 2
        return most

    assert peak(60_000) < 2 * peak(10_000) + 500_000
