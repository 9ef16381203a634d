import pytest
from django.urls import reverse

from tests import factories
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db


def test_everybody_reads_the_definition_in_plain_english(cast: Cast) -> None:
    for user in cast.everybody():
        page = client_of(user).get(reverse("definition")).content.decode()
        assert "A lead becomes a prospect when its score reaches" in page
        assert "Employees between 50 and 1,000" in page
        assert "by half every 14 d" in page


def test_why_shows_lines_and_what_is_missing(cast: Cast) -> None:
    contact = factories.contact(owner=cast.rita)
    factories.event(contact, "demo_requested")
    page = client_of(cast.rita).get(reverse("score_why", args=[contact.pk])).content.decode()
    assert "Asked for a demo" in page
    assert "Budget is not answered yet." in page


def test_the_dialog_asks_for_a_part_only(cast: Cast) -> None:
    contact = factories.contact()
    page = client_of(cast.mara).get(reverse("score_why", args=[contact.pk]), headers={"HX-Request": "true"})
    assert b"<html" not in page.content


def test_a_rep_of_another_team_does_not_see_why(cast: Cast) -> None:
    contact = factories.contact(owner=cast.rita)
    assert client_of(cast.ravi).get(reverse("score_why", args=[contact.pk])).status_code == 200
    assert client_of(cast.sven).get(reverse("score_why", args=[contact.pk])).status_code == 404


def test_reading_pages_take_no_post(cast: Cast) -> None:
    assert client_of(cast.adam).post(reverse("definition")).status_code == 405
