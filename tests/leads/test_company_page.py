from typing import Any

import pytest

from core.errors import Refused
from leads import services
from leads.models import ChangedContact, Company, Contact, CustomField
from leads.services import companies
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


def test_its_people_are_written_anew_in_batches(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companies, "BATCH", 2)
    for name in ("Cai", "Dee", "Eva"):
        factories.contact(first_name=name, company=company)
    ChangedContact.objects.all().delete()
    services.change_company(company, name="Zenith")
    people = Contact.objects.filter(company=company)
    assert people.filter(search_text__contains="zenith").count() == 5
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == set(people.values_list("pk", flat=True))


def test_own_fields_are_merged_with_what_is_stored_and_checked(company: Company) -> None:
    CustomField.objects.create(about="company", key="erp", label="ERP")
    CustomField.objects.create(about="company", key="fleet", label="Fleet", type="number", position=1)
    Company.objects.filter(pk=company.pk).update(custom={"erp": "SAP"})  # after `company` was read
    services.change_company(company, custom={"fleet": 3})
    assert Company.objects.get(pk=company.pk).custom == {"erp": "SAP", "fleet": 3}
    with pytest.raises(Refused) as refused:
        services.change_company(company, custom={"fleet": "many"})
    assert list(refused.value.fields) == ["custom.fleet"]


def test_a_domain_taken_at_the_same_moment_is_refused(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Company.objects.create(name="Other", domain="")
    real = Company.save

    def save(self: Company, *args: Any, **kwargs: Any) -> None:
        Company.objects.filter(pk=other.pk).update(domain="new.example")  # after the look, before the write
        real(self, *args, **kwargs)

    monkeypatch.setattr(Company, "save", save)
    with pytest.raises(Refused) as refused:
        services.change_company(company, domain="new.example")
    assert list(refused.value.fields) == ["domain"]
