"""The list of follow-ups: behind the numbers of a manager's Today, and exactly as many."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.services import add_follow_up, complete_follow_up
from leads import services
from tests import factories
from tests.budget import page_cost
from tests.conftest import Cast, client_of
from users.models import User

pytestmark = pytest.mark.django_db


def plan(owner: User, title: str, hours: int) -> None:
    now, contact = timezone.now(), factories.contact()
    services.assign_owner([contact.pk], owner)
    add_follow_up(contact=contact, assignee=owner, title=title, due_at=now + timedelta(hours=hours), now=now)


def titles(user: User, query: str = "") -> list[str]:
    return [row.title for row in client_of(user).get(f"/follow-ups/{query}").context["rows"]]


@pytest.fixture
def some(cast: Cast) -> None:
    plan(cast.rita, "late", -3)
    plan(cast.rita, "soon", 3)
    plan(cast.ravi, "his", -1)
    plan(cast.sven, "of the other team", -5)


@pytest.mark.usefixtures("some")
def test_the_earliest_first_of_those_whom_one_may_see(cast: Cast) -> None:
    assert titles(cast.rita) == ["late", "his", "soon"]
    assert titles(cast.sven) == ["of the other team"]
    for user in (cast.mara, cast.mona, cast.adam, cast.vera):
        assert titles(user) == ["of the other team", "late", "his", "soon"]


@pytest.mark.usefixtures("some")
def test_of_one_person_and_late(cast: Cast) -> None:
    assert titles(cast.mona, "?late=yes") == ["of the other team", "late", "his"]
    assert titles(cast.mona, f"?assignee={cast.rita.pk}") == ["late", "soon"]
    assert titles(cast.mona, f"?assignee={cast.rita.pk}&late=yes") == ["late"]
    assert titles(cast.rita, f"?assignee={cast.sven.pk}") == []
    for odd in ("?assignee=x", "?assignee=%00&late=%00", f"?late=no&assignee={'9' * 40}&after=x"):
        assert client_of(cast.mona).get(f"/follow-ups/{odd}").status_code == 200


@pytest.mark.usefixtures("some")
def test_what_is_done_is_gone(cast: Cast) -> None:
    row = client_of(cast.rita).get("/follow-ups/").context["rows"][0]
    complete_follow_up(row, now=timezone.now())
    assert titles(cast.rita) == ["his", "soon"]


@pytest.mark.usefixtures("some")
def test_the_numbers_of_today_open_as_many(cast: Cast) -> None:
    client = client_of(cast.mona)
    page = client.get("/").content.decode()
    links = re.findall(r'href="(/follow-ups/[^"]*)"[^>]*>(\d+)', page)
    assert len(links) == 4  # all of them, and Rita's, Ravi's, Sven's
    for address, shown in links:
        assert client.get(address.replace("&amp;", "&")).context["count"] == int(shown)


def test_a_viewer_has_no_buttons_and_nobody_posts(cast: Cast) -> None:
    plan(cast.rita, "late", -3)
    assert "/done/" in client_of(cast.mona).get("/follow-ups/").content.decode()
    assert "/done/" not in client_of(cast.vera).get("/follow-ups/").content.decode()
    assert client_of(cast.rita).post("/follow-ups/").status_code == 405
    assert "Nothing is late" in client_of(cast.sven).get("/follow-ups/?late=yes").content.decode()


def test_pages_cost_as_many_queries_for_60_as_for_2(cast: Cast) -> None:
    client = client_of(cast.mona)

    def cost() -> int:
        return page_cost(client, "/follow-ups/")

    for number in range(2):
        plan(cast.rita, f"{number}", number)
    few = cost()
    for number in range(58):
        plan(cast.rita, f"{number}", number)
    assert cost() == few
    first = client.get("/follow-ups/")
    assert len(first.context["rows"]) == 50
    second = client.get(first.context["older"])
    assert len(second.context["rows"]) == 10
    assert second.context["count"] is None


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("query", ["assignee=abc", "assignee=99999999999999999999", "late=no"])
def test_of_what_is_asked_wrongly_there_is_nothing(cast: Cast, query: str) -> None:
    client = client_of(cast.mona)
    answer = client.get(f"/follow-ups/?{query}")
    assert answer.context["rows"] == [] and answer.context["count"] == 0
    name, value = query.split("=")
    assert f"This address asks for something that there is not: {name} “{value}”" in answer.content.decode()
    assert len(client.get(f"/follow-ups/export.csv?{query}").getvalue().decode().splitlines()) == 1
