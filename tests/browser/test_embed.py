"""A real browser: a form inside a page of another site, and the builder by hand and by keyboard."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from capture.models import Form, Site, Submission
from capture.questions import Condition, Question
from leads.models import Contact, EngagementEvent, Identity
from leads.services import link_identity
from tests import factories
from tests.browser.conftest import SignIn
from tests.capture.making import BOX, BUDGET, EMAIL, make_form, version_of
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><meta charset="utf-8"><title>Shop</title>
<style>input {{ border: 7px solid rgb(255, 0, 0) }} label {{ display: none }}</style>
<h1>Prices</h1><input id="own"><script async src="{base}/f/form.js" data-form="quiz"></script>"""


@pytest.fixture
def shop(live_server: Any, settings: Any) -> Iterator[str]:
    """A page on an origin of its own, with one line of script, a loud style and a shared computer's cookie."""
    settings.SITE_URL = live_server.url

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = PAGE.format(base=live_server.url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Set-Cookie", "winnow_visitor=visitor-0001; Path=/")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_form_inside_a_page_of_another_site(browser: Any, shop: str) -> None:
    why = Question("why", "Why not?", required=True, shown_if=Condition("budget", "is", "No"))
    make_form("quiz", EMAIL, BUDGET, why, consents=(BOX,), thank_you="Fine. We write.")
    page = browser.new_context().new_page()
    page.goto(f"{shop}/prices?utm_source=ads")
    mail = page.get_by_label("E-mail")
    expect(mail).to_be_visible()
    assert page.locator("#own").evaluate("e => getComputedStyle(e).borderTopWidth") == "7px"
    assert mail.evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"  # neither style leaks
    # what depends on an answer comes with it
    expect(page.get_by_label("Why not?")).to_be_hidden()
    page.get_by_label("No", exact=True).check()
    expect(page.get_by_label("Why not?")).to_be_visible()
    page.get_by_label("Yes", exact=True).check()
    expect(page.get_by_label("Why not?")).to_be_hidden()
    # what is wrong is said beside its question, and the words stay
    page.wait_for_timeout(1100)
    mail.fill("nobody@nowhere")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("is not an e-mail address")).to_be_visible()
    mail.fill("ada@acme.example")
    page.get_by_label(BOX.wording).check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Fine. We write.")).to_be_visible()
    told = Submission.objects.get()
    assert (told.status, told.consents, told.visitor) == ("accepted", ["marketing"], "visitor-0001")
    assert (told.origin["utm_source"], told.origin["page"]) == ("ads", f"{shop}/prices")


def test_the_next_person_at_a_shared_computer_goes_on_as_somebody_new(browser: Any, shop: str) -> None:
    ada = factories.contact(email="ada@acme.example")
    link_identity(kind="anonymous", value="visitor-0001", contact=ada)
    make_form("quiz", EMAIL)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop}/prices")
    page.wait_for_timeout(1100)
    page.get_by_label("E-mail").fill("bo@acme.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    bo = Contact.objects.get(email="bo@acme.example")
    cookie = next(one["value"] for one in context.cookies(shop) if one["name"] == "winnow_visitor")
    assert Identity.objects.get(value=cookie).contact_id == bo.pk
    assert Identity.objects.get(value="visitor-0001").contact_id == ada.pk


def test_the_tracker_goes_on_as_that_somebody_at_once(browser: Any, shop: str, live_server: Any) -> None:
    ada = factories.contact(email="ada@acme.example")
    link_identity(kind="anonymous", value="visitor-0001", contact=ada)
    make_form("quiz", EMAIL)
    site = Site.objects.create(name="Shop")
    page = browser.new_context().new_page()
    page.goto(f"{shop}/prices")
    page.add_script_tag(content="window.winnow = function () { (winnow.q = winnow.q || []).push(arguments) }")
    page.evaluate(
        """([base, key]) => { const script = document.createElement('script'); script.src = base + '/t/tracker.js';
        script.dataset.site = key; document.head.append(script) }""",
        [live_server.url, site.write_key],
    )
    page.wait_for_function("winnow.isLoaded")
    page.wait_for_timeout(1100)
    page.get_by_label("E-mail").fill("bo@acme.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    page.evaluate("winnow('visitor'); winnow('track', 'Price list opened')")
    bo = Contact.objects.get(email="bo@acme.example")
    for _ in range(50):
        if event := EngagementEvent.objects.filter(kind__key="price_list_opened").first():
            break
        page.wait_for_timeout(100)
    assert event is not None
    assert event.contact_id == bo.pk
    assert {one.contact_id for one in EngagementEvent.objects.filter(kind__key="page_view")} == {ada.pk}


def test_a_form_is_built_in_the_browser(cast: Cast, sign_in: SignIn, live_server: Any) -> None:
    mara = sign_in(cast.mara, viewport={"width": 1440, "height": 1000})
    mara.goto("/settings/forms/new/")
    mara.get_by_role("textbox", name="Title").fill("Price list")
    mara.get_by_role("textbox", name="Address").fill("prices")
    mara.get_by_label("Only the e-mail address").check()
    mara.get_by_role("button", name="Go on").click()
    mara.wait_for_url("**/settings/forms/*/")
    preview = mara.locator("#preview")
    # a criterion comes with its answers, and the preview follows
    mara.get_by_label("What to ask").select_option(label="Budget")
    mara.get_by_role("button", name="Add", exact=True).click()
    expect(preview.get_by_label("Yes, it is set aside")).to_be_visible()
    mara.get_by_label("Question 1").fill("Where shall we send it?")
    expect(preview).to_contain_text("Where shall we send it?")
    # by its button, by keyboard and by mouse
    first = mara.locator("[data-question]").first
    mara.get_by_role("button", name="Move “What have you set aside").first.click()
    expect(first).to_have_attribute("data-question", "budget")
    mara.locator("[data-question=budget] .question-label").press("Alt+ArrowDown")
    expect(first).to_have_attribute("data-question", "email")
    handle = mara.locator("[data-question=budget] [data-handle]").bounding_box()
    target = first.bounding_box()
    mara.mouse.move(handle["x"] + 8, handle["y"] + 8)
    mara.mouse.down()
    for share in (0.3, 0.7, 1.0):
        mara.mouse.move(handle["x"] + 8, handle["y"] + (target["y"] + 4 - handle["y"]) * share, steps=5)
    mara.mouse.up()
    expect(first).to_have_attribute("data-question", "budget")
    mara.get_by_role("button", name="Publish").click()
    mara.wait_for_url("**/share/")
    assert [question.key for question in version_of("prices").asked] == ["budget", "email"]
    assert Form.objects.get(slug="prices").published is not None
