"""A page of tiles: chosen, arranged, saved, shared; each for whoever looks."""

import re
from typing import Any

import pytest

from crm import tiles
from crm.queries.manager import MOST_SELLERS
from pipeline import services
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import SavedView, User
from users.services import save_view

HTMX = {"HX-Request": "true"}


def shown(user: User, query: str = "") -> list[str]:
    page = client_of(user).get(f"/dashboard/{query}").content.decode()
    return re.findall(r'data-tile="([^"]+)"', page)


def test_each_role_has_tiles_from_the_start(cast: Cast) -> None:
    assert shown(cast.rita) == ["today", "forecast", "map"]
    assert shown(cast.mara) == ["today", "funnel", "leads-through", "cohorts"]
    assert shown(cast.mona) == ["today", "forecast", "changes", "funnel", "accuracy", "acceptance"]


def test_the_address_says_which_and_in_which_order(cast: Cast) -> None:
    assert shown(cast.mona, "?tiles=map.today.map.nonsense.view-x") == ["map", "today"]
    assert shown(cast.mona, "?tiles=") == []
    assert tiles.moved(("a", "b", "c"), "c", -1) == ("a", "c", "b")
    assert tiles.moved(("a", "b", "c"), "a", -1) == ("a", "b", "c")
    many = ".".join([*tiles.TILES, *(f"view-{number}" for number in range(1, 20))])
    assert len(tiles.parse({"tiles": many}) or ()) == tiles.MOST_TILES


def test_every_tile_is_a_part_of_the_page_it_names(cast: Cast) -> None:
    """As htmx asks for it: the page answers, and holds what the tile selects."""
    rows.opportunity(cast.rita, amount=500, expected_close=NOW.date())
    client = client_of(cast.mona)
    page = client.get(f"/dashboard/?tiles={'.'.join(tiles.TILES)}").content.decode()
    found = re.findall(r'hx-get="([^"]+)"[^>]*hx-select="([^"]+)"', page)
    asked = {url: part for url, part in found if not url.startswith("/pipeline/changes")}
    assert len(asked) >= len(tiles.TILES) - 1  # two are parts of the same page
    for url, part in asked.items():
        answer = client.get(url, headers=HTMX).content.decode()
        marks = ("data-chart=", 'class="blank"') if part == tiles.PICTURE else ('class="tiles"', 'class="blank"')
        assert any(mark in answer for mark in marks), url


def test_what_a_role_does_not_see_is_said_and_not_offered(cast: Cast) -> None:
    page = client_of(cast.rita).get("/dashboard/?tiles=funnel.forecast&arrange=on").content.decode()
    assert "Your role does not see this." in page
    assert 'hx-get="/funnel/"' not in page
    assert "Cohorts by age" not in page
    assert "What leads will bring" in page


def test_a_list_is_a_tile_for_those_who_see_the_view(cast: Cast) -> None:
    view = save_view(cast.rita, page="pipeline_list", name="No amount", query="amount=unknown", share="team")
    address = f"/dashboard/?tiles=view-{view.pk}"
    assert f"/pipeline/list/?amount=unknown&amp;saved={view.pk}" in client_of(cast.ravi).get(address).content.decode()
    assert "not shared with you" in client_of(cast.sven).get(address).content.decode()
    offered = client_of(cast.ravi).get("/dashboard/?tiles=&arrange=on").content.decode()
    assert f'href="/dashboard/?tiles=view-{view.pk}&amp;arrange=on"' in offered


def test_a_dashboard_is_saved_shared_and_opens_first(cast: Cast) -> None:
    mona, rita = client_of(cast.mona), client_of(cast.rita)
    given = {"name": "Monday", "query": "tiles=map.nonsense.forecast", "share": "everybody", "first": "on"}
    answer = mona.post("/views/dashboard/new/", given)
    view = SavedView.objects.get(page="dashboard")
    assert (view.query, answer["Location"]) == ("tiles=map.forecast", f"/dashboard/?tiles=map.forecast&saved={view.pk}")
    assert mona.get("/dashboard/")["Location"] == f"/dashboard/?tiles=map.forecast&saved={view.pk}"
    seen = rita.get(f"/dashboard/?tiles=map.forecast&saved={view.pk}").content.decode()
    assert "Monday" in seen
    assert "Save the changes" not in seen
    assert rita.post(f"/views/{view.pk}/keep/", {"query": "tiles=today"}).status_code == 403
    mona.post(f"/views/{view.pk}/keep/", {"query": "tiles=today.map"})
    view.refresh_from_db()
    assert view.query == "tiles=today.map"


def test_another_order_answers_with_all_that_speaks_of_it(cast: Cast) -> None:
    view = save_view(cast.mona, page="dashboard", name="Monday", query="tiles=map.today", share="everybody")
    address = f"/dashboard/?tiles=today.map&arrange=on&saved={view.pk}"
    mona, rita = client_of(cast.mona), client_of(cast.rita)
    page = mona.get(f"/dashboard/?tiles=map.today&arrange=on&saved={view.pk}").content.decode()
    assert f'data-tiles="/dashboard/?tiles=order&amp;arrange=on&amp;saved={view.pk}"' in page
    asked = HTMX | {"HX-Target": "tiles-said"}
    answer = mona.get(address, headers=asked)
    part = answer.content.decode()
    assert answer["HX-Replace-Url"] == address
    assert re.findall(r'id="([a-z-]+)"[^>]* hx-swap-oob', part) == [
        *("arrange-end", "arrange-saving", "views", "tools-today", "tools-map"),
    ]
    assert "hx-get" not in part  # the tiles themselves stay as they are
    assert f'action="/views/{view.pk}/keep/"' in part and "Changed, and not saved yet." in part
    assert 'aria-label="Opportunities by stage, age and value later"' not in part
    # who may not change it saves another one
    theirs = rita.get(address, headers=asked).content.decode()
    assert f'action="/views/{view.pk}/keep/"' not in theirs and "Save as a new view" in theirs
    assert "data-handle" not in mona.get(f"/dashboard/?tiles=map.today&saved={view.pk}").content.decode()


@pytest.mark.parametrize(
    "query",
    ["tiles=%00", "tiles=" + "view-1." * 900, "tiles=view-99999999999999999999", "saved=x&tiles=map", "arrange"],
)
def test_malformed_addresses_answer(cast: Cast, query: str) -> None:
    assert client_of(cast.rita).get(f"/dashboard/?{query}").status_code == 200


def test_it_costs_the_same_for_few_and_many_views(cast: Cast) -> None:
    client = client_of(cast.mona)
    save_view(cast.mona, page="leads", name="one", query="")
    few = page_cost(client, "/dashboard/?tiles=today&arrange=on")
    for number in range(20):
        save_view(cast.mona, page="pipeline_list", name=f"{number}", query="")
    assert page_cost(client, "/dashboard/?tiles=today&arrange=on") == few
    assert few <= 6


# --- a manager's Today with many sellers ---


def test_a_manager_sees_those_with_most_that_is_late_and_all_on_demand(cast: Cast) -> None:
    client = client_of(cast.mona)
    page = client.get("/").content.decode()
    assert "Show all" not in page
    for number in range(MOST_SELLERS + 5):
        User.objects.create(email=f"seller{number}@winnow.example", name=f"Seller {number:02}", role="rep")
    late = User.objects.get(name="Seller 16")
    card = rows.opportunity(late)
    services.edit(opportunity_id=card.pk, next_step="x", actor=cast.mona, now=NOW)
    page = client.get("/").content.decode()
    team = page[page.index('id="team"') :]
    assert team.count('<td data-label="Stalled"') == MOST_SELLERS
    assert team.index("Seller 16") < team.index("Seller 01")
    everybody = User.objects.filter(role="rep").count()
    assert f"Show all {everybody}" in team
    whole = client.get("/?team=all").content.decode()
    assert whole.count('<td data-label="Stalled"') == everybody


def test_the_same_tile_twice_is_once() -> None:
    given: dict[str, Any] = {"tiles": "map.map"}
    assert tiles.parse(given) == ("map",)
    assert tiles.parse({}) is None
