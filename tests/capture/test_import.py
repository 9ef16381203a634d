"""Importing a list: every row accounted for, nobody twice, nothing lost by a crash."""

import csv
import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from capture import services, tasks
from capture.models import Import, ImportStatus, RejectedRow
from capture.services import importing
from core.errors import Refused
from leads.models import ChangedContact, Contact, CustomField, Identity, LifecycleChange, Standing, Tag
from tests import factories
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db

SALESFORCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "salesforce-dataloader-samples"
LIST = (
    "First name,Last name,E-mail,Phone,Company,Country,Tags\n"
    "Ada,Nowak,ada@acme.example,+49 30 901820,Acme,Germany,fair\n"
    "Bo,Berg,bo@berg.example,,Berg AG,SE,\n"
    ",,nobody,,,,\n"
    "Ada,Nowak,ADA@acme.example,,,,vip\n"
    "Cy,Cole,,,Cole,Atlantis,\n"
    "Di,Dean,bo@berg.example,+46 8 1234567,,,\n"
    "Ed,East,ed@east.example,,East,,,surplus\n"
)


def upload(content: str | bytes, user: User | None = None, name: str = "list.csv") -> Import:
    data = content.encode() if isinstance(content, str) else content
    user = user or User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    return services.upload(name=name, content=data, started_by=user, now=timezone.now())


def run(of: Import) -> Import:
    assert services.start_import(of, now=timezone.now())
    tasks.run_import(import_id=of.pk)
    of.refresh_from_db()
    return of


def counts(of: Import) -> tuple[int, int, int, int]:
    assert of.done_rows == of.created + of.updated + of.skipped + of.rejected
    return (of.created, of.updated, of.skipped, of.rejected)


def people(count: int) -> str:
    rows = (f"P{n},Person,p{n}@firm{n % 50}.example,Firm {n % 50}" for n in range(count))
    return "First name,Last name,E-mail,Company\n" + "\n".join(rows)


def test_every_row_is_accounted_for_with_its_reason() -> None:
    of = run(upload(LIST))
    assert (of.status, of.total_rows) == (ImportStatus.DONE, 7)
    assert counts(of) == (2, 2, 0, 3)
    assert list(of.rejected_rows.values_list("line", "reason")) == [
        (4, "E-mail: “nobody” is not an e-mail address."),
        (6, "Country: “Atlantis” is not a country we know. Use its English name or two-letter code."),
        (8, "The row has 8 cells, the header has 7. A comma inside a cell needs quotation marks around the cell."),
    ]
    assert of.content == b""
    ada = Contact.objects.get(email="ada@acme.example")
    assert (ada.country, str(ada.company), ada.company and ada.company.domain) == ("DE", "Acme", "acme.example")
    assert ada.standing.source == "import"
    assert set(Tag.objects.filter(pk__in=ada.standing.tag_ids).values_list("name", flat=True)) == {"fair", "vip"}
    assert sorted(ada.identities.values_list("kind", "value")) == [
        ("email", "ada@acme.example"),
        ("phone", "+4930901820"),
    ]
    change = LifecycleChange.objects.get(contact=ada)
    assert (change.to_stage, change.actor_id, change.reason) == ("lead", of.started_by_id, "Imported: list.csv")
    bo = Contact.objects.get(email="bo@berg.example")
    assert (bo.first_name, bo.phone) == ("Bo", "+46 8 1234567")
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {ada.pk, bo.pk}


def test_the_same_list_again_changes_nothing() -> None:
    content = people(30)
    user = User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    assert counts(run(upload(content, user))) == (30, 0, 0, 0)
    ChangedContact.objects.all().delete()
    assert counts(run(upload(content, user))) == (0, 0, 30, 0)
    assert (Contact.objects.count(), Standing.objects.count(), Identity.objects.count()) == (30, 30, 30)
    assert not ChangedContact.objects.exists()


def test_known_people_only_have_their_gaps_filled() -> None:
    CustomField.objects.create(key="size", label="Size", type="number")
    known = factories.contact(first_name="Adelheid", last_name="", email="ada@acme.example", job_title="CFO")
    content = "First name,Last name,E-mail,Job title,Country,Size\nAda,Nowak,ada@acme.example,CTO,DE,12\n"
    assert counts(run(upload(content))) == (0, 1, 0, 0)
    known.refresh_from_db()
    assert (known.first_name, known.last_name, known.job_title, known.country) == ("Adelheid", "Nowak", "CFO", "DE")
    assert known.custom == {"size": 12}
    assert "nowak" in known.search_text


def test_rows_without_an_address_match_by_number_and_name() -> None:
    content = "Name,Phone\nAda Nowak,+49 30 901820\nAda Nowak,+49 30 90 18 20\nBo Berg,+49 30 901820\n"
    assert counts(run(upload(content))) == (2, 0, 1, 0)
    assert Identity.objects.get().contact == Contact.objects.get(first_name="Ada")


def test_dates_sources_owners_and_the_tag_of_the_list(cast: Cast) -> None:
    content = (
        "E-mail;Lead Source;Create Date;Owner email;Other\n"
        "a@x.example;Webinar;25/03/2024;rita@winnow.example;1\n"
        "b@x.example;Elsewhere;01/04/2024;;2\n"
        "c@x.example;;02/04/2024;left@winnow.example;3\n"
        "d@x.example;;01/01/2999;;4\n"
    )
    of = upload(content, cast.mara)
    assert of.day_first
    services.choose_columns(
        of, mapping={0: "email", 1: "source", 2: "created_at", 3: "owner"}, day_first=True, tag="Fair"
    )
    assert counts(run(of)) == (2, 0, 0, 2)
    a, b = Contact.objects.order_by("email")
    assert (a.standing.source, a.standing.owner, a.created_at.date().isoformat()) == (
        "webinar",
        cast.rita,
        "2024-03-25",
    )
    assert (b.standing.source, b.standing.owner) == ("import", None)
    assert a.standing.tag_ids == b.standing.tag_ids == [Tag.objects.get(name="Fair").pk]
    assert LifecycleChange.objects.get(contact=a).at == a.created_at


def test_names_numbers_and_cells_of_all_sorts_are_a_matter_of_their_row() -> None:
    content = (
        "First name,E-mail,Company\n"
        f"{'x' * 1_000_000},long@x.example,A\n"
        f"Ada,{'y' * 300}@x.example,A\n"
        f"Bo,bo@x.example,{'z' * 300}\n"
        "\u202eevil,rtl@x.example,\u05e9\u05dc\u05d5\u05dd\n"
        "😀,smile@y.example,🏢\n"
        "N\0ul,nul@x.example,B\n"
        "=1+1,formula@x.example,C\n"
        "   ,,\n"
    )
    of = run(upload(content))
    assert counts(of) == (4, 0, 0, 3)
    assert of.total_rows == 7
    assert Contact.objects.get(email="nul@x.example").first_name == "Nul"
    assert Contact.objects.get(email="smile@y.example").company.name == "🏢"  # type: ignore[union-attr]


def test_the_events_of_an_address_without_a_contact_come_along() -> None:
    from leads.models import EngagementEvent
    from leads.services import NewEvent, record_events

    event = NewEvent("email_opened", ("email", "ada@acme.example"), timezone.now(), "mail", "m1", {})
    record_events([event], now=timezone.now())
    run(upload("E-mail\nAda@acme.example\n"))
    assert EngagementEvent.objects.get().contact == Contact.objects.get()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n ,,\n", "The file is empty"),
        (b"E-mail\n", "no rows below"),
        (b"Ada,ada@acme.example\nBo,bo@acme.example\n", "names the columns"),
        (b"PK\x03\x04rest", "CSV"),
        ((",".join(f"c{n}" for n in range(201)) + "\n" + "," * 200).encode(), "at most 200"),
        (b"a" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
    ],
)
def test_what_cannot_be_a_list_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        upload(content)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "mapping",
    [{}, {0: "company"}, {0: "email", 1: "email"}, {0: "email", 1: "shoe"}, {9: "email"}, {0: "email", 1: "custom.x"}],
)
def test_a_mapping_that_names_nobody_or_twice_is_refused(mapping: dict[int, str]) -> None:
    of = upload("E-mail,Name\na@x.example,A\n")
    with pytest.raises(Refused) as refused:
        services.choose_columns(of, mapping=mapping, day_first=False, tag="")
    assert list(refused.value.fields) == ["mapping"]


def test_the_rehearsal_says_what_would_happen_and_stores_nothing() -> None:
    factories.contact(email="bo@berg.example", first_name="Bo", last_name="Berg", phone="")
    before = Contact.objects.count()
    of = upload(LIST)
    rehearsed = services.rehearse_import(of, now=timezone.now())
    assert [(record.line, result.outcome.value) for record, result in rehearsed] == [
        (2, "created"),
        (3, "updated"),
        (4, "rejected"),
        (5, "updated"),
        (6, "rejected"),
        (7, "updated"),
        (8, "rejected"),
    ]
    assert rehearsed[5][1].filled == ["phone"]
    assert Contact.objects.count() == before
    assert not Tag.objects.exists()


# --- crashes, two workers, cancelling ---


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)


@pytest.mark.usefixtures("small_batches")
def test_a_killed_worker_loses_no_row_and_takes_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Like a kill -9: no except clause of ours sees it."""

    of = upload(people(45))
    services.start_import(of, now=timezone.now())
    real = importing._take
    calls: Iterator[int] = iter(range(100))

    def dying(*args: Any) -> Any:
        results = real(*args)
        if next(calls) == 2:
            raise Killed
        return results

    monkeypatch.setattr(importing, "_take", dying)
    with pytest.raises(Killed):
        services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert (of.status, of.done_rows, Contact.objects.count()) == (ImportStatus.RUNNING, 20, 20)

    tasks.resume_imports()  # the worker may still live
    of.refresh_from_db()
    assert of.done_rows == 20
    assert not services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert of.done_rows == 20

    services.run_import(of.pk, now=timezone.now() + timedelta(minutes=3))
    of.refresh_from_db()
    assert (of.status, of.done_rows) == (ImportStatus.DONE, 45)
    assert counts(of) == (45, 0, 0, 0)
    assert Contact.objects.count() == 45


@pytest.mark.usefixtures("small_batches")
def test_an_error_of_ours_is_said_and_the_import_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(25))
    real = importing._take
    monkeypatch.setattr(
        importing, "_take", lambda records, *rest: 1 / 0 if records[0].line > 10 else real(records, *rest)
    )
    run(of)
    assert (of.status, of.done_rows) == (ImportStatus.FAILED, 10)
    assert "on our side" in of.error
    monkeypatch.setattr(importing, "_take", real)
    assert services.continue_import(of, now=timezone.now())
    assert not services.continue_import(of, now=timezone.now())
    tasks.run_import(import_id=of.pk)
    of.refresh_from_db()
    assert (of.status, counts(of), Contact.objects.count()) == (ImportStatus.DONE, (25, 0, 0, 0), 25)


def test_a_database_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(5))
    services.start_import(of, now=timezone.now())

    def away(*args: Any) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_take", away)
        with pytest.raises(OperationalError):
            services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert of.status == ImportStatus.QUEUED
    tasks.run_import(import_id=of.pk)
    assert Contact.objects.count() == 5


def test_the_sweep_starts_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, fresh, dead = (
        upload("E-mail\na@x.example\n", user)
        for user in User.objects.bulk_create(User(email=f"u{n}@x.example", name="U", role="marketer") for n in range(3))
    )
    now = timezone.now()
    rows = Import.objects
    rows.filter(pk=lost.pk).update(status=ImportStatus.QUEUED, touched_at=now - timedelta(minutes=1))
    rows.filter(pk=fresh.pk).update(status=ImportStatus.QUEUED, touched_at=now)
    rows.filter(pk=dead.pk).update(status=ImportStatus.RUNNING, touched_at=now - timedelta(minutes=3))
    queued: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, import_id: queued.append(import_id))
    tasks.resume_imports()
    assert queued == [lost.pk, dead.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches")
def test_two_workers_at_once_import_each_row_once() -> None:
    of = upload(people(200))
    services.start_import(of, now=timezone.now())
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        try:
            services.run_import(of.pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    of.refresh_from_db()
    assert (of.status, counts(of)) == (ImportStatus.DONE, (200, 0, 0, 0))
    assert Contact.objects.count() == 200


@pytest.mark.django_db(transaction=True)
def test_two_lists_with_the_same_people_at_once_make_each_person_once() -> None:
    user = User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    lists = [upload(people(300), user) for _ in range(2)]
    for of in lists:
        services.start_import(of, now=timezone.now())
    barrier = threading.Barrier(2)

    def work(pk: int) -> None:
        barrier.wait()
        try:
            services.run_import(pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(of.pk,)) for of in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for of in lists:
        of.refresh_from_db()
    assert [of.status for of in lists] == [ImportStatus.DONE, ImportStatus.DONE]
    assert sum(of.created for of in lists) == 300
    assert sum(of.skipped for of in lists) == 300
    assert Contact.objects.count() == 300


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_stops_after_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(50))
    real = importing._take_batch

    def cancelling(*args: Any, **kwargs: Any) -> bool:
        taken = real(*args, **kwargs)
        services.cancel_import(of, now=timezone.now())
        return taken

    monkeypatch.setattr(importing, "_take_batch", cancelling)
    run(of)
    assert (of.status, of.done_rows, of.content) == (ImportStatus.CANCELLED, 10, b"")
    assert Contact.objects.count() == 10
    assert not services.cancel_import(of, now=timezone.now())


def test_a_batch_costs_the_same_for_few_rows_and_for_many(django_assert_max_num_queries: Any) -> None:
    for count in (5, 200):
        of = upload(people(count), User.objects.create(email=f"u{count}@x.example", name="U", role="marketer"))
        with django_assert_max_num_queries(32):
            services.start_import(of, now=timezone.now())
            services.run_import(of.pk, now=timezone.now())


# --- pages ---


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
    assert "who is it about" in answer.content.decode()
    assert Import.objects.get().status == ImportStatus.MAPPING


def test_rejected_rows_come_back_safe_and_can_be_imported_when_mended(cast: Cast) -> None:
    of = run(upload("First name,E-mail,Phone\n=HYPERLINK(1),nobody,+49 30 1\n", cast.mara))
    answer: Any = client_of(cast.mara).get(f"/imports/{of.pk}/rejected.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-rows-of-import-{of.pk}.csv"'
    content = b"".join(answer.streaming_content).decode()
    assert list(csv.reader(io.StringIO(content))) == [
        ["Line", "Reason", "First name", "E-mail", "Phone"],
        ["2", "E-mail: “nobody” is not an e-mail address.", "'=HYPERLINK(1)", "nobody", "'+49 30 1"],
    ]
    mended = upload(content.replace("nobody,", "ada@acme.example,"), cast.mara)
    assert counts(run(mended)) == (1, 0, 0, 0)
    assert Contact.objects.get().first_name == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
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
