"""Who they are, as Segment clients tell it: what reaches a contact, and what never does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture.models import DeviceTurn, SamePerson, Site, SiteNote, ToldGroup, ToldTraits
from capture.services.devices import Turns
from capture.services.same_person import Teller
from capture.services.told import identify
from capture.services.told_companies import group
from capture.sites import KnownSite
from capture.tasks import follow_same_people
from leads.models import Company, Contact, CustomField, EngagementEvent, Identity
from leads.services import NewEvent, change_contact, company_for, link_identity, record_events
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def teller(*, is_server: bool) -> Teller:
    site = Site.objects.create(name="Backend" if is_server else "Shop", is_server=is_server)
    return Teller(KnownSite(site.pk, frozenset(), site.name, site.is_server), NOW)


@pytest.fixture
def server(db: None) -> Teller:
    return teller(is_server=True)


@pytest.fixture
def page(db: None) -> Teller:
    return teller(is_server=False)


def tell(by: Teller, user: str = "", device: str = "", /, at: datetime = NOW, **traits: Any) -> None:
    identify(user, device, traits, at=at, by=by)


def owner(kind: str, value: str) -> int | None:
    return Identity.objects.values_list("contact_id", flat=True).get(kind=kind, value=value)


def seen(kind: str, value: str, number: int = 1) -> None:
    record_events(
        [NewEvent("page_view", (kind, value), NOW, "test", f"{kind}-{value}-{number}", {"path": "/"})], now=NOW
    )


def test_traits_become_fields_custom_fields_and_the_company(server: Teller) -> None:
    CustomField.objects.create(key="plan_name", label="Plan")
    CustomField.objects.create(key="logins", label="Logins", type="number")
    tell(
        server,
        "u1",
        email="Peter@Initech.example",
        name="Peter Gibbons",
        phone="+49 30 901820",
        title="Engineer",
        address={"country": "USA", "city": "Austin"},
        company={"name": "Initech", "domain": "initech.example", "employee_count": "329", "industry": "Software"},
        planName="Pro",
        logins=5,
        shoeSize=43,
    )
    contact = Contact.objects.select_related("company").get()
    assert (contact.first_name, contact.last_name, contact.email, contact.job_title, contact.country) == (
        "Peter",
        "Gibbons",
        "Peter@initech.example",
        "Engineer",
        "US",
    )
    assert contact.custom == {"plan_name": "Pro", "logins": 5}
    company = contact.company
    assert company is not None
    assert (company.name, company.industry, company.employees) == ("Initech", "Software", 329)
    assert owner("user_id", "u1") == contact.pk
    assert ToldTraits.objects.get().traits["shoeSize"][0] == 43
    assert SiteNote.objects.filter(topic="trait").values_list("about", flat=True).get() == "shoeSize"


def test_by_trait_the_newest_word_stands_in_whichever_order_it_arrives(server: Teller) -> None:
    tell(server, "u1", at=NOW, email="a@x.example", title="Director")
    tell(server, "u1", at=NOW - timedelta(days=1), title="Manager", phone="+4930901820")
    contact = Contact.objects.get()
    assert (contact.job_title, contact.phone) == ("Director", "+4930901820")
    tell(server, "u1", at=NOW + timedelta(days=1), title="Chief")
    contact.refresh_from_db()
    assert contact.job_title == "Chief"


def test_without_an_address_it_is_an_unknown_visitor_until_one_is_told(server: Teller) -> None:
    seen("user_id", "u1")
    seen("anonymous", "device-0001")
    tell(server, "u1", "device-0001", name="Peter Gibbons")
    assert not Contact.objects.exists()
    assert SamePerson.objects.count() == 1
    tell(server, "u1", email="p@x.example")
    contact = Contact.objects.get()
    assert contact.first_name == "Peter"  # told before, remembered
    assert owner("anonymous", "device-0001") == contact.pk
    assert set(EngagementEvent.objects.values_list("contact_id", flat=True)) == {contact.pk}


def test_two_devices_of_one_user_become_one_person(server: Teller) -> None:
    for device in ("phone-00001", "laptop-0001"):
        seen("anonymous", device)
        tell(server, "u1", device)
    tell(server, "u1", email="p@x.example")
    contact = Contact.objects.get()
    assert owner("anonymous", "phone-00001") == owner("anonymous", "laptop-0001") == contact.pk
    assert EngagementEvent.objects.filter(contact=contact).count() == 2


def test_a_known_address_is_the_known_person(server: Teller) -> None:
    known = factories.contact(email="p@x.example", first_name="Pia")
    tell(server, "u1", "device-0001", email="P+news@x.example", title="Buyer")
    known.refresh_from_db()
    assert Contact.objects.count() == 1
    assert (known.first_name, known.job_title) == ("Pia", "Buyer")
    assert owner("user_id", "u1") == owner("anonymous", "device-0001") == known.pk


def test_an_address_that_is_somebody_elses_moves_nobody(server: Teller) -> None:
    other = factories.contact(email="other@x.example")
    tell(server, "u1", email="p@x.example")
    mine = Contact.objects.exclude(pk=other.pk).get()
    tell(server, "u1", at=NOW + timedelta(hours=1), email="other@x.example", title="Buyer")
    mine.refresh_from_db()
    assert (mine.email, mine.job_title) == ("p@x.example", "Buyer")
    assert owner("email", "other@x.example") == other.pk
    assert SiteNote.objects.filter(topic="refused").count() == 1


def test_a_second_person_at_the_same_computer_is_somebody_else(server: Teller) -> None:
    tell(server, "u1", "device-0001", email="first@x.example")
    first = Contact.objects.get()
    tell(server, "u2", "device-0001", email="second@x.example")
    second = Contact.objects.exclude(pk=first.pk).get()
    assert owner("anonymous", "device-0001") == first.pk
    assert owner("user_id", "u2") == second.pk
    tell(server, "u3", "device-0001", name="Nobody Known")
    assert owner("user_id", "u3") is None


def test_from_the_second_person_on_the_device_is_another_visitors(server: Teller) -> None:
    def visitor(minutes: int) -> int | None:
        return owner("anonymous", server.turns.visitor("device-0001", NOW + timedelta(minutes=minutes)))

    tell(server, "", "device-0001", email="first@x.example", firstName="Ann")
    tell(server, "", "device-0001", at=NOW + timedelta(minutes=2), email="second@x.example")
    first, second = Contact.objects.order_by("pk")
    assert (first.first_name, second.first_name, second.email) == ("Ann", "", "second@x.example")
    assert [visitor(1), visitor(2), visitor(9)] == [first.pk, second.pk, second.pk]
    tell(server, "", "device-0001", at=NOW + timedelta(minutes=2), email="second@x.example")  # sent again
    tell(server, "", "device-0001", at=NOW + timedelta(minutes=3), jobTitle="Cook")
    assert (Contact.objects.get(pk=second.pk).job_title, DeviceTurn.objects.count()) == ("Cook", 1)
    tell(server, "", "device-0001", at=NOW + timedelta(minutes=4), email="first@x.example", jobTitle="Baker")
    assert [visitor(1), visitor(3), visitor(4)] == [first.pk, second.pk, first.pk]
    tell(server, "u9", "device-0001", at=NOW + timedelta(minutes=6), email="third@x.example")
    tell(server, "u8", "device-0001", at=NOW + timedelta(minutes=8))
    assert visitor(8) is None  # another user, of whom nothing else is known yet
    tell(server, "u8", at=NOW + timedelta(minutes=9), email="fourth@x.example")
    assert visitor(8) == Contact.objects.get(email="fourth@x.example").pk
    assert Contact.objects.count() == 4


def test_of_a_device_that_all_people_share_only_the_turns_asked_for_are_read(server: Teller) -> None:
    for number in range(6):
        tell(server, f"u{number}", "kiosk", at=NOW + timedelta(minutes=number), email=f"p{number}@x.example")
    turns = Turns()
    asked = [("kiosk", NOW + timedelta(minutes=number, seconds=30)) for number in (0, 3, 9)]
    with CaptureQueriesContext(connection) as queries:
        turns.read([*asked, ("device-0001", NOW), ("", NOW)])
        visitors = [turns.visitor(*one) for one in asked]
        assert (turns.visitor("device-0001", NOW), turns.visitor("", NOW)) == ("device-0001", "")
    assert len(queries) == 1
    owners = [Identity.objects.get(kind="anonymous", value=visitor).contact for visitor in visitors]
    assert [str(one and one.email) for one in owners] == ["p0@x.example", "p3@x.example", "p5@x.example"]
    assert sum(len(instants) for instants in turns._of.values()) == 4  # whatever else the kiosk has seen


def test_a_page_that_names_a_known_person_goes_on_as_nobody(page: Teller) -> None:
    known = factories.contact(email="known@x.example")
    tell(page, "", "device-0001", email="first@x.example")
    tell(page, "", "device-0001", at=NOW + timedelta(minutes=2), email="known@x.example", firstName="Mallory")
    assert owner("anonymous", page.turns.visitor("device-0001", NOW + timedelta(minutes=2))) is None
    assert Contact.objects.get(pk=known.pk).first_name != "Mallory"


def test_a_server_that_names_another_company_than_before_moves_them(server: Teller, page: Teller) -> None:
    def company(device: str = "", by: Teller = server, **traits: Any) -> str:
        tell(by, "u1", device, company=traits)
        return str(Contact.objects.get(email="ida@acme.example").company)

    tell(server, "u1", email="ida@acme.example")
    assert company(name="Acme", domain="acme.example") == "Acme"
    change_contact(Contact.objects.get(), company=company_for(name="By hand"))
    assert company(name="ACME", domain="acme.example", employees=9) == "By hand"  # nothing that they say is new
    assert company(name="Berg") == "Berg"
    assert company("device-0001", page, name="Cole") == "Berg"


def test_what_is_no_value_of_its_field_is_left_out_and_the_rest_is_kept(server: Teller) -> None:
    CustomField.objects.create(key="size", label="Size", type="number")
    tell(server, "u1", email="p@x.example", title="x" * 5_000, phone=["no"], address="Berlin", size="large", company=7)
    contact = Contact.objects.get()
    assert (contact.email, contact.phone, contact.custom) == ("p@x.example", "", {})
    tell(server, "u3", email="nobody", phone="x")  # neither an address nor a number: nobody whom we could reach
    assert (Contact.objects.count(), owner("user_id", "u3")) == (1, None)
    tell(server, "u2", email="no address", phone="+4930901821")
    assert Contact.objects.exclude(pk=contact.pk).get().phone == "+4930901821"


def test_a_user_id_that_is_an_address_is_one(server: Teller) -> None:
    tell(server, "p@x.example", name="Pia Example")
    assert Contact.objects.get().email == "p@x.example"


# --- what a page says, anybody can say ---


def test_a_page_may_make_a_new_lead_and_tell_of_its_own_device(page: Teller) -> None:
    seen("anonymous", "device-0001")
    tell(page, "u1", "device-0001", email="new@x.example")
    contact = Contact.objects.get()
    assert EngagementEvent.objects.get().contact_id == contact.pk
    tell(page, "u1", "device-0001", title="Buyer")
    contact.refresh_from_db()
    assert contact.job_title == "Buyer"
    tell(page, "u1", "device-0001", at=NOW + timedelta(hours=1), title="Other")
    contact.refresh_from_db()
    assert contact.job_title == "Buyer"  # only what is empty


def test_an_address_that_a_page_claims_does_not_reach_a_known_person(page: Teller) -> None:
    known = factories.contact(email="boss@x.example", phone="")
    seen("anonymous", "device-0001")
    tell(page, "evil", "device-0001", email="boss@x.example", phone="+4930901820", firstName="Evil")
    known.refresh_from_db()
    assert (known.first_name, known.phone) == ("Lee", "")
    assert owner("anonymous", "device-0001") is None
    assert owner("user_id", "evil") is None
    assert EngagementEvent.objects.get().contact_id is None
    assert SiteNote.objects.filter(topic="refused").count() == 1


def test_a_page_that_names_a_known_user_changes_nothing_of_them(page: Teller, server: Teller) -> None:
    tell(server, "u1", email="p@x.example")
    contact = Contact.objects.get()
    tell(page, "u1", "device-0009", phone="+4930901820", email="evil@x.example")
    contact.refresh_from_db()
    assert (contact.phone, contact.email) == ("", "p@x.example")
    assert "phone" not in ToldTraits.objects.get(identity__kind="user_id").traits
    assert owner("anonymous", "device-0009") == contact.pk  # the device is the user's from now on


# --- group ---


def test_who_becomes_known_by_a_form_brings_the_other_identities_along(server: Teller) -> None:
    seen("user_id", "u1")
    seen("anonymous", "device-0001")
    tell(server, "u1", "device-0001")
    contact = factories.contact()
    link_identity(kind="anonymous", value="device-0001", contact=contact)
    assert owner("user_id", "u1") is None
    follow_same_people()
    assert owner("user_id", "u1") == contact.pk
    assert EngagementEvent.objects.filter(contact=contact).count() == 2


def test_what_was_told_of_a_visitor_is_theirs_once_a_form_names_them(page: Teller, server: Teller) -> None:
    CustomField.objects.create(key="plan", label="Plan")
    tell(page, "", "device-0001", plan="Pro", firstName="P.", title="Buyer")
    tell(page, "u7", "", plan="Anybody can say this")
    assert not Contact.objects.exists()
    follow_same_people()
    ada, bo = (factories.contact(email=f"{name}@x.example", first_name=name) for name in ("ada", "bo"))
    link_identity(kind="anonymous", value="device-0001", contact=ada)
    link_identity(kind="user_id", value="u7", contact=bo)
    follow_same_people()
    ada.refresh_from_db()
    bo.refresh_from_db()
    assert (ada.first_name, ada.job_title, ada.custom, bo.custom) == ("ada", "Buyer", {"plan": "Pro"}, {})
    assert not ToldTraits.objects.filter(is_waiting=True).exists()
    tell(server, "", "device-0002", plan="Team")
    link_identity(kind="anonymous", value="device-0002", contact=bo)
    follow_same_people()
    bo.refresh_from_db()
    assert bo.custom == {"plan": "Team"}


def test_who_is_unknown_on_anothers_device_stays_somebody_else(server: Teller) -> None:
    tell(server, "u1", "device-0001", email="first@x.example")
    tell(server, "u2", "device-0001", at=NOW + timedelta(minutes=2))
    tell(server, "u1", "device-0001", at=NOW + timedelta(minutes=4))
    assert owner("user_id", "u2") is None
    tell(server, "u2", at=NOW + timedelta(minutes=9), email="second@x.example")
    assert set(Contact.objects.values_list("email", flat=True)) == {"first@x.example", "second@x.example"}


def test_a_group_is_a_company_and_its_members_belong_to_it(server: Teller) -> None:
    tell(server, "u1", email="a@gmail.com")
    tell(server, "u2", email="b@gmail.com")
    group("g1", "u1", "", {}, at=NOW, by=server)
    assert not Company.objects.exists()
    group("g1", "u2", "", {"name": "Initech", "employees": 329, "industry": "Technology"}, at=NOW, by=server)
    company = Company.objects.get()
    assert (company.name, company.employees, company.industry) == ("Initech", 329, "Technology")
    assert set(Contact.objects.values_list("company__name", flat=True)) == {"Initech"}
    group("g1", "", "", {"name": "Initech", "employees": 12}, at=NOW + timedelta(hours=1), by=server)
    company.refresh_from_db()
    assert company.employees == 329  # only what is not known
    assert ToldGroup.objects.get().traits["employees"][0] == 12


def test_who_becomes_known_later_joins_the_group_of_before(server: Teller) -> None:
    group("g1", "u1", "", {"name": "Initech"}, at=NOW, by=server)
    tell(server, "u1", email="a@gmail.com")
    assert Contact.objects.select_related("company").get().company == Company.objects.get()


def test_a_page_cannot_describe_a_company_that_is_known(page: Teller, server: Teller) -> None:
    group("g1", "", "", {"name": "Initech"}, at=NOW, by=server)
    group("g1", "u7", "", {"name": "Evil", "industry": "Crime"}, at=NOW + timedelta(hours=1), by=page)
    assert (Company.objects.get().name, Company.objects.get().industry) == ("Initech", "")
