"""A workbook of several sheets: the first that holds something is offered, another one is taken by a choice."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from capture import services
from capture.models import Format, Import, UploadedBook
from core.errors import Refused
from core.export import xlsx_pieces
from leads.models import Contact
from tests.capture.lists import run
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
READ_ME = [["About this file"], ["Exported by hand"]]
PEOPLE = [["First name", "E-mail"], ["Ada", "ada@acme.example"], ["Bo", "bo@berg.example"]]
WHAT_THEY_DID = [["E-mail", "Activity", "Date"], ["ada@acme.example", "Call", "2026-01-05"]]

MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def book(**sheets: list[list[str]]) -> bytes:
    """A workbook as OpenDocument writes it."""
    tables = ""
    for name, rows in sheets.items():
        cells = "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
                for cell in row
            )
            + "</table:table-row>"
            for row in rows
        )
        tables += f'<table:table table:name="{name.replace("_", " ")}">{cells}</table:table>'
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f"<office:document-content {namespaces}><office:body><office:spreadsheet>{tables}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", f"{content}</office:spreadsheet></office:body></office:document-content>")
    return packed.getvalue()


def begin(cast: Cast, content: bytes) -> Import:
    file = SimpleUploadedFile("people.ods", content)
    assert client_of(cast.mara).post("/imports/new/", {"file": file}).status_code == 302
    return Import.objects.get()


def test_another_sheet_is_taken_and_its_columns_are_guessed_anew(cast: Cast) -> None:
    of = begin(cast, book(Read_me=READ_ME, People=PEOPLE, What_they_did=WHAT_THEY_DID))
    client, url = client_of(cast.mara), f"/imports/{of.pk}/"
    assert (of.sheet, of.total_rows, UploadedBook.objects.get().sheets) == (
        "Read me",
        1,
        ["Read me", "People", "What they did"],
    )
    page = client.get(url).content.decode()
    assert '<option value="0" selected>Read me</option>' in page
    answer = client.post(url, {"sheet": "1", "action": "preview"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "ada@acme.example" in answer.content.decode()) == (200, True)
    of.refresh_from_db()
    assert (of.sheet, of.total_rows, of.mapping, of.about) == (
        "People",
        2,
        {"0": "first_name", "1": "email"},
        "contacts",
    )
    client.post(url, {"sheet": "2", "action": "preview"})
    of.refresh_from_db()
    assert (of.sheet, of.about) == ("What they did", "activities")
    client.post(url, {"sheet": "1", "action": "preview"})
    chosen = {"sheet": "1", "about": "contacts", "column-0": "first_name", "column-1": "email", "action": "start"}
    assert client.post(url, chosen).status_code == 302
    assert not UploadedBook.objects.exists()
    services.run_import(of.pk, now=of.created_at)
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"Ada", "Bo"}


def test_a_sheet_that_is_no_list_is_said_and_the_one_before_stays(cast: Cast) -> None:
    of = begin(cast, book(People=PEOPLE, Empty=[["E-mail"]]))
    client, url = client_of(cast.mara), f"/imports/{of.pk}/"
    answer = client.post(url, {"sheet": "1", "action": "preview"})
    assert answer.status_code == 422
    assert "Sheet “Empty”: There are no rows below" in answer.content.decode()
    of.refresh_from_db()
    assert (of.sheet, of.total_rows) == ("People", 2)
    for number in ("7", "-1", "x", "99999999999"):
        assert client.post(url, {"sheet": number, "action": "preview"}).status_code in {200, 422}
    of.refresh_from_db()
    assert of.sheet == "People"


def test_a_workbook_of_one_sheet_offers_no_choice(cast: Cast) -> None:
    of = begin(cast, book(People=PEOPLE))
    assert not UploadedBook.objects.exists()
    assert 'name="sheet"' not in client_of(cast.mara).get(f"/imports/{of.pk}/").content.decode()
    with pytest.raises(Refused):
        services.choose_sheet(of, 0)


def test_what_has_begun_takes_no_other_sheet_and_what_is_cancelled_keeps_none(cast: Cast) -> None:
    of = begin(cast, book(People=PEOPLE, More=PEOPLE))
    before = Import.objects.get()
    UploadedBook.objects.all().update(sheets=["People", "More"])
    run(of)
    with pytest.raises(Refused):
        services.choose_sheet(before, 1)
    other = services.upload(
        name="b.ods", content=book(People=PEOPLE, More=PEOPLE), started_by=cast.mara, now=of.created_at
    )
    services.cancel_import(other, now=of.created_at)
    assert not UploadedBook.objects.exists()


def test_before_the_list_there_may_be_a_sheet_with_a_title(cast: Cast) -> None:
    of = begin(cast, book(Title=[["Our trade fair"]], Blank=[], People=PEOPLE, More=PEOPLE))
    assert (of.sheet, of.total_rows) == ("People", 2)
    page = client_of(cast.mara).get(f"/imports/{of.pk}/").content.decode()
    assert '<option value="2" selected>People</option>' in page
    nothing = SimpleUploadedFile("titles.ods", book(Title=[["Our trade fair"]], Another=[["And a title"]]))
    refused = client_of(cast.mara).post("/imports/new/", {"file": nothing})
    assert (refused.status_code, "There are no rows below" in refused.content.decode()) == (422, True)


def excel(rows: str) -> bytes:
    """A workbook of one sheet with these rows, as XML."""
    packed = io.BytesIO()
    whole = io.BytesIO(b"".join(xlsx_pieces([], [], sheet="A & B")))
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(packed, "w") as written:
        for name in read.namelist():
            text = read.read(name).decode()
            before, found, after = text.partition("<sheetData>")
            written.writestr(name, f"{before}{found}{rows}{after[after.index('</sheetData>') :]}" if found else text)
    return packed.getvalue()


def test_formulas_of_which_the_file_has_no_result_are_said(cast: Cast) -> None:
    def text(place: str, value: str) -> str:
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    rows = f"<row>{text('A1', 'E-mail')}{text('B1', 'First name')}{text('C1', 'Company')}{text('D1', 'Tags')}</row>"
    for n, name in enumerate(("ada", "bo"), 2):
        computed = f'<c r="C{n}" t="str"><f>"Acme"</f><v>Acme</v></c><c r="D{n}" t="str"><f>""</f><v></v></c>'
        rows += (
            f'<row>{text(f"A{n}", f"{name}@x.example")}<c r="B{n}" s="0"><f>PROPER(A{n})</f><v/></c>{computed}</row>'
        )
    of = begin(cast, excel(rows))
    assert (of.sheet, of.unread) == ("A & B", {"1": 2})
    page = client_of(cast.mara).get(f"/imports/{of.pk}/").content.decode()
    assert "cells of this sheet hold a formula" in page
    assert "formulas without a result" in page
    Import.objects.all().delete()
    assert begin(cast, excel(rows.replace("<v/>", "<v>Ada</v>"))).unread == {}


def test_a_list_that_waits_through_an_upgrade_is_read_by_the_columns_it_was_kept_with(cast: Cast) -> None:
    """Cards were kept with a column more once: the rows, their header and what the columns mean stay together."""
    header = ["First Name", "Last Name", "Full Name", "Email", "Phone"]
    rows = [header, ["Ada", "Nowak", "", "ada@acme.example", "+49 30 901820"]]
    of = Import.objects.create(
        name="people.vcf", format=Format.CARDS, encoding="utf-8", header=header, total_rows=1, started_by=cast.mara,
        content="".join(f"{json.dumps(row)}\n" for row in rows).encode(),
        mapping={"0": "first_name", "1": "last_name", "3": "email", "4": "phone"},
    )  # fmt: skip
    run(of)
    ada = Contact.objects.get()
    assert (ada.name, ada.email, ada.phone) == ("Ada Nowak", "ada@acme.example", "+49 30 901820")
