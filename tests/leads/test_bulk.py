import json
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import services
from leads.models import BulkChange, OwnerChange, Standing, Tag
from leads.services import ContactRow, upsert_contacts
from tests import factories
from tests.conftest import NOW, Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def owners(*contacts: object) -> list[int | None]:
    return [Standing.objects.get(pk=contact.pk).owner_id for contact in contacts]  # type: ignore[attr-defined]


def undo_of(response: object) -> str:
    return json.loads(response["HX-Trigger"])["toast"]["undo"]  # type: ignore[index, no-any-return]


def test_owners_are_given_and_the_undo_gives_them_back(cast: Cast) -> None:
    one, two = factories.contact(), factories.contact()
    services.assign_owner([one.pk], cast.ravi)
    client = client_of(cast.rita)
    response = client.post("/leads/bulk/", {"ids": [one.pk, two.pk], "do": "owner", "owner": "mine"}, headers=HTMX)
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "2 contacts given to Rita."
    assert "leads-changed" in response["HX-Trigger"]
    assert owners(one, two) == [cast.rita.pk, cast.rita.pk]
    assert client.post(undo_of(response), headers=HTMX).status_code == 204
    assert owners(one, two) == [cast.ravi.pk, None]


def test_tags_are_put_on_taken_off_and_undone_only_where_they_changed(cast: Cast) -> None:
    had, new = factories.contact(), factories.contact()
    services.add_tag([had.pk], "fair")
    client = client_of(cast.rita)
    response = client.post("/leads/bulk/", {"ids": [had.pk, new.pk], "do": "tag", "tag": " fair "}, headers=HTMX)
    tag = Tag.objects.get()
    assert Standing.objects.filter(tag_ids=[tag.pk]).count() == 2
    client.post(undo_of(response), headers=HTMX)
    assert list(Standing.objects.filter(tag_ids=[tag.pk]).values_list("pk", flat=True)) == [had.pk]
    response = client.post("/leads/bulk/", {"ids": [had.pk, new.pk], "do": "untag", "tag": "fair"}, headers=HTMX)
    assert not Standing.objects.exclude(tag_ids=[]).exists()
    client.post(undo_of(response), headers=HTMX)
    assert Standing.objects.get(tag_ids=[tag.pk]).pk == had.pk


def test_what_is_not_visible_stays_as_it_was(cast: Cast) -> None:
    theirs = factories.contact()
    services.assign_owner([theirs.pk], cast.sven)
    response = client_of(cast.rita).post(
        "/leads/bulk/", {"ids": [theirs.pk], "do": "owner", "owner": "mine"}, headers=HTMX
    )
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "0 contacts given to Rita."
    assert owners(theirs) == [cast.sven.pk]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"ids": ["x", "\0", "9" * 30]},
        {"ids": "OWN"},
        {"ids": "OWN", "do": "delete"},
        {"ids": "OWN", "do": "owner", "owner": "999999"},
        {"ids": "OWN", "do": "owner", "owner": "' or 1=1"},
        {"ids": "OWN", "do": "tag", "tag": ""},
        {"ids": "OWN", "do": "tag", "tag": "x" * 41},
        {"ids": "OWN", "do": "tag", "tag": "\0\0"},
        {"ids": "OWN", "do": "untag", "tag": "no such tag"},
        {"all": "on", "query": "view=mine", "do": "everything"},
    ],
)
def test_nonsense_is_refused_in_words_and_changes_nothing(cast: Cast, data: dict[str, object]) -> None:
    contact = factories.contact()
    sent = {key: (contact.pk if value == "OWN" else value) for key, value in data.items()}
    response = client_of(cast.rita).post("/leads/bulk/", sent, headers=HTMX)
    assert response.status_code == 422
    assert json.loads(response["HX-Trigger"])["toast"]["tone"] == "error"
    assert owners(contact) == [None]
    assert not Tag.objects.exists()


def test_a_rep_gives_leads_only_within_the_team(cast: Cast) -> None:
    contact = factories.contact()
    data = {"ids": contact.pk, "do": "owner", "owner": cast.sven.pk}
    assert client_of(cast.rita).post("/leads/bulk/", data, headers=HTMX).status_code == 422
    assert client_of(cast.mona).post("/leads/bulk/", data, headers=HTMX).status_code == 204
    assert owners(contact) == [cast.sven.pk]


def test_only_whoever_did_it_may_undo_it(cast: Cast) -> None:
    contact = factories.contact()
    response = client_of(cast.rita).post(
        "/leads/bulk/", {"ids": contact.pk, "do": "owner", "owner": "mine"}, headers=HTMX
    )
    assert client_of(cast.ravi).post(undo_of(response), headers=HTMX).status_code == 422
    assert client_of(cast.rita).post("/leads/undo/999999/", headers=HTMX).status_code == 422
    assert client_of(cast.rita).post(f"/leads/undo/{'9' * 30}/", headers=HTMX).status_code == 422
    assert owners(contact) == [cast.rita.pk]
    assert client_of(cast.rita).post(undo_of(response), headers=HTMX).status_code == 204
    assert client_of(cast.rita).post(undo_of(response), headers=HTMX).status_code == 422  # once


def test_after_an_hour_it_can_no_longer_be_undone(cast: Cast) -> None:
    contact = factories.contact()
    data = {"ids": contact.pk, "do": "owner", "owner": "mine"}
    response = client_of(cast.rita).post("/leads/bulk/", data, headers=HTMX)
    BulkChange.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert client_of(cast.rita).post(undo_of(response), headers=HTMX).status_code == 422
    assert owners(contact) == [cast.rita.pk]


def test_all_that_the_filters_leave_at_once_and_back(cast: Cast) -> None:
    theirs, mine = factories.contact(source="webinar"), factories.contact(source="webinar")
    services.assign_owner([theirs.pk], cast.sven)
    services.assign_owner([mine.pk], cast.ravi)
    others = [factories.contact() for _ in range(3)]
    many = upsert_contacts([ContactRow({"last_name": f"L{n}"}, source="webinar") for n in range(600)], now=NOW)
    client, data = client_of(cast.rita), {"all": "on", "query": "source=webinar", "do": "owner", "owner": "mine"}
    response = client.post("/leads/bulk/", data, headers=HTMX)
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "601 contacts given to Rita."
    assert len(response["HX-Trigger"]) < 300
    assert Standing.objects.filter(owner=cast.rita).count() == 601
    assert owners(theirs, *others) == [cast.sven.pk, None, None, None]
    assert client.post(undo_of(response), headers=HTMX).status_code == 204
    assert Standing.objects.filter(owner=cast.rita).count() == 0
    assert owners(mine, many[0].contact) == [cast.ravi.pk, None]
    told = OwnerChange.objects.filter(contact=mine).order_by("pk")
    assert [(row.from_owner, row.to_owner, row.actor) for row in told[1:]] == [
        (cast.ravi, cast.rita, cast.rita),
        (cast.rita, cast.ravi, cast.rita),
    ]


def test_more_than_can_be_undone_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.views.bulk.MOST_AT_ONCE", 2)
    contacts = [factories.contact() for _ in range(3)]
    response = client_of(cast.rita).post("/leads/bulk/", {"all": "on", "do": "owner", "owner": "mine"}, headers=HTMX)
    assert response.status_code == 422
    assert "At most 2 leads at once" in response["HX-Trigger"]
    assert owners(*contacts) == [None, None, None]


def test_an_undo_that_fails_half_way_changes_nothing(cast: Cast) -> None:
    one, two = factories.contact(), factories.contact()
    services.assign_owner([one.pk], cast.ravi)
    services.assign_owner([two.pk], cast.sven)
    client = client_of(cast.mona)
    data = {"ids": [one.pk, two.pk], "do": "owner", "owner": "nobody"}
    response = client.post("/leads/bulk/", data, headers=HTMX)
    User.objects.filter(pk=cast.sven.pk).update(is_active=False)
    assert client.post(undo_of(response), headers=HTMX).status_code == 422
    assert owners(one, two) == [None, None]


def test_viewers_may_not_and_looking_is_no_method(cast: Cast) -> None:
    contact = factories.contact()
    assert (
        client_of(cast.vera).post("/leads/bulk/", {"ids": contact.pk, "do": "owner", "owner": "mine"}).status_code
        == 403
    )
    assert client_of(cast.vera).post("/leads/undo/1/").status_code == 403
    assert client_of(cast.rita).get("/leads/bulk/").status_code == 405
    assert client_of(cast.rita).get("/leads/undo/1/").status_code == 405


def test_a_plain_form_goes_back_to_the_list(cast: Cast) -> None:
    contact = factories.contact()
    response = client_of(cast.rita).post("/leads/bulk/", {"ids": contact.pk, "do": "owner", "owner": "mine"})
    assert (response.status_code, response["Location"]) == (302, "/leads/")
