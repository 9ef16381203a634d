"""A rep filters the leads, keeps that as a view with columns of its own, changes it, and a team-mate sees it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast
from users.models import SavedView

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_view_is_saved_changed_and_shared(browser: Any, live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    factories.contact(owner=cast.rita, first_name="Elin", last_name="Brandt", source="webinar", phone="+49301234567")
    factories.contact(owner=cast.rita, first_name="Kofi", last_name="Heller", source="referral")
    rita = sign_in(cast.rita)
    rita.goto("/leads/")
    rita.locator(".filters select[name=source]").select_option("webinar")
    expect(rita.locator("#list")).not_to_contain_text("Kofi Heller")

    # the menu came anew with the list: the dialog knows the filter
    rita.locator("#views summary[title=View]").click()
    rita.get_by_role("link", name="Save as a new view").click()
    dialog = rita.locator("#dialog")
    dialog.get_by_label("Name").fill("From webinars")
    dialog.get_by_label("Who sees it").select_option("team")
    dialog.get_by_role("button", name="Save").click()
    tab = rita.locator("#views .tab", has_text="From webinars")
    expect(tab).to_have_attribute("aria-current", "page")
    view = SavedView.objects.get()
    assert (view.query, view.share) == ("source=webinar", "team")

    # other columns and one filter more are the view's only when they are saved
    rita.locator("#views summary[title=Columns]").click()
    rita.locator("#views").get_by_label("Tags").uncheck()
    rita.locator("#views").get_by_label("Phone").check()
    rita.get_by_role("button", name="Show these").click()
    expect(rita.locator("#list thead")).to_contain_text("Phone")
    rita.locator(".filters select[name=lifecycle]").select_option("lead")
    rita.wait_for_url("**lifecycle=lead**")  # the list has come, and the menu with it
    expect(tab).to_contain_text("changed")
    rita.locator("#views summary[title=View]").click()
    rita.get_by_role("button", name="Save the changes").click()
    expect(tab).not_to_contain_text("changed")
    view.refresh_from_db()
    assert view.query == "lifecycle=lead&source=webinar"
    assert "phone" in view.columns.split(".")

    # a team-mate sees it on a phone, and what the list opens with is each one's own choice
    ravi = sign_in(cast.ravi, viewport={"width": 390, "height": 844})
    ravi.goto("/leads/")
    ravi.locator("#views .tab", has_text="From webinars").click()
    expect(ravi.locator("#list")).to_contain_text("+49301234567")
    assert wide_of(ravi) == 0
    ravi.locator("#views summary[title=View]").click()
    expect(ravi.locator("#views")).not_to_contain_text("Delete this view")
    ravi.get_by_role("button", name="Open the list with it").click()
    ravi.goto("/leads/")
    expect(ravi.locator("#views .tab", has_text="From webinars")).to_have_attribute("aria-current", "page")
