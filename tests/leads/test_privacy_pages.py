"""Pages of a person's data and of the suppression list."""

import json

import pytest

from leads.models import Contact, Erasure, PersonalCopy, SuppressedAddress
from leads.services import suppression
from leads.tasks import collect_copy
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(cast: Cast) -> Contact:
    contact = factories.contact(first_name="Jo", last_name="Doe", owner=cast.rita)
    factories.event(contact, "page_view", path="/pricing<script>")
    return contact


def test_all_that_we_hold_is_on_one_page(cast: Cast, contact: Contact) -> None:
    page = client_of(cast.mara).get(f"/leads/{contact.pk}/data/").content.decode()
    for words in ("How we know you", "What you did", "How far you came with us", "Collect a copy"):
        assert words in page
    assert "/pricing&lt;script&gt;" in page


def test_the_page_costs_the_same_for_few_and_for_many_events(
    cast: Cast, contact: Contact, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(cast.mara)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/leads/{contact.pk}/data/")
        counts.append(len(asked))
        for number in range(40):
            factories.event(contact, "page_view", path=f"/{number}")
    assert counts[1] - counts[0] <= 1  # the count of a table that is longer than what is shown
    assert counts[0] <= 55  # one for each kind of thing that is held


def test_a_copy_is_collected_read_and_downloaded(cast: Cast, contact: Contact) -> None:
    client, home = client_of(cast.mara), f"/leads/{contact.pk}/data/"
    assert client.post(f"{home}copy/")["Location"] == home
    copy = PersonalCopy.objects.get()
    assert 'hx-trigger="every 2s"' in client.get(home).content.decode()
    assert client.get(f"{home}copy/{copy.pk}/json/").status_code == 404  # not ready
    collect_copy(copy_id=copy.pk)
    part = client.get(f"{home}copy/progress/", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in part
    assert "Collected" in part
    answer = client.get(f"{home}copy/{copy.pk}/json/")
    assert json.loads(answer.content)["person"]["Last name"] == "Doe"
    assert "attachment" in answer["Content-Disposition"]
    page = client.get(f"{home}copy/{copy.pk}/page/").content.decode()
    assert "What we hold about you" in page
    assert "/pricing&lt;script&gt;" in page
    assert "15 Jun 2026" in page
    assert "2026-06-15T" not in page
    other = factories.contact()
    assert client.get(f"/leads/{other.pk}/data/copy/{copy.pk}/json/").status_code == 404


def test_erasing_asks_for_the_name(cast: Cast, contact: Contact) -> None:
    client, address = client_of(cast.mara), f"/leads/{contact.pk}/erase/"
    assert "cannot be brought back" in client.get(address).content.decode()
    for wrong in ({}, {"typed": "Jo"}, {"typed": "\0"}, {"typed": "x" * 301}):
        assert client.post(address, wrong).status_code == 422
    assert not Erasure.objects.exists()
    assert client.post(address, {"typed": "jo doe"})["Location"] == "/leads/"
    assert client.get(f"/leads/{contact.pk}/").status_code == 404
    assert client.post(address, {"typed": "jo doe"}).status_code == 404
    page = client.get("/settings/privacy/").content.decode()
    assert f"No. {contact.pk}" in page
    assert "Jo Doe" not in page


def test_addresses_are_suppressed_found_and_taken_off(cast: Cast) -> None:
    client, home = client_of(cast.mara), "/settings/privacy/"
    given = {"addresses": "jo@example.com\n\n+49 30 1234567\nnonsense", "reason": "bounced", "note": "March"}
    answer = client.post(f"{home}suppress/", given, follow=True)
    assert "2 added, 0 were on the list. 1 are neither" in answer.content.decode()
    found = client.post(f"{home}find/", {"address": "JO@example.com"}).content.decode()
    assert "On the list since" in found
    assert "does not exist, March" in found
    assert "Not on the list" in client.post(f"{home}find/", {"address": "al@example.com"}).content.decode()
    for wrong in ("", "nonsense", "\0", "x" * 5000):
        assert client.post(f"{home}find/", {"address": wrong}).status_code == 302
    row = suppression.find("jo@example.com")
    assert row is not None
    assert client.post(f"{home}{row.pk}/unsuppress/").status_code == 302
    assert client.post(f"{home}{row.pk}/unsuppress/").status_code == 404
    assert [one.kind for one in SuppressedAddress.objects.all()] == ["phone"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"addresses": ""},
        {"reason": "erased"},
        {"note": "x" * 201},
        {"addresses": "\0"},
        {"addresses": "\n".join(f"a{n}@example.com" for n in range(10_001))},
        {"addresses": "x" * 600_001},
    ],
)
def test_what_is_wrong_is_a_field_error(cast: Cast, wrong: dict[str, str]) -> None:
    given = {"addresses": "jo@example.com", "reason": "manual", "note": ""} | wrong
    assert client_of(cast.mara).post("/settings/privacy/suppress/", given).status_code == 422
    assert not SuppressedAddress.objects.exists()


def test_reps_managers_and_viewers_may_not(cast: Cast, contact: Contact) -> None:
    pages = [f"/leads/{contact.pk}/data/", f"/leads/{contact.pk}/erase/", "/settings/privacy/"]
    for user in (cast.rita, cast.mona, cast.vera):
        assert [client_of(user).get(page).status_code for page in pages] == [403, 403, 403]
    assert [client_of(cast.adam).get(page).status_code for page in pages] == [200, 200, 200]
    suppression.suppress(["jo@example.com"], reason="manual", now=NOW)
    row = SuppressedAddress.objects.get()
    assert client_of(cast.rita).post(f"/settings/privacy/{row.pk}/unsuppress/").status_code == 403
    assert client_of(cast.mara).get(f"/settings/privacy/{row.pk}/unsuppress/").status_code == 405
