import pytest

from leads import services
from leads.models import Company, Contact
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def company(cast: Cast) -> Company:
    company = services.company_for(name="Acme", domain="acme.example")
    assert company is not None
    ann = factories.contact(first_name="Ann", company=company)
    ben = factories.contact(first_name="Ben", company=company)
    services.assign_owner([ann.pk], cast.rita)
    services.assign_owner([ben.pk], cast.sven)
    return company


def test_it_shows_those_people_whom_the_reader_may_see(cast: Cast, company: Company) -> None:
    seen = {
        user.name: client_of(user).get(f"/companies/{company.pk}/").content.decode() for user in (cast.rita, cast.mona)
    }
    assert "Ann" in seen["Rita"]
    assert "Ben" not in seen["Rita"]
    assert "Ben" in seen["Mona"]


def test_a_company_whose_people_are_all_hidden_is_404(cast: Cast, company: Company) -> None:
    Contact.objects.filter(first_name="Ben").update(company=None)
    assert client_of(cast.rita).get(f"/companies/{company.pk}/").status_code == 200
    assert client_of(cast.sven).get(f"/companies/{company.pk}/").status_code == 404
    assert client_of(cast.sven).post(f"/companies/{company.pk}/edit/", {"name": "X"}).status_code == 404


def test_changes_rename_it_in_the_search_of_its_people(cast: Cast, company: Company) -> None:
    client = client_of(cast.rita)
    data = {"name": "Zenith", "domain": "www.zenith.example", "employees": "120", "country": "de"}
    assert client.post(f"/companies/{company.pk}/edit/", data, headers=HTMX).status_code == 204
    company.refresh_from_db()
    assert (company.name, company.domain, company.employees, company.country) == ("Zenith", "zenith.example", 120, "DE")
    assert "zenith" in Contact.objects.get(first_name="Ann").search_text
    assert client.get(f"/companies/{company.pk}/").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "X", "employees": "-1"},
        {"name": "X", "employees": "9" * 30},
        {"name": "X", "country": "Germany"},
        {"name": "X", "domain": "other.example"},
        {"name": "a\0b"},
    ],
)
def test_nonsense_is_refused(cast: Cast, company: Company, data: dict[str, str]) -> None:
    services.company_for(name="Other", domain="other.example")
    assert client_of(cast.rita).post(f"/companies/{company.pk}/edit/", data, headers=HTMX).status_code == 422
    company.refresh_from_db()
    assert company.name == "Acme"


def test_viewers_read_and_do_not_change(cast: Cast, company: Company) -> None:
    shown = client_of(cast.vera).get(f"/companies/{company.pk}/")
    assert shown.status_code == 200
    assert "/edit/" not in shown.content.decode()
    assert client_of(cast.vera).post(f"/companies/{company.pk}/edit/", {"name": "X"}).status_code == 403
    assert client_of(cast.rita).put(f"/companies/{company.pk}/edit/").status_code == 405
