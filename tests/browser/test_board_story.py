"""A rep's morning on the board: by mouse and keyboard at the desk, by finger on the way."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pipeline import services
from pipeline.models import Opportunity
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast
from tests.pipeline import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 15_000
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def column(page: Any, name: str) -> Any:
    return page.locator(f'[data-stage="{rows.stage(name).pk}"]')


def card(page: Any, opportunity: Opportunity) -> Any:
    return page.locator(f'[data-card="{opportunity.pk}"]')


def is_in(page: Any, opportunity: Opportunity, stage: str) -> None:
    """It stands in the column, and the server has said so."""
    within = column(page, stage).locator(f'[data-card="{opportunity.pk}"]:not(.is-saving)')
    expect(within).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".is-saving")).to_have_count(0, timeout=PATIENCE)
    assert Opportunity.objects.get(pk=opportunity.pk).stage.name == stage


def undo(page: Any, said: str) -> None:
    note = page.locator(".note", has_text=said)
    expect(note).to_be_visible(timeout=PATIENCE)
    with page.expect_response("**/pipeline/undo/**"):
        note.get_by_role("button", name="Undo").click()


def expected_then() -> list[Opportunity]:
    return list(Opportunity.objects.filter(expected_close=date(2027, 3, 1)))


def pick(page: Any, opportunity: Opportunity, to: Any) -> None:
    """Drag by mouse, in steps, as a hand does it."""
    card(page, opportunity).hover(position={"x": 120, "y": 40})
    page.mouse.down()
    box = to.bounding_box()
    for share in (0.3, 0.7, 1.0):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20 + 10 * share, steps=6)
    page.mouse.up()


def test_a_morning_by_mouse_and_keyboard(browser: Any, live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    now = timezone.now()
    kestrel = rows.opportunity(cast.rita, name="Kestrel", position=1.0, entered=now)
    amber = rows.opportunity(cast.rita, name="Amber", position=2.0, entered=now)
    falcon = rows.opportunity(cast.rita, name="Falcon", position=3.0, entered=now)
    page = sign_in(cast.rita, viewport={"width": 1720, "height": 900})
    page.goto("/pipeline/")

    # by mouse, and taken back
    entered = Opportunity.objects.get(pk=kestrel.pk).stage_entered_at
    pick(page, kestrel, column(page, "Discovery").locator("[data-cards]"))
    is_in(page, kestrel, "Discovery")
    undo(page, "Kestrel is in Discovery.")
    is_in(page, kestrel, "New")
    kestrel.refresh_from_db()
    assert (kestrel.stage_entered_at, kestrel.position) == (entered, 1.0)

    # by keyboard
    card(page, amber).focus()
    page.keyboard.press("]")
    is_in(page, amber, "Discovery")

    # chosen by key; what a colleague changes meanwhile leaves the choice as it is
    card(page, kestrel).focus()
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    services.edit(opportunity_id=falcon.pk, next_step="Ask for the order", actor=cast.ravi, now=timezone.now())
    expect(card(page, falcon)).to_contain_text("Ask for the order", timeout=PATIENCE)
    expect(page.locator(".deal.is-chosen")).to_have_count(1)

    # up to this one, all expected on the same day, and taken back
    card(page, falcon).click(modifiers=["Shift"], position={"x": 120, "y": 40})
    expect(page.locator(".deal.is-chosen")).to_have_count(2)
    page.get_by_label("New expected close").fill("2027-03-01")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#bulk-form")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator(".note", has_text="2 opportunities changed.")).to_be_visible(timeout=PATIENCE)
    assert set(expected_then()) == {kestrel, falcon}
    undo(page, "2 opportunities changed.")
    assert not expected_then()

    # in bands the address says so; a card moves in its own, and into another one it changes hands
    rows.opportunity(cast.ravi, name="Osprey")
    page.get_by_label("Bands").select_option("owner")
    page.wait_for_url("**lanes=owner**")
    band = page.locator(f'[data-band="{cast.rita.pk}"]')
    pick(page, kestrel, band.locator(f'[data-stage="{rows.stage("Discovery").pk}"] [data-cards]'))
    is_in(page, kestrel, "Discovery")
    expect(band.locator(f'[data-card="{kestrel.pk}"]:not(.is-saving)')).to_be_visible(timeout=PATIENCE)
    card(page, kestrel).focus()
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(page.locator(".note", has_text=f"with {cast.ravi}")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(f'[data-band="{cast.ravi.pk}"] [data-card="{kestrel.pk}"]')).to_be_visible(timeout=PATIENCE)
    assert Opportunity.objects.get(pk=kestrel.pk).owner == cast.ravi


def test_a_morning_by_finger(browser: Any, live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    now = timezone.now()
    kestrel = rows.opportunity(cast.rita, name="Kestrel", position=1.0, entered=now)
    amber = rows.opportunity(cast.rita, name="Amber", position=2.0, entered=now)
    page = sign_in(cast.rita, **PHONE)
    page.goto("/pipeline/")
    assert wide_of(page) == 0

    # held, then drawn into the next column
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    page.wait_for_function("document.querySelector('[data-cards]').draggable !== undefined")
    box, to = card(page, kestrel).bounding_box(), column(page, "Discovery").bounding_box()
    x, y = box["x"] + 100, box["y"] + 30
    touch("touchStart", (x, y))
    expect(page.locator(".sortable-chosen")).to_have_count(1)
    for step in range(1, 13):
        touch("touchMove", (x + (to["x"] + 20 - x) * step / 12, y + 10))
    touch("touchEnd")
    is_in(page, kestrel, "Discovery")

    # chosen by tapping, and moved together
    page.get_by_role("button", name="Select").tap()
    card(page, amber).tap()
    card(page, kestrel).tap()
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    assert page.url.endswith("/pipeline/")  # no tap opened a card
    page.get_by_label("New stage").select_option("Proposal")
    page.get_by_role("button", name="Apply").tap()
    expect(page.locator("#bulk-form")).to_be_hidden(timeout=PATIENCE)
    is_in(page, amber, "Proposal")
    is_in(page, kestrel, "Proposal")
