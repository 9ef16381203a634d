"""What happens while a part of a page takes its place is shown by it, too."""

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
