"""The pages of an import: upload, columns, progress, result."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from capture import tasks
from capture.models import Import, ImportStatus, RejectedRow
from leads.models import Contact
from tests.capture.lists import LIST, counts, run, upload
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db

SALESFORCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "salesforce-dataloader-samples"


def send_file(client: Client, content: bytes, name: str = "list.csv") -> Any:
    return client.post("/imports/new/", {"file": SimpleUploadedFile(name, content)})


def test_a_marketer_uploads_maps_starts_and_reads_the_result(cast: Cast) -> None:
    client = client_of(cast.mara)
    assert client.get("/imports/new/").status_code == 200
    answer = send_file(client, LIST.encode())
    of = Import.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{of.pk}/")
    page = client.get(f"/imports/{of.pk}/").content.decode()
    assert "What would happen to the first 7 rows" in page
    assert "2 created · 2 updated · 0 skipped · 3 rejected" in " ".join(page.split())
    chosen = {f"column-{number}": field for number, field in of.mapping.items()}
    preview = client.post(
        f"/imports/{of.pk}/", chosen | {"action": "preview", "column-0": ""}, headers={"HX-Request": "true"}
    )
    assert preview.status_code == 200
    assert "<html" not in preview.content.decode()
    assert Import.objects.get().status == ImportStatus.MAPPING
    answer = client.post(f"/imports/{of.pk}/", chosen | {"action": "start", "tag": "Fair"})
    assert answer.status_code == 302
    assert Import.objects.get().status == ImportStatus.QUEUED
    assert "every 1s" in client.get(f"/imports/{of.pk}/").content.decode()
    tasks.run_import(import_id=of.pk)
    page = client.get(f"/imports/{of.pk}/progress/").content.decode()
    assert "every 1s" not in page
    assert "is not an e-mail address" in page
    assert f"/imports/{of.pk}/" in client.get("/imports/").content.decode()
    again = client.post(f"/imports/{of.pk}/", chosen | {"action": "start"})
    assert again.status_code == 302
    assert counts(Import.objects.get()) == (2, 2, 0, 3)


def test_a_mapping_without_a_person_is_422_and_says_why(cast: Cast) -> None:
    client = client_of(cast.mara)
    send_file(client, LIST.encode())
    of = Import.objects.get()
    answer = client.post(
        f"/imports/{of.pk}/", {"column-4": "company", "column-x": "email", "column-99999999999": "email"}
    )
    assert answer.status_code == 422
    assert "who is it?" in answer.content.decode()
    assert Import.objects.get().status == ImportStatus.MAPPING


def test_rejected_rows_come_back_safe_and_can_be_imported_when_mended(cast: Cast) -> None:
    of = run(upload("First name,E-mail,Phone\n=HYPERLINK(1),nobody,+49 30 1\n", cast.mara))
    answer: Any = client_of(cast.mara).get(f"/imports/{of.pk}/rejected.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-rows-of-import-{of.pk}.csv"'
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [
        ["Line", "Reason", "First name", "E-mail", "Phone"],
        ["2", "E-mail: “nobody” is not an e-mail address.", "'=HYPERLINK(1)", "nobody", "+49 30 1"],
    ]
    mended = upload(content.replace("nobody,", "ada@acme.example,"), cast.mara)
    assert counts(run(mended)) == (1, 0, 0, 0)
    assert Contact.objects.get().first_name == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0rest", "protected by a password or damaged"),
        (b"", "empty"),
        (b"E-mail\n", "no rows below"),
    ],
)
def test_a_file_that_is_no_list_is_422_with_a_sentence(cast: Cast, content: bytes, sentence: str) -> None:
    answer = send_file(client_of(cast.mara), content)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Import.objects.exists()


def test_only_those_who_may_import_see_imports(cast: Cast) -> None:
    of = upload(LIST, cast.mara)
    pages = ["/imports/", "/imports/new/", *(f"/imports/{of.pk}/{part}" for part in ("", "progress/", "rejected.csv"))]
    for address in pages:
        for user in (cast.mara, cast.mona, cast.adam):
            assert client_of(user).get(address).status_code == 200, (address, user)
        for user in (cast.rita, cast.vera):
            assert client_of(user).get(address).status_code == 403, (address, user)
        assert client_of(None).get(address).status_code == 302
    mara = client_of(cast.mara)
    assert mara.get("/imports/999999999999999999999/").status_code == 404
    assert mara.get(f"/imports/{of.pk}/cancel/").status_code == 405
    assert client_of(cast.rita).post(f"/imports/{of.pk}/cancel/").status_code == 403
    assert mara.post(f"/imports/{of.pk}/cancel/").status_code == 302
    assert Import.objects.get().status == ImportStatus.CANCELLED
    assert mara.post(f"/imports/{of.pk}/continue/").status_code == 302
    assert Import.objects.get().status == ImportStatus.CANCELLED


def test_rejected_rows_and_counts_are_guarded_by_the_database(cast: Cast) -> None:
    from django.db import IntegrityError, transaction

    of = upload(LIST, cast.mara)
    RejectedRow.objects.create(of=of, line=2, reason="x", cells=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        RejectedRow.objects.create(of=of, line=2, reason="x", cells=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        Import.objects.filter(pk=of.pk).update(done_rows=3, created=1)


@pytest.mark.skipif(not SALESFORCE.is_dir(), reason="the Salesforce samples of ../shared/data are not here")
def test_exports_of_companies_and_deals_are_said_to_be_so(cast: Cast) -> None:
    client = client_of(cast.mara)
    for file, sentence in (("accountData.csv", "a list of companies"), ("opportunityData.csv", "a list of deals")):
        answer = send_file(client, (SALESFORCE / file).read_bytes(), file)
        page = client.get(answer["Location"]).content.decode()
        assert sentence in page
        assert "What would happen" not in page
    assert Import.objects.get(name="accountData.csv").encoding == "cp1252"
