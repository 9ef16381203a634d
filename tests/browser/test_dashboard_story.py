"""A manager arranges a dashboard, keeps and shares it; a rep sees it with what a rep may see."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn, wide_of
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from users.models import SavedView

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 15_000


def test_a_dashboard_is_arranged_kept_and_shared(browser: Any, live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    rows.opportunity(cast.rita, name="Kestrel", amount=5000, entered=NOW)
    rows.opportunity(cast.sven, name="Amber", amount=3000, entered=NOW)
    mona = sign_in(cast.mona)
    mona.get_by_role("link", name="Dashboard").click()
    mona.wait_for_url("**/dashboard/")
    mona.get_by_role("link", name="Arrange").click()
    # by keyboard: a tile that comes in moves what stands below it from under the mouse
    mona.get_by_role("link", name="Take Forecast with its range away").press("Enter")
    expect(mona).to_have_url(re.compile(r"tiles=today\.changes\."), timeout=PATIENCE)
    mona.locator("summary", has_text="Add a tile").click()
    mona.get_by_role("link", name="Opportunities by stage, age and value").click()
    for _ in range(5):  # from the end to the front
        earlier = mona.get_by_role("link", name="Opportunities by stage, age and value earlier")
        where = mona.url
        earlier.press("Enter")
        expect(mona).not_to_have_url(where, timeout=PATIENCE)
    tiles = mona.locator("[data-tile]")
    expect(tiles.first).to_have_attribute("data-tile", "map")
    expect(tiles.first.locator(".scatter-point")).to_have_count(2, timeout=PATIENCE)

    mona.locator("#views summary[title=View]").click()
    mona.locator("#views").get_by_role("link", name="Save as a new view").click()
    dialog = mona.locator("#dialog")
    dialog.get_by_label("Name").fill("Monday")
    dialog.get_by_label("Who sees it").select_option("everybody")
    dialog.get_by_role("button", name="Save").click()
    expect(mona.locator("#views .tab", has_text="Monday")).to_have_attribute("aria-current", "page", timeout=PATIENCE)
    assert SavedView.objects.get(page="dashboard").query == "tiles=map.today.changes.funnel.accuracy.acceptance"

    # another order by keyboard: the address says it, Save keeps it
    mona.get_by_role("link", name="Arrange").click()
    expect(mona.locator("[data-tiles][data-ready]")).to_have_count(1, timeout=PATIENCE)
    expect(mona.locator("[data-tile=today] .stat").first).to_be_visible(timeout=PATIENCE)
    expect(mona.locator("[data-tile=map] .scatter-point")).to_have_count(2, timeout=PATIENCE)
    numbers = mona.locator("[data-tile=today]").get_by_role("button", name="Move Today in numbers")
    numbers.focus()
    mona.keyboard.press("Alt+ArrowUp")
    expect(mona).to_have_url(re.compile("tiles=today.map.changes"), timeout=PATIENCE)
    expect(numbers).to_be_focused()
    mona.keyboard.press("Alt+ArrowUp")  # at the front it stays
    mona.keyboard.press("Alt+ArrowRight")
    mona.keyboard.press("Alt+ArrowDown")  # of two in a row the last one counts
    expect(mona).to_have_url(re.compile("tiles=map.changes.today.funnel"), timeout=PATIENCE)
    mona.get_by_role("button", name="Save").click()
    mona.wait_for_url("**/dashboard/?tiles=map.changes.today.funnel.accuracy.acceptance&saved=*")
    assert SavedView.objects.get(page="dashboard").query == "tiles=map.changes.today.funnel.accuracy.acceptance"

    # the same tiles, for a rep of one team, on a phone
    rita = sign_in(cast.rita, viewport={"width": 390, "height": 844})
    rita.goto("/dashboard/")
    rita.locator("#views .tab", has_text="Monday").click()
    rita.wait_for_url("**saved=**")
    expect(rita.locator("[data-tile=map] .scatter-point")).to_have_count(1, timeout=PATIENCE)
    expect(rita.locator("[data-tile=funnel]")).to_contain_text("Your role does not see this.")
    expect(rita).to_have_title("Dashboard · Winnow")
    assert wide_of(rita) == 0
