"""Files of every sort, from upload over preview to the result: taken sensibly, or refused with a sentence."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from capture import cards, files, services, workbooks
from capture.models import Format, Import, ImportStatus
from core.errors import Refused
from core.export import xlsx_pieces
from leads import normalise
from leads.models import Contact
from tests.capture.lists import counts, run, upload
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NASTY, VCARDS, SALESFORCE = (SHARED / name for name in ("nasty-csv", "vcards", "salesforce-dataloader-samples"))
SAID = re.compile(r'class="field-errors"[^>]*>(?:\s*<[^>]+>)*\s*([^<]+?)\s*<')
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")


@pytest.fixture
def mara(db: None) -> User:
    return User.objects.create(email="mara@lists.example", name="Mara", role="marketer")


def everything() -> list[Path]:
    found = [path for folder in (NASTY, VCARDS, SALESFORCE) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if path.suffix not in {".md", ".json"}]


@needs_data
@pytest.mark.parametrize("path", everything(), ids=lambda path: path.name)
def test_every_file_is_imported_or_refused_with_a_sentence(path: Path, cast: Cast) -> None:
    client = client_of(cast.mara)
    answer = client.post("/imports/new/", {"file": SimpleUploadedFile(path.name, path.read_bytes())})
    if answer.status_code == 422:
        said = SAID.findall(answer.content.decode())
        assert said, path.name
        assert all(re.fullmatch(r"[A-Z].*[.…]", unescape(text)) for text in said), said
        assert not Import.objects.exists()
        return
    of = Import.objects.get()
    assert answer.headers["Location"] == f"/imports/{of.pk}/"
    assert of.total_rows > 0
    assert client.get(f"/imports/{of.pk}/").status_code == 200
    chosen = {f"column-{number}": field for number, field in of.mapping.items()} | {"about": of.about}
    assert client.post(f"/imports/{of.pk}/", chosen | {"action": "start"}).status_code in {302, 422}
    of.refresh_from_db()
    if of.status == ImportStatus.MAPPING:  # no column names a person: somebody who insists says which one does
        services.choose_columns(of, mapping={0: "full_name"}, day_first=False)
        run(of)
    else:
        services.run_import(of.pk, now=timezone.now())
        of.refresh_from_db()
    assert (of.status, of.done_rows) == (ImportStatus.DONE, of.total_rows)
    assert sum(counts(of)) == of.total_rows
    assert of.rejected_rows.count() == of.rejected
    assert client.get(f"/imports/{of.pk}/").status_code == 200
    assert not Contact.objects.filter(first_name="", last_name="", email="", phone="").exists()


@needs_data
def test_people_who_are_called_what_breaks_software_are_taken_or_refused_row_by_row(cast: Cast) -> None:
    names = [*json.loads((SHARED / "naughty-strings" / "blns.json").read_text()), "a\0b", "\u202eabc", "x" * 100_000]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["First name", "Last name", "E-mail"])
    writer.writerows(["Lee", name, f"lee{number}@x.example"] for number, name in enumerate(names))
    client = client_of(cast.mara)
    client.post("/imports/new/", {"file": SimpleUploadedFile("names.csv", text.getvalue().encode())})
    of = Import.objects.get()
    assert client.get(f"/imports/{of.pk}/").status_code == 200
    chosen = {"column-0": "first_name", "column-1": "last_name", "column-2": "email", "action": "start"}
    assert client.post(f"/imports/{of.pk}/", chosen).status_code == 302
    services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert (of.status, of.total_rows, of.created + of.rejected) == (ImportStatus.DONE, len(names), len(names))
    assert of.created > 500
    stored = dict(Contact.objects.values_list("email", "last_name"))
    for number, name in enumerate(names):
        if f"lee{number}@x.example" in stored:
            assert stored[f"lee{number}@x.example"] == normalise.line(name)
    for url in (f"/imports/{of.pk}/", f"/imports/{of.pk}/rejected.csv", "/leads/", "/leads/export.csv"):
        answer = client.get(url)
        page = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert b"<script>alert(" not in page or url.endswith(".csv")


@needs_data
def test_the_cards_of_phones_and_mail_programs_become_people(mara: User) -> None:
    taken: Counter[str] = Counter()
    for path in sorted(VCARDS.glob("*.vcf")):
        of = run(upload(path.read_bytes(), mara, path.name))
        assert (of.format, of.rejected) == (Format.CARDS, 0), path.name
        taken.update({"created": of.created, "updated": of.updated, "skipped": of.skipped})
    john = Contact.objects.get(email="john.doe@ibm.com")
    assert (john.first_name, john.last_name, john.job_title) == ("John", "Doe", "Money Counter")
    assert (str(john.company), john.country) == ("IBM", "US")
    simon = Contact.objects.get(last_name="Perreault")
    assert (simon.email, simon.phone, simon.country) == ("simon.perreault@viagenie.ca", "+1-418-656-9254", "CA")
    assert Contact.objects.get(email="bob@company.com").last_name == "Ñ Ñ"  # quoted-printable over two lines


def test_cards_of_three_versions_say_the_same() -> None:
    old = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=\r\n=BCrgen\r\n"
        "EMAIL;INTERNET;PREF:j@acme.example\r\nTEL;WORK;FAX:1\r\nTEL;CELL:+49 30 901820\r\nORG:Acme\\, Inc;Sales\r\nEND:VCARD\r\n"
    )
    three = (
        "BEGIN:VCARD\nVERSION:3.0\nN:Müller;Jürgen;;;\nitem1.EMAIL;TYPE=INTERNET,PREF:j@acme.ex\n ample\n"
        "TEL;TYPE=CELL:+49 30 901820\nORG:Acme\\, Inc;Sales\nPHOTO;ENCODING=b:aGVsbG8=\nEND:VCARD\n"
    )
    four = (
        "BEGIN:VCARD\nVERSION:4.0\nN:Müller;Jürgen;;;\nEMAIL;PREF=1:j@acme.example\n"
        'TEL;VALUE=uri;TYPE="voice,cell":tel:+49 30 901820\nORG:Acme\\, Inc;Sales\nEND:VCARD\n'
    )
    read = [cards.row(next(cards.cards(text))) for text in (old, three, four)]
    assert read[0] == read[1] == read[2]
    assert dict(zip(cards.HEADER, read[0], strict=True)) == dict.fromkeys(cards.HEADER, "") | {
        "First Name": "Jürgen", "Last Name": "Müller", "Email": "j@acme.example", "Phone": "+49 30 901820",
        "Company": "Acme, Inc",
    }  # fmt: skip


def test_a_card_with_the_whole_name_alone_has_a_name_and_a_company_is_nobody() -> None:
    told = "BEGIN:VCARD\nFN:Frank Dawson\nORG:Lotus\nEND:VCARD\nBEGIN:VCARD\nN:;;;;\nFN:Lotus\nORG:Lotus\nEND:VCARD\n"
    assert [cards.row(card)[:2] for card in cards.cards(told)] == [["Frank", "Dawson"], ["", ""]]


def workbook(*rows: list[Any]) -> bytes:
    return b"".join(xlsx_pieces([str(cell) for cell in rows[0]], rows[1:]))


def test_a_workbook_is_read_with_its_numbers_and_days(mara: User) -> None:
    from datetime import date

    content = workbook(
        ["First name", "E-mail", "Phone", "Created on"],
        ["Ada", "ada@acme.example", 4930901820, date(2024, 3, 5)],
        [],
        ["=1+1", "bo@berg.example", None, ""],
        ["Cy", "nobody", "", ""],
    )
    of = run(upload(content, mara, "people.xlsx"))
    assert (of.format, of.sheet, of.total_rows, counts(of)) == (Format.WORKBOOK, "Export", 3, (2, 0, 0, 1))
    ada = Contact.objects.get(email="ada@acme.example")
    assert (ada.phone, ada.created_at.date()) == ("4930901820", date(2024, 3, 5))
    assert Contact.objects.get(email="bo@berg.example").first_name == "=1+1"
    assert of.rejected_rows.get().line == 5  # the row of the sheet, the blank one counted


def test_bombs_are_refused_quickly() -> None:
    def claims(reference: str) -> bytes:
        book = io.BytesIO(workbook(["E-mail"], ["a@x.example"]))
        packed = io.BytesIO()
        with zipfile.ZipFile(book) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                data = old.read(name)
                if name.endswith("sheet1.xml"):
                    cell = f'<row r="{reference[3:]}"><c r="{reference}"><v>1</v></c></row></sheetData>'.encode()
                    data = data.replace(b"</sheetData>", cell)
                new.writestr(name, data)
        return packed.getvalue()

    def swollen() -> bytes:
        packed = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(workbook(["E-mail"], ["a@x.example"]))) as old,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                if not name.endswith("sheet1.xml"):
                    new.writestr(name, old.read(name))
            with new.open("xl/worksheets/sheet1.xml", "w") as sheet:
                sheet.write(b"<worksheet><sheetData>")
                row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
                for _ in range(2_000):
                    sheet.write(row * 100)
                sheet.write(b"</sheetData></worksheet>")
        return packed.getvalue()

    for content in (claims("XFD1048576"), swollen()):
        assert len(content) < 2_000_000
        with pytest.raises(Refused, match="too large"):
            files.read(content)


def test_a_workbook_of_nothing_and_one_that_is_damaged(mara: User) -> None:
    with pytest.raises(Refused, match="no rows below"):
        upload(workbook(["E-mail"]), mara)
    whole = workbook(["E-mail"], ["a@x.example"])
    with pytest.raises(Refused, match=r"damaged|protected"):
        upload(whole[:-60], mara)
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(Refused, match="zip file without a workbook"):
        upload(empty.getvalue(), mara)


def test_cells_of_a_workbook_as_a_text_table_would_have_them() -> None:
    assert [workbooks.cell_text(value) for value in (" a ", 5.0, 0.5, True, None, 1e20)] == [
        "a", "5", "0.5", "yes", "", "1e+20",
    ]  # fmt: skip


def test_wide_ragged_and_hostile_rows_are_a_matter_of_their_row(mara: User) -> None:
    header = ["E-mail", *(f"c{n}" for n in range(299))]
    lines = [
        ",".join(header),
        "ada@acme.example" + ",x" * 299,
        "bo@berg.example",
        "cy@cole.example" + ",y" * 400,
        '"di@d.example\0"',
        "ם@example.com,\u202eevil😀",
        "x" * 1_000_000,
    ]
    of = run(upload("\r\n".join(lines), mara))
    assert (of.total_rows, counts(of)) == (6, (4, 0, 0, 2))
    assert json.dumps(of.rejected_rows.get(line=4).cells[:2]) == '["cy@cole.example", "y"]'


def test_duplicate_headers_and_a_list_without_any(mara: User) -> None:
    of = upload("E-mail,Email,First name,First name\na@x.example,b@x.example,A,B\n", mara)
    assert of.mapping == {0: "email", 2: "first_name"} or of.mapping == {1: "email", 2: "first_name"}
    with pytest.raises(Refused, match="names the columns"):
        upload("ada@acme.example,Ada\nbo@berg.example,Bo\n", mara)
