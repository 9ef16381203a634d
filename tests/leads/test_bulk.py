import json

import pytest

from leads import services
from leads.models import Standing, Tag
from tests import factories
from tests.conftest import Cast, client_of

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
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "2 leads given to Rita."
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
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "0 leads given to Rita."
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
        {"ids": [str(n) for n in range(1, 600)], "do": "owner", "owner": "mine"},
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
    assert client_of(cast.rita).post("/leads/undo/?what=forged", headers=HTMX).status_code == 422
    assert owners(contact) == [cast.rita.pk]


def test_viewers_may_not_and_looking_is_no_method(cast: Cast) -> None:
    contact = factories.contact()
    assert (
        client_of(cast.vera).post("/leads/bulk/", {"ids": contact.pk, "do": "owner", "owner": "mine"}).status_code
        == 403
    )
    assert client_of(cast.vera).post("/leads/undo/").status_code == 403
    assert client_of(cast.rita).get("/leads/bulk/").status_code == 405
    assert client_of(cast.rita).get("/leads/undo/").status_code == 405


def test_a_plain_form_goes_back_to_the_list(cast: Cast) -> None:
    contact = factories.contact()
    response = client_of(cast.rita).post("/leads/bulk/", {"ids": contact.pk, "do": "owner", "owner": "mine"})
    assert (response.status_code, response["Location"]) == (302, "/leads/")
