import pytest

from leads import services
from leads.models import Company, Standing
from leads.queries import search_companies, search_people
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def found(user: object, q: str) -> list[str]:
    return [contact.first_name for contact in search_people(user, q)]  # type: ignore[arg-type]


def test_an_address_or_number_comes_first_however_it_is_written(cast: Cast) -> None:
    factories.contact(first_name="Ann", email="A.Nn+news@gmail.com", phone="+49 30 1234567")
    other = factories.contact(first_name="Ben", last_name="ann@gmail.com")
    Standing.objects.filter(pk=other.pk).update(total=99)
    assert found(cast.mona, "ann@gmail.com") == ["Ann", "Ben"]
    assert found(cast.mona, "+49301234567")[0] == "Ann"


def test_names_are_found_without_accents_by_parts_and_misspelt(cast: Cast) -> None:
    factories.contact(first_name="Jürgen", last_name="Großmann", email="")
    for q in ("jurgen", "GROSS", "jürg gro", "ju", "jurgen grosman"):
        assert found(cast.mona, q) == ["Jürgen"], q
    assert found(cast.mona, "rgen xyz") == []
    assert found(cast.mona, "") == found(cast.mona, " \0 ") == []


def test_reps_find_only_whom_they_may_see(cast: Cast) -> None:
    company = services.company_for(name="Acme", domain="acme.example")
    hidden = factories.contact(first_name="Ann", email="ann@acme.example", company=company)
    services.assign_owner([hidden.pk], cast.sven)
    assert found(cast.rita, "ann@acme.example") == []
    assert found(cast.rita, "ann") == []
    assert found(cast.sven, "ann") == ["Ann"]
    assert search_companies(cast.rita, "acme") == []
    assert search_companies(cast.sven, "acme") == [company]


def test_companies_are_found_by_name_domain_and_misspelt(cast: Cast) -> None:
    company = Company.objects.create(
        name="Nordlicht Energie", domain="nordlicht.example", search_text="nordlicht energie nordlicht.example"
    )
    for q in ("nordl", "nordlicht.exa", "nordlich energi"):
        assert search_companies(cast.rita, q) == [company], q
    assert search_companies(cast.rita, "südlicht") == []


def test_at_most_so_many(cast: Cast) -> None:
    for _ in range(4):
        factories.contact(first_name="Twin")
    assert len(search_people(cast.mona, "twin", limit=3)) == 3


def test_hostile_queries_find_nothing_and_break_nothing(cast: Cast, naughty: list[str]) -> None:
    factories.contact(first_name="Qwzjx", last_name="", email="")
    for q in [*naughty, "x" * 1_000_000, "%" * 100, "\\", "a" * 3 + "\\"]:
        assert list(search_people(cast.rita, q)) == [], q
        assert list(search_companies(cast.rita, q)) == [], q
