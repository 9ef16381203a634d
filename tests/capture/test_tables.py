"""Reading lists of every sort: encodings, delimiters, line ends, ragged rows, headers of known programs."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from capture import columns, countries, files, rows, tables
from core.errors import Refused
from leads.custom import Rule
from tests.conftest import NOW

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NASTY = SHARED / "nasty-csv"


def read(content: bytes) -> list[list[str]]:
    text = tables.text_of(content, tables.encoding_of(content))
    return [record.cells for record in tables.records(text, tables.delimiter_of(text))]


UMLAUTS = [["First name", "City"], ["Jürgen", "Köln"], ["Zoë", "Genève"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_same_table_however_it_was_saved(encoding: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in UMLAUTS)
    assert read(text.encode(encoding)) == UMLAUTS


def test_nul_blank_rows_quotes_and_line_breaks_in_cells() -> None:
    content = b'a,b\r\n\r\n"x\0y","two\r\nlines"\r\n,,\r\n"say ""hi""", z \r\n'
    assert read(content) == [["a", "b"], ["xy", "two\r\nlines"], ['say "hi"', "z"]]
    text = tables.text_of(content, "utf-8")
    assert [record.line for record in tables.records(text, ",")] == [1, 3, 6]


def test_a_cell_of_one_megabyte_is_read() -> None:
    assert len(read(b"a,b\n" + b"x" * 1_000_000 + b",y\n")[1][0]) == 1_000_000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04....", "damaged"),
        (b"\xd0\xcf\x11\xe0....", "protected by a password or damaged"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"<table border=1>", "web page"),
        (b' [ {"email": "a@x.example"},\n{"email": "b@x.example"} ]', "JSON"),
        (b'\xef\xbb\xbf{"a": "1",\n"b": "2"}', "JSON"),
    ],
)
def test_what_is_no_table_is_named_and_the_way_out_told(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        files.read(content)
    assert sentence in refused.value.fields["file"]


HEADERS = {
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Original Source,Job Title,Company Name,"
        "Contact owner,Lifecycle Stage",
        {"First Name": "first_name", "Last Name": "last_name", "Email": "email", "Phone Number": "phone",
         "Create Date": "created_at", "Original Source": "source", "Job Title": "job_title", "Company Name": "company"},
    ),
    "Google, old": (
        "Name,Given Name,Family Name,E-mail 1 - Value,Phone 1 - Value",
        {"Given Name": "first_name", "Family Name": "last_name", "E-mail 1 - Value": "email", "Phone 1 - Value": "phone"},
    ),
    "Google, new": (
        "First Name,Middle Name,Last Name,E-mail 1 - Value,Organization Name,Organization Title",
        {"First Name": "first_name", "Last Name": "last_name", "E-mail 1 - Value": "email",
         "Organization Name": "company", "Organization Title": "job_title"},
    ),
    "LinkedIn": (
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
        {"First Name": "first_name", "Last Name": "last_name", "Email Address": "email", "Company": "company",
         "Position": "job_title", "Connected On": "created_at"},
    ),
    "By hand": ("Name;E-Mail;Firma", {"Name": "full_name", "E-Mail": "email", "Firma": "company"}),
    "Two addresses": ("Email 1,Work Email,Name", {"Work Email": "email", "Name": "full_name"}),
}  # fmt: skip


@pytest.mark.parametrize("program", HEADERS)
def test_headers_of_known_programs_are_understood(program: str) -> None:
    line, expected = HEADERS[program]
    header = line.replace(";", ",").split(",")
    assert {header[number]: field for number, field in columns.guess(header, {}).items()} == expected
    assert columns.refusal(header) == ""


def test_the_preamble_of_linkedin_is_passed_over() -> None:
    content = (
        '\ufeffNotes:\n"When exporting your connection data, you may notice, that some addresses are missing."\n\n'
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nAda,Nowak,,ada@acme.example,Acme,CTO,05 Mar 2024\n"
    ).encode()
    text = tables.text_of(content, tables.encoding_of(content))
    head = list(tables.records(text, tables.delimiter_of(text)))
    assert tables.header_row(head, columns.KNOWN_HEADINGS) == 2
    assert head[3].line == 5


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("Record ID,Company name,Website URL,Company owner,Create Date", "list of companies"),
        ("Record ID,Deal Name,Deal Stage,Amount,Deal owner,Associated Company", "list of deals"),
        ("Name,Industry,Phone", "list of companies"),
    ],
)
def test_lists_of_other_things_are_said_to_be_so(header: str, sentence: str) -> None:
    cells = header.split(",")
    assert sentence in columns.refusal(cells)
    assert not columns.PERSON & set(columns.guess(cells, {}).values())


def test_custom_fields_are_guessed_by_label_and_key() -> None:
    assert columns.guess(["Email", "Shoe size", "tier"], {"shoe": "Shoe Size", "tier": "Tier of the customer"}) == {
        0: "email",
        1: "custom.shoe",
        2: "custom.tier",
    }


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("2024-03-05", False, date(2024, 3, 5)),
        ("2024-03-05T10:00:00Z", False, date(2024, 3, 5)),
        ("2024-03-05 10:00", False, date(2024, 3, 5)),
        ("05.03.2024", False, date(2024, 3, 5)),
        ("3/5/2024", False, date(2024, 3, 5)),
        ("3/5/2024", True, date(2024, 5, 3)),
        ("25/3/24", False, date(2024, 3, 25)),
        ("05 Mar 2024", False, date(2024, 3, 5)),
        ("March 5, 2024", False, date(2024, 3, 5)),
        ("2024/03/05", True, date(2024, 3, 5)),
        ("31/02/2024", True, None),
        ("soon", False, None),
        ("", False, None),
        ("9" * 40, False, None),
    ],
)
def test_days_as_lists_write_them(text: str, day_first: bool, expected: date | None) -> None:
    assert rows.read_date(text, day_first=day_first) == expected


def test_a_row_becomes_a_person() -> None:
    mapping = dict(enumerate(["full_name", "email", "country", "source", "tags", "created_at", "custom.size", "phone"]))
    reading = rows.Reading(mapping, 8, tags=("fair",), custom={"size": Rule("number")})
    cells = [
        "Nowak, Ada",
        "Ada <ada@acme.example>; x@y.example",
        "Deutschland",
        "Webinar",
        "a; b,a",
        "05.03.2024",
        "1.234,50",
        "'+49 30 1",
    ]
    person = reading.person(cells)
    assert person.fields == {
        "first_name": "Ada",
        "last_name": "Nowak",
        "email": "ada@acme.example",
        "country": "DE",
        "custom": {"size": 1234.5},
        "phone": "+49 30 1",
    }
    assert (person.source, person.tags) == ("webinar", ("fair", "a", "b"))
    assert person.created_at == NOW.replace(2024, 3, 5, 0, 0)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("country", "Atlantis", "country"),
        ("created_at", "soon", "created_at"),
        ("owner", "nobody@x.example", "owner"),
        ("custom.size", "many", "size"),
        ("custom.size", "1e999", "size"),
        ("custom.sure", "perhaps", "sure"),
        ("custom.tier", "Gold", "tier"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(field: str, value: str, named: str) -> None:
    custom = {
        "size": Rule("number"),
        "sure": Rule("yes_no"),
        "tier": Rule("choice", ("A", "B")),
    }
    with pytest.raises(Refused) as refused:
        rows.Reading({0: field}, 1, custom=custom).person([value])
    assert list(refused.value.fields) == [named]


def test_a_row_that_is_too_wide_says_why() -> None:
    with pytest.raises(Refused) as refused:
        rows.Reading({0: "email"}, 2).person(["a", "b", "c"])
    assert "3 cells, the header has 2" in refused.value.fields["row"]
    assert rows.Reading({1: "email"}, 2).person(["a"]).fields == {}


def test_the_groups_that_google_makes_itself_are_no_tags() -> None:
    assert rows.Reading({0: "tags"}, 1).person(["* myContacts ::: Friends ::: * starred"]).tags == ("Friends",)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Germany", "DE"), ("de", "DE"), ("Österreich", "AT"), ("USA", "US"), ("Türkiye", "TR"), ("Mars", "")],
)
def test_countries_by_name(name: str, code: str) -> None:
    assert countries.code(name) == code


@pytest.mark.skipif(not NASTY.is_dir(), reason="the nasty files of ../shared/data are not here")
@pytest.mark.parametrize("file", sorted((NASTY / "csv-spectrum" / "csvs").glob("*.csv")), ids=lambda file: file.stem)
def test_the_csv_spectrum_reads_as_it_should(file: Path) -> None:
    expected = json.loads((NASTY / "csv-spectrum" / "json" / f"{file.stem}.json").read_text())
    header, *body = read(file.read_bytes())
    expected = [expected] if isinstance(expected, dict) else expected
    found = [dict(zip(header, cells, strict=True)) for cells in body]
    if file.stem == "location_coordinates":  # its JSON has another telephone number
        expected[0]["Contact Phone Number"] = "2095257564"
    assert found == [{key.strip(): value.strip() for key, value in row.items()} for row in expected]


@pytest.mark.parametrize(
    ("text", "decimal_comma", "expected"),
    [
        ("1,234.50", False, "1234.50"),
        ("1.234,50", False, "1234.50"),
        ("1'234.50", False, "1234.50"),
        ("€ 12,5", False, "12.5"),
        ("1.234", False, "1.234"),
        ("1.234", True, "1234"),
        ("1,234", False, "1234"),
        ("1,234", True, "1.234"),
        ("1.234.567", False, "1234567"),
        ("0.125", True, "0.125"),
        ("-7", False, "-7"),
        ("twelve", False, None),
        ("1e1000000000", False, None),
        ("1e-1000000000", False, None),
    ],
)
def test_numbers_as_lists_write_them(text: str, decimal_comma: bool, expected: str | None) -> None:
    assert rows.read_number(text, decimal_comma=decimal_comma) == (Decimal(expected) if expected else None)


def test_a_column_shows_which_sign_its_decimals_have() -> None:
    assert rows.has_decimal_comma(["1.000", "1.234,50"])
    assert not rows.has_decimal_comma(["1,000", "1,234.50"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-05T14:30:00Z", "2024-03-05T14:30:00+00:00"),
        ("2024-03-05 14:30:00 UTC", "2024-03-05T14:30:00+00:00"),
        ("2024-03-05T14:30+02:00", "2024-03-05T14:30:00+02:00"),
        ("5.3.2024 14:30", "2024-03-05T14:30:00+00:00"),
        ("03/05/2024 2:30 PM", "2024-03-05T14:30:00+00:00"),
        ("Mar 5, 2024 12:05 am", "2024-03-05T00:05:00+00:00"),
        ("2024-03-05", "2024-03-05T12:00:00+00:00"),
        ("2024-03-05 25:00", None),
        ("yesterday", None),
    ],
)
def test_moments_as_lists_write_them(text: str, expected: str | None) -> None:
    moment = rows.read_moment(text, day_first=False)
    assert (moment.isoformat() if moment else None) == expected


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_western_encodings_are_told_apart_by_their_accents(encoding: str) -> None:
    text = "Vorname,Stadt\nJürgen,Köln\nZoë,Genève\nFrançois,Besançon\n"
    assert tables.encoding_of(text.encode(encoding)) == encoding


@pytest.mark.parametrize("content", [bytes(range(256)) * 50, bytes([1, 2, 3, 65]) * 500])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="not a list that we can read"):
        tables.encoding_of(content)


def test_a_stray_control_character_is_no_reason_to_refuse() -> None:
    assert tables.encoding_of(b"E-mail\n" + b"ada@acme.example\n" * 40 + b"\x01\x1a") == "utf-8"
