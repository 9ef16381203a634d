"""A custom field that is made of what programs have been telling gets what they told before."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from capture import tasks
from capture.models import FieldFill, Site
from capture.services import begin_fill, continue_fill, filling, fills_to_continue
from capture.services.same_person import Teller
from capture.services.told import identify
from capture.services.told_companies import group
from capture.sites import KnownSite
from leads.models import ChangedContact, Company, Contact, CustomField
from leads.services import change_contact, link_identity
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def teller(*, is_server: bool) -> Teller:
    site = Site.objects.create(name="Backend" if is_server else "Shop", is_server=is_server)
    return Teller(KnownSite(site.pk, frozenset(), site.name, site.is_server), NOW)


@pytest.fixture
def server(db: None) -> Teller:
    return teller(is_server=True)


def tell(by: Teller, user: str = "", device: str = "", /, at: datetime = NOW, **traits: Any) -> None:
    identify(user, device, traits, at=at, by=by)


def fill(key: str, **fields: Any) -> FieldFill:
    field = CustomField.objects.create(key=key, label=key.title(), **fields)
    begin_fill(field, now=NOW)
    while continue_fill(field.pk, now=LATER):
        pass
    return FieldFill.objects.get(field=field)


def custom_of(email: str) -> dict[str, Any]:
    custom: dict[str, Any] = Contact.objects.get(email=email).custom
    return custom


def test_what_was_told_before_is_filled_in_and_scored(server: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "ROWS", 2)
    for number in range(5):
        tell(server, f"u{number}", email=f"p{number}@x.example", planName=f"Plan {number}")
    tell(server, "quiet", email="quiet@x.example", shoeSize=43)
    ChangedContact.objects.all().delete()
    run = fill("plan_name")
    assert (run.filled, run.done_at) == (5, LATER)
    assert [custom_of(f"p{number}@x.example") for number in range(5)] == [
        {"plan_name": f"Plan {number}"} for number in range(5)
    ]
    assert custom_of("quiet@x.example") == {}
    told = set(Contact.objects.filter(custom__has_key="plan_name").values_list("pk", flat=True))
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == told


def test_nobody_s_own_value_is_overwritten_and_a_second_run_changes_nothing(server: Teller) -> None:
    tell(server, "u1", email="ada@x.example", plan="Basic")
    tell(server, "u2", email="bo@x.example", plan="Pro")
    field = CustomField.objects.create(key="plan", label="Plan")
    change_contact(Contact.objects.get(email="ada@x.example"), custom={"plan": "Enterprise"})
    begin_fill(field, now=NOW)
    assert continue_fill(field.pk, now=LATER) is True
    assert continue_fill(field.pk, now=LATER) is False
    assert (custom_of("ada@x.example"), custom_of("bo@x.example")) == ({"plan": "Enterprise"}, {"plan": "Pro"})
    begin_fill(field, now=LATER)
    continue_fill(field.pk, now=LATER)
    assert FieldFill.objects.get().filled == 0


def test_of_several_words_the_newest_and_a_servers_before_a_pages(server: Teller) -> None:
    tell(server, "u1", at=NOW, email="ada@x.example", plan="Old")
    tell(server, "u2", at=NOW + timedelta(days=1), email="ada@x.example", plan="New")
    ada = Contact.objects.get(email="ada@x.example")
    link_identity(kind="anonymous", value="device-1", contact=ada)
    tell(teller(is_server=False), "", "device-1", at=NOW + timedelta(days=2), plan="Said by a page")
    fill("plan")
    assert custom_of("ada@x.example") == {"plan": "New"}


def test_a_page_is_believed_of_its_own_device_only() -> None:
    page = teller(is_server=False)
    ada, bo = factories.contact(email="ada@x.example"), factories.contact(email="bo@x.example")
    link_identity(kind="anonymous", value="device-1", contact=ada)
    link_identity(kind="user_id", value="bo", contact=bo)
    tell(page, "", "device-1", plan="Pro")
    tell(page, "bo", "device-2", plan="Anybody can say this")
    assert fill("plan").filled == 1
    assert (custom_of("ada@x.example"), custom_of("bo@x.example")) == ({"plan": "Pro"}, {})


def test_what_is_no_value_of_the_field_is_left_out(server: Teller) -> None:
    tell(server, "u1", email="ada@x.example", seats="many")
    tell(server, "u2", email="bo@x.example", seats="12")
    assert fill("seats", type="number").filled == 1
    assert (custom_of("ada@x.example"), custom_of("bo@x.example")) == ({}, {"seats": 12})


def test_companies_too(server: Teller) -> None:
    group("g1", "u1", "", {"name": "Initech", "fleetSize": 7}, at=NOW, by=server)
    group("g2", "u2", "", {"name": "Umbrella"}, at=NOW, by=server)
    assert fill("fleet_size", about="company", type="number").filled == 1
    assert dict(Company.objects.values_list("name", "custom")) == {"Initech": {"fleet_size": 7}, "Umbrella": {}}


def test_it_looks_once_more_when_others_may_not_have_committed(server: Teller) -> None:
    tell(server, "u1", email="ada@x.example", plan="Pro")
    field = CustomField.objects.create(key="plan", label="Plan")
    begin_fill(field, now=NOW)
    soon = NOW + timedelta(seconds=1)
    while continue_fill(field.pk, now=soon):
        pass
    run = FieldFill.objects.get()
    assert (run.filled, run.next_id, run.done_at) == (1, 0, None)


def test_the_sweep_begins_what_nobody_began_and_finishes_what_was_lost(server: Teller) -> None:
    tell(server, "u1", email="ada@x.example", plan="Pro")
    field = CustomField.objects.create(key="plan", label="Plan")
    assert fills_to_continue(now=LATER) == [field.pk]
    tasks.fill_field(field.pk)
    assert custom_of("ada@x.example") == {"plan": "Pro"}
    assert FieldFill.objects.get().done_at is not None
    assert fills_to_continue(now=LATER + timedelta(days=1)) == []
    begin_fill(field, now=LATER)
    assert fills_to_continue(now=LATER + timedelta(seconds=59)) == []
    assert fills_to_continue(now=LATER + timedelta(seconds=61)) == [field.pk]


def test_a_marketer_makes_a_field_of_an_offered_trait_and_reads_how_many_were_filled(
    cast: Cast, server: Teller
) -> None:
    tell(server, "u1", email="ada@x.example", planName="Pro")
    client = client_of(cast.mara)
    given = {"about": "contact", "label": "Plan", "key": "plan_name", "type": "text"}
    assert client.post("/settings/fields/new/", given, follow=True).status_code == 200
    tasks.fill_field(CustomField.objects.get().pk)
    assert custom_of("ada@x.example") == {"plan_name": "Pro"}
    assert "1 so far" in client.get("/settings/fields/").content.decode()
    FieldFill.objects.update(done_at=LATER)
    assert "1 filled" in client.get("/settings/fields/").content.decode()


def test_more_options_are_looked_through_again(cast: Cast, server: Teller) -> None:
    tell(server, "u1", email="ada@x.example", plan="Gold")
    client = client_of(cast.mara)
    given = {"about": "contact", "label": "Plan", "key": "plan", "type": "choice", "options": "Silver\nBronze"}
    client.post("/settings/fields/new/", given)
    field = CustomField.objects.get()
    tasks.fill_field(field.pk)
    assert custom_of("ada@x.example") == {}
    FieldFill.objects.update(done_at=LATER)
    client.post(f"/settings/fields/{field.pk}/", {"label": "Plan", "options": "Silver\nBronze\nGold"})
    tasks.fill_field(field.pk)
    assert custom_of("ada@x.example") == {"plan": "Gold"}
