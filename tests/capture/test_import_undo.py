"""An import is undone: everything is as it was before, except what somebody has touched since."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture import services, tasks
from capture.models import Import, ImportedContact, ImportStatus
from capture.services.importing import undoing
from core.errors import Refused
from leads.models import Company, Contact, CustomField, EngagementEvent, Identity, LifecycleChange, Standing
from leads.services import NewEvent, add_tag, assign_owner, change_contact, create_contact, record_events, take_back
from tests import factories
from tests.capture.lists import counts, run, undo, upload
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db


def state() -> dict[str, Any]:
    """Everything that an import may touch, by value; `updated_at` tells other programs of the undo and moves on."""
    return {
        "contacts": sorted(
            Contact.objects.values_list(
                "pk", "first_name", "last_name", "email", "phone", "job_title", "country", "company_id", "custom",
                "search_text", "created_at",
            ),
            key=str,
        ),
        "companies": sorted(Company.objects.values_list("pk", "name", "domain", "search_text")),
        "identities": sorted(Identity.objects.values_list("pk", "kind", "value", "contact_id"), key=str),
        "standings": sorted(Standing.objects.values_list("pk", "owner_id", "lifecycle", "source", "tag_ids"), key=str),
        "events": sorted(EngagementEvent.objects.values_list("pk", "contact_id", "identity_id"), key=str),
        "steps": sorted(LifecycleChange.objects.values_list("pk", "contact_id")),
    }  # fmt: skip


@pytest.fixture
def mara(db: None) -> User:
    return User.objects.create(email="mara@lists.example", name="Mara", role="marketer")


LIST = (
    "First name,Last name,E-mail,Phone,Job title,Company,Tags\n"
    "Ada,Nowak,ada@acme.example,+49 30 901820,CTO,Acme,fair\n"
    "Bo,Berg,bo@berg.example,,CEO,Berg AG,\n"
    "Ada,Nowak,ADA@acme.example,,,,vip\n"
)


def test_new_people_companies_and_filled_fields_go_again(mara: User) -> None:
    factories.contact(email="bo@berg.example", first_name="Bo", last_name="", job_title="")
    record_events(
        [NewEvent("page_view", ("email", "ada@acme.example"), timezone.now(), "t", "m1", {"path": "/pricing"})],
        now=timezone.now(),
    )
    before = state()
    of = run(upload(LIST, mara))
    assert counts(of) == (1, 2, 0, 0)
    assert EngagementEvent.objects.get().contact is not None
    assert state() != before
    of = undo(of)
    assert (of.status, of.undone, of.to_undo, of.conflicts.count()) == (ImportStatus.UNDONE, 2, 2, 0)
    assert state() == before
    with pytest.raises(Refused):
        services.start_undo(of, now=timezone.now())


def test_overwritten_fields_come_back(mara: User, cast: Cast) -> None:
    CustomField.objects.create(key="size", label="Size", type="number")
    old = factories.contact(
        email="bo@berg.example", job_title="Clerk", phone="+46 8 1234567", custom={"size": 3}, company_name="Berg AG"
    )
    assign_owner([old.pk], cast.ravi)
    before = state()
    of = upload(
        "E-mail,Job title,Phone,Company,Size,Owner email,Country\n"
        "bo@berg.example,CEO,+46 8 7654321,Elsewhere,5,rita@winnow.example,SE\n",
        mara,
    )
    every = dict.fromkeys(of.mapping.values(), "overwrite") | {"country": "never"}
    run(
        services.choose_columns(of, mapping={int(n): f for n, f in of.mapping.items()}, policies=every, day_first=False)
    )
    old.refresh_from_db()
    assert (old.job_title, old.phone, str(old.company), old.custom, old.country) == (
        "CEO", "+46 8 7654321", "Elsewhere", {"size": 5}, "",
    )  # fmt: skip
    assert old.standing.owner_id == cast.rita.pk
    assert undo(of).status == ImportStatus.UNDONE
    assert state() == before


def test_what_somebody_touched_since_is_kept_and_listed(mara: User, cast: Cast) -> None:
    bo = factories.contact(email="bo@berg.example", first_name="Bo", last_name="", job_title="")
    of = run(upload(LIST + "Cy,Cole,cy@cole.example,,,Cole,\nDi,Dean,di@dean.example,,,Dean,\n", mara))
    ada, cy, di = (Contact.objects.get(email=f"{who}.example") for who in ("ada@acme", "cy@cole", "di@dean"))
    change_contact(bo, job_title="Chair")
    factories.event(ada, "demo_requested", now=timezone.now())
    add_tag([cy.pk], "mine")
    undo(of)
    assert {row.contact_id: row.text for row in of.conflicts.filter(company=None)} == {
        bo.pk: "Job title has been changed since; kept.",
        ada.pk: "Not removed, because of what came since: engagement events.",
        cy.pk: "Not removed, because of what came since: tags.",
    }
    assert not Contact.objects.filter(pk=di.pk).exists()
    bo.refresh_from_db()
    assert (bo.last_name, bo.job_title) == ("", "Chair")
    assert set(of.conflicts.exclude(company=None).values_list("company__name", flat=True)) == {"Acme", "Cole"}
    page = client_of(cast.mara).get(f"/imports/{of.pk}/").content.decode()
    assert "Job title has been changed since; kept." in page
    answer: Any = client_of(cast.mara).get(f"/imports/{of.pk}/kept.csv")
    assert b"".join(answer.streaming_content).decode().count("\r\n") == 1 + of.conflicts.count()


def test_a_killed_undo_goes_on_where_it_stopped(mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Like a kill -9: no except clause of ours sees it."""

    before = state()
    rows = "\n".join(f"P{n},p{n}@firm{n % 7}.example,Firm {n % 7}" for n in range(40))
    of = run(upload(f"First name,E-mail,Company\n{rows}\n", mara))
    monkeypatch.setattr(undoing, "AT_ONCE", 9)
    services.start_undo(of, now=timezone.now())
    real, calls = take_back, iter(range(100))

    def dying(*args: Any, **named: Any) -> Any:
        kept = real(*args, **named)
        if next(calls) == 2:
            raise Killed
        return kept

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "take_back", dying)
        with pytest.raises(Killed):
            tasks.undo_import(import_id=of.pk)
    of.refresh_from_db()
    assert (of.status, of.undone, Contact.objects.count()) == (ImportStatus.UNDOING, 18, 22)
    assert not services.run_undo(of.pk, now=timezone.now())  # the worker may still live
    Import.objects.filter(pk=of.pk).update(touched_at=timezone.now() - timedelta(minutes=3))
    queued: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, import_id: queued.append(import_id))
    tasks.resume_imports()
    assert queued == [of.pk]
    tasks.undo_import(import_id=of.pk)
    of.refresh_from_db()
    assert (of.status, of.undone) == (ImportStatus.UNDONE, 40)
    assert state() == before


def test_an_undo_can_be_stopped_and_taken_up_again(mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    rows = "\n".join(f"P{n},p{n}@firm.example" for n in range(20))
    of = run(upload(f"First name,E-mail\n{rows}\n", mara))
    monkeypatch.setattr(undoing, "AT_ONCE", 5)
    services.start_undo(of, now=timezone.now())
    real = take_back

    def stopping(*args: Any, **named: Any) -> Any:
        services.cancel_import(of, now=timezone.now())
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "take_back", stopping)
        tasks.undo_import(import_id=of.pk)
    of.refresh_from_db()
    assert (of.status, of.undone, Contact.objects.count()) == (ImportStatus.DONE, 5, 15)
    undo(of)
    assert state() == before


def test_undoing_is_for_those_who_import_and_only_once_it_has_ended(cast: Cast) -> None:
    of = upload(LIST, cast.mara)
    client = client_of(cast.mara)
    client.post(f"/imports/{of.pk}/undo/")
    assert Import.objects.get().status == ImportStatus.MAPPING
    run(of)
    assert "Undo this import" in client.get(f"/imports/{of.pk}/").content.decode()
    assert client_of(cast.rita).post(f"/imports/{of.pk}/undo/").status_code == 403
    assert client.get(f"/imports/{of.pk}/undo/").status_code == 405
    assert client.post(f"/imports/{of.pk}/undo/").status_code == 302
    assert Import.objects.get().status == ImportStatus.UNDOING
    assert "Undoing the import" in client.get(f"/imports/{of.pk}/progress/").content.decode()
    assert client.post(f"/imports/{of.pk}/undo/").status_code == 302
    tasks.undo_import(import_id=of.pk)
    assert "Everything is as it was" in client.get(f"/imports/{of.pk}/").content.decode()
    Import.objects.update(status=ImportStatus.DONE)
    assert "Undo this import" not in client.get(f"/imports/{of.pk}/").content.decode()


def test_what_an_undo_needs_goes_after_ninety_days_and_files_after_seven(mara: User) -> None:
    of, waiting = run(upload(LIST, mara)), upload(LIST, mara)
    now = timezone.now()
    services.forget_uploads(now=now + timedelta(days=6))
    waiting.refresh_from_db()
    assert (waiting.status, ImportedContact.objects.filter(of=of).count()) == (ImportStatus.MAPPING, 2)
    services.forget_uploads(now=now + timedelta(days=8))
    waiting.refresh_from_db()
    assert (waiting.status, waiting.content) == (ImportStatus.CANCELLED, b"")
    services.forget_uploads(now=now + timedelta(days=91))
    assert not ImportedContact.objects.exists()
    with pytest.raises(Refused):
        services.start_undo(of, now=now + timedelta(days=91))


NAMES = st.sampled_from(["", "Ada", "Bo", "Čy"])
MAILS = st.sampled_from(["", "a@acme.example", "A@acme.example", "b@berg.example", "c@cole.example", "v@v.example"])
PHONES = st.sampled_from(["", "+4930901820", "+46 8 1234567"])
WORDS = st.sampled_from(["", "CTO", "CEO"])
FIRMS = st.sampled_from(["", "Acme", "Berg AG"])
TAGS = st.sampled_from(["", "fair", "vip;fair"])
OWNERS = st.sampled_from(["", "rita@winnow.example", "ravi@winnow.example"])
ROW = st.tuples(NAMES, NAMES, MAILS, PHONES, WORDS, FIRMS, TAGS, OWNERS)
POLICY = st.fixed_dictionaries(
    {name: st.sampled_from(["fill", "overwrite", "never"]) for name in
     ("first_name", "last_name", "phone", "job_title", "company", "owner", "tags")}
)  # fmt: skip
HEADER = "First name,Last name,E-mail,Phone,Job title,Company,Tags,Owner email"


def listed(rows: list[tuple[str, ...]]) -> str:
    return "\n".join([HEADER, *(",".join(row) for row in rows), ",,last@row.example,,,,,"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.lists(ROW, max_size=4), rows=st.lists(ROW, min_size=1, max_size=8), policies=POLICY)
def test_import_and_undo_is_as_before(cast: Cast, known: list[Any], rows: list[Any], policies: dict[str, str]) -> None:
    LifecycleChange.objects.all().delete()
    EngagementEvent.objects.all().delete()
    Identity.objects.all().delete()
    Contact.objects.all().delete()
    Company.objects.all().delete()
    for number, (first, last, email, phone, job, firm, _, _) in enumerate(known):
        try:
            create_contact(
                source="form", now=timezone.now(), first_name=first, last_name=last or f"K{number}", email=email,
                phone=phone, job_title=job, company_name=firm,
            )  # fmt: skip
        except Refused:  # the address is taken
            continue
    record_events(
        [NewEvent("page_view", ("email", mail), timezone.now(), "t", f"m-{mail}") for mail in ("v@v.example",)],
        now=timezone.now(),
    )
    before = state()
    of = upload(listed(rows), cast.mara)
    mapping = {int(number): field for number, field in of.mapping.items()}
    of = run(services.choose_columns(of, mapping=mapping, policies=policies, day_first=False))
    assert sum(counts(of)) == len(of.rejected_rows.all()) + of.created + of.updated + of.skipped
    of = undo(of)
    assert of.status == ImportStatus.UNDONE
    assert list(of.conflicts.values_list("text", flat=True)) == []
    assert state() == before
