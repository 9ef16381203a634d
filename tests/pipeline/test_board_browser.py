"""The board in a real browser: by hand, by keyboard, and while others work on it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from pipeline import services
from pipeline.models import Opportunity
from tests.browser.conftest import find_chromium
from tests.conftest import Cast, client_of
from tests.pipeline import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def board(cast: Cast, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Rita looks at the board; every error of the page fails the test."""
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    session = client_of(cast.rita).cookies["sessionid"].value
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1600, "height": 900}, base_url=live_server.url)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        opened = context.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        browser.close()
        connections.close_all()  # inside Playwright's event loop Django keeps connections of its own
    assert errors == []


def column(board: Any, name: str) -> Any:
    return board.locator(f'[data-stage="{rows.stage(name).pk}"]')


def card_in(board: Any, name: str, card: Opportunity) -> Any:
    return column(board, name).locator(f'[data-card="{card.pk}"]')


def stage_of(card: Opportunity) -> str:
    return Opportunity.objects.get(pk=card.pk).stage.name


def drag(board: Any, card: Opportunity, to: str) -> None:
    source = board.locator(f'[data-card="{card.pk}"]').bounding_box()
    target = column(board, to).locator("[data-cards]").bounding_box()
    board.mouse.move(source["x"] + 40, source["y"] + 30)
    board.mouse.down()
    board.mouse.move(source["x"] + 60, source["y"] + 40, steps=4)
    board.mouse.move(target["x"] + 60, target["y"] + 30, steps=12)
    board.mouse.up()


def test_by_hand(board: Any, cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", amount=1000)
    board.goto("/pipeline/")
    drag(board, card, "Discovery")
    card_in(board, "Discovery", card).wait_for()
    board.locator(f'[data-card="{card.pk}"][data-version="2"]').wait_for()
    assert stage_of(card) == "Discovery"
    assert "€250" in column(board, "Discovery").locator(".lane-head").inner_text()

    drag(board, card, "Negotiation")  # which asks for a date
    dialog = board.locator("#dialog[open]")
    dialog.wait_for()
    assert stage_of(card) == "Discovery"
    dialog.locator('[name="expected_close"]').fill(f"{timezone.now():%Y}-12-31")
    dialog.get_by_role("button", name="Move to Negotiation").click()
    card_in(board, "Negotiation", card).wait_for()
    dialog.wait_for(state="hidden")
    assert stage_of(card) == "Negotiation"


def test_by_keyboard_and_won(board: Any, cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="Proposal", name="Kestrel", amount=1000, expected_close=timezone.now().date())
    board.goto("/pipeline/")
    board.locator(f'[data-card="{card.pk}"]').focus()
    board.keyboard.press("]")
    board.locator(f'[data-card="{card.pk}"][data-version="2"]').wait_for()
    assert stage_of(card) == "Negotiation"
    board.locator(f'[data-card="{card.pk}"]:focus').wait_for()  # the focus goes with it
    board.keyboard.press("]")
    dialog = board.locator("#dialog[open]")
    dialog.wait_for()
    dialog.get_by_role("button", name="Won").click()
    card_in(board, "Won", card).wait_for()
    assert stage_of(card) == "Won"


def test_losing_asks_for_a_reason(board: Any, cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel")
    board.goto("/pipeline/")
    drag(board, card, "Lost")
    dialog = board.locator("#dialog[open]")
    dialog.wait_for()
    dialog.get_by_role("button", name="Lost").click()
    dialog.get_by_text("Choose why it was lost").wait_for()
    assert stage_of(card) == "New"
    dialog.locator('[name="reason"]').select_option("price")
    dialog.get_by_role("button", name="Lost").click()
    card_in(board, "Lost", card).wait_for()
    assert "Too expensive" in card_in(board, "Lost", card).inner_text()


def test_others_moves_arrive_and_leave_the_focus_alone(board: Any, cast: Cast) -> None:
    mine, theirs = rows.opportunity(cast.rita, name="mine"), rows.opportunity(cast.ravi, name="theirs")
    board.goto("/pipeline/")
    board.locator(f'[data-card="{mine.pk}"]').focus()
    services.move(
        opportunity_id=theirs.pk, stage_id=rows.stage("Discovery").pk, actor=cast.ravi, now=timezone.now(), version=1
    )
    card_in(board, "Discovery", theirs).wait_for(timeout=10_000)
    assert card_in(board, "New", theirs).count() == 0
    assert board.evaluate("document.activeElement.dataset.card") == str(mine.pk)


def test_a_stale_card_is_put_where_it_belongs(board: Any, cast: Cast) -> None:
    card = rows.opportunity(cast.rita, name="Kestrel", amount=1)
    board.goto("/pipeline/")
    services.move(
        opportunity_id=card.pk, stage_id=rows.stage("Proposal").pk, actor=cast.ravi, now=timezone.now(), version=1
    )
    board.locator(f'[data-card="{card.pk}"]').focus()
    board.keyboard.press("]")
    card_in(board, "Proposal", card).wait_for()
    board.get_by_text("Somebody else moved this card").first.wait_for()
    assert board.locator(f'[data-card="{card.pk}"]').count() == 1
    assert stage_of(card) == "Proposal"


def test_scrolling_down_fetches_the_rest(board: Any, cast: Cast) -> None:
    for number in range(35):
        rows.opportunity(cast.rita, name=f"card {number}")
    board.goto("/pipeline/")
    cards = column(board, "New").locator("[data-card]")
    assert cards.count() == 20
    column(board, "New").locator("[data-cards]").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    cards.nth(34).wait_for()
    top = column(board, "New").locator("[data-cards]").evaluate("list => list.scrollTop")
    card = services.promote(contact_id=rows.qualified().pk, now=timezone.now())
    assert card is not None
    assert card.owner == cast.rita
    card_in(board, "New", card).wait_for()
    assert cards.count() >= 35  # it stays scrolled open
    assert column(board, "New").locator("[data-cards]").evaluate("list => list.scrollTop") >= top


def test_a_viewer_cannot_drag(board: Any, cast: Cast, live_server: Any) -> None:
    card = rows.opportunity(cast.rita)
    session = client_of(cast.vera).cookies["sessionid"].value
    board.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    board.goto("/pipeline/")
    drag(board, card, "Discovery")
    assert card_in(board, "New", card).count() == 1
    assert stage_of(card) == "New"


def test_a_card_held_at_the_lower_edge_comes_to_the_bands_below(board: Any, cast: Cast) -> None:
    for number in range(12):
        rows.opportunity(cast.rita, name=f"Kestrel {number}", amount=1)
    rows.opportunity(cast.ravi, name="his", amount=1)
    board.goto("/pipeline/?lanes=owner")
    board.locator("[data-band]").nth(1).wait_for()
    is_ready = "Object.keys(document.querySelector('[data-band] [data-cards]')).some(key => key.startsWith('Sortable'))"
    board.wait_for_function(is_ready)
    place = board.locator("[data-board]").bounding_box()
    source = board.locator("[data-band] [data-card]").first.bounding_box()
    board.mouse.move(source["x"] + 40, source["y"] + 30)
    board.mouse.down()
    board.mouse.move(source["x"] + 50, source["y"] + 45, steps=4)
    for step in range(200):  # as long as it takes, ten seconds at most
        board.mouse.move(source["x"] + 60 + step % 2, place["y"] + place["height"] - 40)
        if board.evaluate("document.querySelector('[data-board]').scrollTop") > 0:
            break
        board.wait_for_timeout(50)
    assert board.evaluate("document.querySelector('[data-board]').scrollTop") > 0
    board.goto("about:blank")  # nothing is moved: no answer is on its way when the test ends
    board.mouse.up()
