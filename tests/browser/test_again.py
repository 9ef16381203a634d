"""What happens while a part of a page takes its place is shown by it, too."""

import re

import pytest
from playwright.sync_api import expect

from leads.services import assign_owner
from tests import factories
from tests.browser.conftest import SignIn
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHANGED = "document.body.dispatchEvent(new CustomEvent('contact-changed'))"


def test_what_happens_before_an_answer_takes_its_place_is_asked_for_again(cast: Cast, sign_in: SignIn) -> None:
    contact = factories.contact(first_name="Elin", last_name="Brandt")
    assign_owner([contact.pk], cast.rita)
    page = sign_in(cast.rita)
    page.goto(f"/leads/{contact.pk}/")
    expect(page.locator("#timeline")).to_be_visible()
    page.evaluate(
        "document.body.addEventListener('htmx:beforeSwap', function late(event) {"
        "  if (event.detail.target.id !== 'timeline') return;"
        "  document.body.removeEventListener('htmx:beforeSwap', late);"
        f"  {CHANGED};"
        "})"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/timeline/" in request.url else None)

    def settled() -> int:
        """How often it was asked for, once nothing more comes."""
        before = -1
        while len(asked) != before:
            before = len(asked)
            page.wait_for_timeout(1500)
        return before

    page.evaluate(CHANGED)
    assert settled() == 2
    page.evaluate(CHANGED)  # and of nothing that happened meanwhile nothing is asked twice
    assert settled() == 3


def test_back_from_a_lead_shows_the_whole_list_as_it_was_filtered(cast: Cast, sign_in: SignIn) -> None:
    """What a filter brought is a part of the page under the page's address; the browser keeps the two apart."""
    factories.contact(first_name="Elin", last_name="Brandt")
    factories.contact(first_name="Jo", last_name="Halvorsen")
    page = sign_in(cast.rita)
    page.goto("/leads/")
    page.locator("#content input[type=search]").fill("brandt")
    expect(page.locator("#list")).not_to_contain_text("Halvorsen", timeout=15_000)
    page.wait_for_url("**/leads/?q=brandt")
    page.locator("#list").get_by_role("link", name="Elin Brandt").click()
    page.wait_for_url(re.compile(r"/leads/\d+/$"))
    page.go_back()
    expect(page.locator("#content input[type=search]")).to_have_value("brandt", timeout=15_000)
    expect(page.locator("#list")).to_contain_text("Elin Brandt")
    expect(page.locator("#list")).not_to_contain_text("Halvorsen")
