import pytest

from leads import services
from leads.models import Company, Contact, CustomField
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ANN = {"first_name": "Ann", "last_name": "Lee", "email": "Ann@Acme.example", "company_name": "Acme", "source": "card"}


def test_a_rep_adds_a_lead_that_is_the_reps_own(cast: Cast) -> None:
    response = client_of(cast.rita).post("/leads/new/", ANN, headers=HTMX)
    contact = Contact.objects.get()
    assert response["HX-Redirect"] == f"/leads/{contact.pk}/"
    assert (contact.name, contact.email, str(contact.company)) == ("Ann Lee", "Ann@acme.example", "Acme")
    assert (contact.standing.owner, contact.standing.source, contact.standing.lifecycle) == (cast.rita, "card", "lead")
    assert contact.lifecycle_changes.get().actor == cast.rita


def test_a_marketers_lead_is_nobodys_and_the_source_is_by_hand(cast: Cast) -> None:
    response = client_of(cast.mara).post("/leads/new/", {"last_name": "Solo"})
    contact = Contact.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/leads/{contact.pk}/")
    assert (contact.standing.owner, contact.standing.source) == (None, "manual")


def test_a_known_address_leads_to_the_record_that_has_it(cast: Cast) -> None:
    known = factories.contact(first_name="Old", last_name="Friend", email="ann@acme.example")
    response = client_of(cast.rita).post("/leads/new/", ANN, headers=HTMX)
    assert response.status_code == 422
    assert f'href="/leads/{known.pk}/"' in response.content.decode()
    assert "Old Friend already has this address" in response.content.decode()
    assert Contact.objects.count() == 1


def test_a_stranger_does_not_learn_whose_address_it_is(cast: Cast) -> None:
    known = factories.contact(first_name="Secret", last_name="Friend", email="ann@acme.example")
    services.assign_owner([known.pk], cast.sven)
    response = client_of(cast.rita).post("/leads/new/", ANN, headers=HTMX)
    assert response.status_code == 422
    assert "belongs to a contact of another team" in response.content.decode()
    assert "Secret" not in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "Give at least a name"),
        ({"email": "nobody"}, "not an e-mail address"),
        ({"last_name": "x", "country": "d1"}, "two-letter code"),
        ({"last_name": "x" * 101}, "at most 100"),
        ({"last_name": "x" * 1_000_000}, "at most 100"),
        ({"last_name": "a\0b"}, "Null characters"),
        ({"last_name": "x", "source": "hell"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(
    cast: Cast, fields: dict[str, str], named: str
) -> None:
    response = client_of(cast.rita).post("/leads/new/", fields, headers=HTMX)
    assert response.status_code == 422
    assert named in response.content.decode()
    assert not Contact.objects.exists()


def test_naughty_names_are_stored_or_refused_never_an_error(cast: Cast, naughty: list[str]) -> None:
    client = client_of(cast.rita)
    for text in naughty:
        text = text.encode("utf-8", "replace").decode()
        response = client.post(
            "/leads/new/", {"last_name": text, "company_name": text, "job_title": text}, headers=HTMX
        )
        assert response.status_code in {204, 422}, text
    assert client.get("/leads/?q=" + "A").status_code == 200
    for contact in Contact.objects.order_by("-pk")[:60]:
        assert client.get(f"/leads/{contact.pk}/facts/").status_code == 200


def test_viewers_may_not_add(cast: Cast) -> None:
    assert client_of(cast.vera).get("/leads/new/").status_code == 403
    assert client_of(cast.vera).post("/leads/new/", ANN).status_code == 403


def test_changes_are_saved_with_own_fields_and_found_again(cast: Cast) -> None:
    CustomField.objects.create(key="fleet", label="Fleet size", type="number")
    CustomField.objects.create(key="since", label="Customer since", type="date", position=1)
    contact = factories.contact(first_name="Ann", last_name="Lee")
    client = client_of(cast.rita)
    url = f"/leads/{contact.pk}/edit/"
    data = {"first_name": "Ann", "last_name": "Ångström", "phone": "+49 30 1234567", "company_name": "Newco"}
    response = client.post(url, data | {"custom_fleet": "12", "custom_since": "2024-02-29"}, headers=HTMX)
    assert response.status_code == 204
    contact = Contact.objects.get(pk=contact.pk)
    assert (contact.last_name, contact.email, str(contact.company)) == ("Ångström", "", "Newco")
    assert contact.custom == {"fleet": 12, "since": "2024-02-29"}
    assert "Fleet size" in client.get(f"/leads/{contact.pk}/").content.decode()
    assert "angstrom" in contact.search_text
    assert client.post(url, data | {"custom_fleet": "many"}, headers=HTMX).status_code == 422
    assert client.post(url, {"first_name": ""}, headers=HTMX).status_code == 422
    assert Contact.objects.get(pk=contact.pk).last_name == "Ångström"


def test_somebody_elses_address_is_refused_with_a_link(cast: Cast) -> None:
    other = factories.contact(email="taken@acme.example")
    contact = factories.contact()
    data = {"first_name": "Ann", "email": "TAKEN@acme.example"}
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/edit/", data, headers=HTMX)
    assert response.status_code == 422
    assert f"/leads/{other.pk}/" in response.content.decode()


@pytest.mark.parametrize("number", ["1e5000", "1e999999999", "-1e999999999", "NaN", "1234567890123456"])
def test_a_number_beyond_measure_is_an_error_beside_its_field(cast: Cast, number: str) -> None:
    CustomField.objects.create(key="fleet", label="Fleet size", type="number")
    contact = factories.contact()
    url = f"/leads/{contact.pk}/edit/"
    response = client_of(cast.rita).post(url, {"first_name": "Ann", "custom_fleet": number}, headers=HTMX)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["custom_fleet"]
    assert Contact.objects.get().custom == {}


def test_a_refused_lead_leaves_no_company_behind(cast: Cast) -> None:
    factories.contact(email="ann@acme.example")
    contact = factories.contact()
    client = client_of(cast.rita)
    assert client.post("/leads/new/", ANN | {"company_name": "Orphan"}, headers=HTMX).status_code == 422
    data = {"first_name": "Ann", "email": "ann@acme.example", "company_name": "Orphan"}
    assert client.post(f"/leads/{contact.pk}/edit/", data, headers=HTMX).status_code == 422
    assert client.post(f"/leads/{contact.pk}/edit/", {"company_name": "Orphan"}, headers=HTMX).status_code == 422
    assert not Company.objects.exists()


def test_a_stranger_who_changes_does_not_learn_whose_address_it_is(cast: Cast) -> None:
    theirs = factories.contact(email="ann@acme.example", owner=cast.sven)
    mine = factories.contact(owner=cast.rita)
    data = {"first_name": "A", "email": "ann@acme.example"}
    page = client_of(cast.rita).post(f"/leads/{mine.pk}/edit/", data, headers=HTMX).content.decode()
    assert "belongs to a contact of another team" in page
    assert f"no. {theirs.pk}" not in page
