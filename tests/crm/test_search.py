"""Ctrl-K."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Company
from leads.services import assign_owner
from pipeline.services import promote
from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def found(user: object, q: str) -> str:
    return client_of(user).get(reverse("search"), {"q": q}, headers=HTMX).content.decode()  # type: ignore[arg-type]


def test_people_companies_opportunities_and_commands_are_found(cast: Cast) -> None:
    now = timezone.now()
    company = Company.objects.create(
        name="Amber Works", domain="amber.example", search_text="amber works amber.example"
    )
    contact = factories.contact(now=now, first_name="Zoë", last_name="Amberg", company=company)
    opportunity = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
    assert opportunity is not None
    rows = found(cast.rita, "amber")
    assert "<html" not in rows
    for address in (
        reverse("contact", args=[contact.pk]),
        reverse("company", args=[company.pk]),
        reverse("opportunity", args=[opportunity.pk]),
    ):
        assert f'href="{address}"' in rows
    assert reverse("contact", args=[contact.pk]) in found(cast.rita, "zoe")
    assert reverse("forecast") in found(cast.rita, "fore")
    assert reverse("contact_new") in found(cast.rita, "new le")


def test_nobody_finds_what_they_may_not_see(cast: Cast) -> None:
    now = timezone.now()
    contact = factories.contact(now=now, last_name="Amberg")
    assign_owner([contact.pk], cast.rita)
    promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
    assert "Amberg" in found(cast.ravi, "amberg")
    assert "Nothing found" in found(cast.sven, "amberg")
    assert reverse("settings_people") in found(cast.adam, "people")
    assert reverse("settings_people") not in found(cast.rita, "people")
    assert reverse("contact_new") not in found(cast.vera, "new lead")


@pytest.mark.parametrize("q", ["", " ", "\0", "%", "_", "'", '"><script>', "🌾", "א", "a" * 100_000, "\\", "  x  "])
def test_whatever_is_typed_is_answered(cast: Cast, q: str) -> None:
    for headers in ({}, HTMX):
        response = client_of(cast.rita).get(reverse("search"), {"q": q}, headers=headers)
        assert response.status_code == 200
        assert '"><script>' not in response.content.decode()


def test_it_costs_the_same_for_many(cast: Cast) -> None:
    def count() -> int:
        client = client_of(cast.rita)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("search"), {"q": "amberg"}, headers=HTMX).status_code == 200
        return len(captured)

    factories.contact(now=timezone.now(), last_name="Amberg")
    few = count()
    for _ in range(15):
        factories.contact(now=timezone.now(), last_name="Amberg")
    assert count() == few <= 8


def test_without_script_it_is_a_page(cast: Cast) -> None:
    page = client_of(cast.rita).get(reverse("search"), {"q": "people"}).content.decode()
    assert "<html" in page
    assert 'value="people"' in page
