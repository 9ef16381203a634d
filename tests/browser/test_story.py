"""The main job, end to end, as people do it: from a visitor's form to the forecast."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from capture.models import Site
from leads.models import Contact
from pipeline.models import Opportunity, Stage
from tests.browser.conftest import PATIENCE, SignIn
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]
ANSWERS = {
    "Budget": "There is a line of 18,000 in this year's plan.",
    "Authority": "The last tool of this size I bought myself.",
    "Need": "We type every order into two systems.",
    "Timeline": "It has to run before the season starts.",
}


def visit(window: Any, url: str, visitor: str, *paths: str) -> None:
    """What the tracker on the company's own site tells (tests/browser/test_tracker.py runs the tracker itself)."""
    events = [{"id": uuid.uuid4().hex, "kind": "page_view", "props": {"path": path, "title": path}} for path in paths]
    content = {"site": Site.objects.get().write_key, "visitor": visitor, "events": events}
    assert window.request.post(f"{url}/t/collect", data=content).json()["accepted"] == len(paths)


def drag(page: Any, card: Any, to: Any) -> None:
    """By mouse, in steps, as a hand does it, once the move before is saved."""
    expect(page.locator(".is-saving")).to_have_count(0)
    card.hover()
    page.mouse.down()
    box = to.bounding_box()
    for share in (0.2, 0.6, 1.0):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30 + 10 * share, steps=6)
    page.mouse.up()


def weighted(page: Any) -> int:
    """All that is open, weighted, as the forecast says it."""
    page.goto(reverse("forecast"))
    text = re.sub(r"\s+", " ", page.locator("main").inner_text())
    found = re.search(r"All that is open(?!,)[^€]{0,60}€([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else 0


def test_from_a_visitor_s_form_to_the_forecast(
    browser: Any, live_server: Any, worker: None, cast: Cast, sign_in: SignIn
) -> None:
    # a visitor reads, then fills in the form
    visitor = uuid.uuid4().hex
    public = browser.new_context().new_page()
    visit(public, live_server.url, visitor, "/", "/blog/spreadsheets/", "/product/", "/pricing/", "/pricing/compare/")
    public.goto(f"{live_server.url}/f/demo/?winnow_visitor={visitor}")
    public.get_by_label("First name").fill("Elin")
    public.get_by_label("Last name").fill("Brandt")
    public.get_by_label("E-mail").fill("elin@amberdale-freight.example")
    public.get_by_label("Company").fill("Amberdale Freight")
    public.get_by_label("Job title").fill("Head of Operations")
    public.wait_for_timeout(1100)  # nobody fills in a form faster
    public.get_by_role("button", name="Send").click()
    public.wait_for_url("**/thanks/")
    elin = Contact.objects.get(email="elin@amberdale-freight.example")

    # a rep finds the person, and what was read before is on the timeline
    rita = sign_in(cast.rita, viewport={"width": 1720, "height": 900})  # all columns side by side
    rita.keyboard.press("Control+k")
    rita.get_by_role("combobox", name="Search").fill("brandt")
    rita.get_by_role("option", name="Elin Brandt").click()
    rita.wait_for_url(f"**{reverse('contact', args=[elin.pk])}")
    timeline = rita.locator(".stream").first
    expect(timeline).to_contain_text("/pricing/compare/")
    expect(timeline).to_contain_text("Asked for a demo")
    before = rita.locator(".score-l, .score").first
    expect(before).to_contain_text(re.compile(r"[1-9]\d"), timeout=PATIENCE)
    rita.get_by_label("Owner").first.select_option(label="Rita")

    # a reply counts as a conversation
    rita.get_by_role("link", name="Reply", exact=True).click()
    rita.locator("#dialog textarea").fill("Thursday after ten would suit me.")
    rita.locator("#dialog button.btn-primary").click()
    expect(timeline).to_contain_text("Thursday after ten would suit me.", timeout=PATIENCE)

    # another window shows the board meanwhile
    board = sign_in(cast.ravi)
    board.goto(reverse("pipeline"))
    expect(board.locator("[data-card]")).to_have_count(0)

    # evidence for the four criteria, answered on the chips
    for label, quote in ANSWERS.items():
        rita.locator(f"#contact-head .chip[aria-label^='{label}']").click()
        dialog = rita.locator("#dialog")
        dialog.get_by_label("Meets").check()
        dialog.get_by_label("Their own words").fill(quote)
        dialog.get_by_role("button", name="Save answer").click()
        expect(rita.locator("#dialog")).to_be_hidden()
        expect(timeline).to_contain_text(quote, timeout=PATIENCE)

    # the card comes by itself, also to those who only look
    card = board.locator("[data-card]")
    expect(card).to_have_count(1, timeout=2 * PATIENCE)
    expect(card).to_contain_text("Amberdale Freight")
    opportunity = Opportunity.objects.get(contact=elin)
    assert (opportunity.stage.name, opportunity.owner) == ("New", cast.rita)
    elin.standing.refresh_from_db()
    assert elin.standing.lifecycle == "prospect"

    # dragged on: the next stage but one asks for an amount
    assert weighted(rita) == 0
    rita.goto(reverse("pipeline"))
    columns = {stage.name: rita.locator(f"#cards-{stage.pk}") for stage in Stage.objects.all()}
    card = rita.locator(f"[data-card='{opportunity.pk}']")
    drag(rita, card, columns["Discovery"])
    expect(columns["Discovery"].locator("[data-card]")).to_have_count(1)
    drag(rita, card, columns["Proposal"])
    expect(rita.locator("#dialog")).to_be_visible()
    rita.locator("#dialog").get_by_label("Amount").fill("18000")
    rita.locator("#dialog button.btn-primary").click()
    expect(columns["Proposal"].locator("[data-card]")).to_have_count(1)
    expect(rita.locator("#dialog")).to_be_hidden()
    opportunity.refresh_from_db()
    assert (opportunity.stage.name, opportunity.amount) == ("Proposal", Decimal(18000))

    # and the forecast counts it
    assert weighted(rita) == 9000

    # to lose it without a reason is refused
    rita.goto(reverse("pipeline"))
    drag(rita, rita.locator(f"[data-card='{opportunity.pk}']"), columns["Lost"])
    dialog = rita.locator("#dialog")
    expect(dialog).to_be_visible()
    dialog.locator("button.btn-primary").click()
    expect(dialog).to_contain_text("Choose why it was lost")
    opportunity.refresh_from_db()
    assert opportunity.is_open
    dialog.get_by_role("combobox").first.select_option("price")
    dialog.locator("button.btn-primary").click()
    expect(columns["Lost"].locator("[data-card]")).to_have_count(1)
    assert weighted(rita) == 0
    opportunity.refresh_from_db()
    assert (opportunity.lost_reason, opportunity.is_open) == ("price", False)
