"""Importing a list of people: every row accounted for, nobody twice."""

import pytest
from django.utils import timezone

from capture import services
from capture.models import Import, ImportStatus
from core.errors import Refused
from leads.models import ChangedContact, Contact, CustomField, Identity, LifecycleChange, Standing, Tag
from leads.services import change_contact, company_for
from tests import factories
from tests.capture.lists import LIST, counts, people, run, upload
from tests.conftest import Cast
from users.models import User

pytestmark = pytest.mark.django_db


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
        (b"PK\x03\x04rest", "damaged"),
        ((",".join(f"c{n}" for n in range(501)) + "\n" + "1," * 500).encode(), "at most 500"),
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


def test_whoever_has_no_address_is_known_again_by_name_and_company() -> None:
    mara = User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    kim = factories.contact(email="kim@berg.example", first_name="Kim", last_name="Berg")
    rows = (
        "First Name,Last Name,Company,Position,Connected On\n"
        "Hal,Ito,Ito KK,CEO,12 Nov 2025\n"
        "HAL,Ito,ito kk,Owner,13 Nov 2025\n"  # in this list already
        "Hal,Ito,Other,CEO,12 Nov 2025\n"
        "Hal,,Ito KK,,\n"
        "Hal,,Ito KK,,\n"  # half a name tells nothing
        "Kim,Berg,,,\n"  # nor does a name alone
    )
    assert counts(run(upload(rows, mara))) == (5, 0, 1, 0)
    assert counts(run(upload(rows, mara))) == (3, 0, 3, 0)
    change_contact(kim, company=company_for(name="Straße AG"))
    filled = run(upload("Name,Company,Title\nkim berg,STRAßE AG,Cook\n", mara))
    assert counts(filled) == (0, 1, 0, 0)
    kim.refresh_from_db()
    assert (kim.email, kim.job_title) == ("kim@berg.example", "Cook")
