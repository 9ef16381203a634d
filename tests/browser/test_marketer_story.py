"""A marketer: from where leads drop off to who they are, to the campaign that brought them and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from leads.models import Contact, Identity, Position, Touch
from reports.services import refresh_funnel
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast
from tests.reports.leads import lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def brought(campaign: str, to: str, now: datetime) -> Contact:
    contact = lead(to, now=now, at=now)
    Touch.objects.create(
        identity=Identity.objects.get(contact=contact, kind="email"),
        position=Position.FIRST,
        at=now - timedelta(days=1),
        source="ads",
        medium="cpc",
        campaign=campaign,
    )
    return contact


def test_from_the_drop_off_to_the_campaign(browser: Any, live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    now = datetime.now(UTC)
    silent = [brought("Spring", "engaged", now), brought("Spring", "engaged", now)]
    talking = brought("Spring", "two_way", now)
    brought("Autumn", "won", now)
    refresh_funnel(now=now)
    mara = sign_in(cast.mara, viewport={"width": 1400, "height": 900})
    mara.goto("/funnel/")

    # two who read and did not answer: the number opens them
    step = mara.locator("#figures tr", has=mara.get_by_text("Two-way", exact=True)).first
    step.get_by_role("link", name="2", exact=True).last.click()
    mara.wait_for_url("**missing=two_way**")
    names = mara.locator("#list .sheet-name")
    expect(names).to_have_count(2)
    assert set(names.all_inner_texts()) == {contact.name for contact in silent}
    names.first.click()
    mara.wait_for_url("**/leads/*/")

    # the campaign that brought them, and all whom it brought
    mara.goto("/funnel/")
    mara.get_by_label("Divided by").select_option("campaign")
    mara.wait_for_url("**by=campaign**")
    row = mara.locator("#figures tr", has_text="spring").first
    row.get_by_role("link", name="3", exact=True).first.click()
    mara.wait_for_url("**key=spring**")
    expect(mara.locator("#list .sheet-name")).to_have_count(3)
    expect(mara.locator("#list")).to_contain_text(talking.name)

    # and what each of them cost
    mara.goto("/funnel/costs/add/")
    mara.locator("main").get_by_label("Campaign").fill("Spring")
    mara.locator("main").get_by_label("Month").fill(f"{now:%Y-%m}")
    mara.locator("main input[name=amount]").fill("600")
    mara.locator("main button.btn-primary").click()
    mara.wait_for_url("**/funnel/costs/**")
    mara.goto("/funnel/costs/")
    expect(mara.locator("#figures tr", has_text="spring").first).to_contain_text("€200")
    mara.set_viewport_size({"width": 390, "height": 844})
    assert wide_of(mara) == 0
