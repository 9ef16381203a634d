"""Merging through the API; former ids answer with the survivor."""

from datetime import timedelta
from typing import Any

import pytest

from leads.models import Contact, EngagementEvent, Merge
from leads.services import assign_owner, change_contact, merge_contacts, unmerge_contacts
from leads.tasks import find_duplicates
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def two(cast: Cast) -> tuple[Contact, Contact]:
    kept = factories.contact(first_name="Jane", last_name="Doe", email="jane@acme.example")
    gone = factories.contact(first_name="J.", last_name="Doe", email="j.doe@acme.example", phone="+49 30 123456")
    assign_owner([kept.pk, gone.pk], cast.rita)
    return kept, gone


def test_merge_and_unmerge(api: Any, cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    rita = api(cast.rita)
    response = rita.post(f"/api/v1/contacts/{gone.pk}/merge", {"into": kept.pk, "fields": {"email": "former"}})
    assert response.status_code == 200, response.json()
    assert (response.json()["id"], response.json()["email"]) == (kept.pk, "j.doe@acme.example")
    for path in ("", "/evidence", "/score"):
        assert rita.get(f"/api/v1/contacts/{gone.pk}{path}").status_code in (200, 404 if path == "/score" else 200)
    assert rita.get(f"/api/v1/contacts/{gone.pk}").json()["id"] == kept.pk
    response = rita.patch(f"/api/v1/contacts/{gone.pk}", {"job_title": "Buyer"})
    assert (response.json()["id"], response.json()["job_title"]) == (kept.pk, "Buyer")
    response = rita.post(f"/api/v1/contacts/{gone.pk}/unmerge", {})
    assert (response.status_code, response.json()["id"], response.json()["job_title"]) == (200, gone.pk, "")
    assert rita.post(f"/api/v1/contacts/{gone.pk}/unmerge", {}).status_code == 404


def test_what_is_refused(api: Any, cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    rita, address = api(cast.rita), f"/api/v1/contacts/{gone.pk}/merge"
    assert api(cast.sven).post(address, {"into": kept.pk}).status_code == 404
    assert api(cast.vera).post(address, {"into": kept.pk}).status_code in (401, 403)
    other = factories.contact()
    assign_owner([other.pk], cast.sven)
    for body, field in [
        ({}, "into"),
        ({"into": other.pk}, "into"),
        ({"into": 2**63}, "into"),
        ({"into": kept.pk, "fields": {"hat": "former"}}, "hat"),
        ({"into": kept.pk, "fields": {"email": "nobody"}}, "email"),
        ({"into": kept.pk, "fields": []}, "fields"),
        ({"into": gone.pk}, "detail"),
    ]:
        response = rita.post(address, body)
        assert (response.status_code, list(response.json()["errors"])) == (400, [field]), body
    assert not Merge.objects.exists()


def test_conflicts_are_named_and_answered(api: Any, cast: Cast, two: tuple[Contact, Contact]) -> None:
    kept, gone = two
    merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    change_contact(kept, phone="+49 30 999999")
    rita = api(cast.rita)
    response = rita.post(f"/api/v1/contacts/{gone.pk}/unmerge", {})
    assert (response.status_code, list(response.json()["errors"])) == (409, ["phone"])
    response = rita.post(f"/api/v1/contacts/{gone.pk}/unmerge", {"answers": {"phone": "stay"}})
    assert response.json()["phone"] == "+49 30 123456"
    kept.refresh_from_db()
    assert kept.phone == "+49 30 999999"


def test_events_for_a_former_id_are_the_survivors_and_go_back_with_it(
    api: Any, cast: Cast, two: tuple[Contact, Contact]
) -> None:
    kept, gone = two
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    body = {"kind": "page_view", "message_id": "m1", "contact": gone.pk}
    assert api(cast.rita).post("/api/v1/events", body).json()["accepted"] == 1
    assert EngagementEvent.objects.get(message_id="m1").contact == kept
    unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert EngagementEvent.objects.get(message_id="m1").contact == gone


def test_duplicates_are_listed_and_decided(api: Any, cast: Cast, two: tuple[Contact, Contact]) -> None:
    find_duplicates()
    rita = api(cast.rita)
    (pair,) = rita.get("/api/v1/duplicates").json()["results"]
    assert (pair["first"], pair["second"], pair["state"]) == (two[0].pk, two[1].pk, "open")
    assert api(cast.sven).get("/api/v1/duplicates").json()["results"] == []
    assert rita.get("/api/v1/duplicates?state=maybe").status_code == 400
    address = f"/api/v1/duplicates/{pair['id']}"
    assert api(cast.sven).patch(address, {"state": "different"}).status_code == 404
    assert rita.patch(address, {"state": "maybe"}).status_code == 400
    assert rita.patch(address, {"state": "different"}).json()["state"] == "different"
    assert rita.get("/api/v1/duplicates").json()["results"] == []
    assert rita.patch(f"/api/v1/duplicates/{2**63}", {"state": "later"}).status_code == 404
