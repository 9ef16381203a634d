"""A real browser on a site of another origin: page views, then the hosted form, then one person's timeline."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from capture.models import Site
from leads.models import Contact, EngagementEvent, Identity
from tests.capture.making import BROWSER

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium; apt-get install chromium"),
]

PAGE = """<!doctype html><title>{path}</title>
<script>window.winnow=window.winnow||function(){{(winnow.q=winnow.q||[]).push(arguments)}}</script>
<script async src="{base}/t/tracker.js" data-site="{key}"{more}></script>
<a id="next" href="/pricing?utm_source=ads&utm_campaign=spring">Pricing</a>
<a id="form" href="{base}/f/contact/">Talk to us</a>
<form><input type="hidden" name="winnow_visitor"></form>"""


@pytest.fixture
def shop(live_server: Any) -> Iterator[Any]:
    """A web site on an origin of its own whose pages carry the snippet; `more` is put into it."""

    key = Site.objects.get().write_key

    class Shop(BaseHTTPRequestHandler):
        more = ""

        def do_GET(self) -> None:
            page = PAGE.format(path=self.path, base=live_server.url, key=key, more=Shop.more).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.handler = Shop  # type: ignore[attr-defined]
    server.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        # a browser that says of itself that a program drives it would be taken for a machine, and rightly so
        people = ["--no-sandbox", "--disable-blink-features=AutomationControlled", f"--user-agent={BROWSER}"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=people)
        page = browser.new_page()
        yield page
        browser.close()
        connections.close_all()  # inside Playwright's event loop Django keeps connections of its own


def wait_for(page: Any, count: int) -> list[EngagementEvent]:
    """The events, as soon as there are so many."""
    for _ in range(200):
        events = list(EngagementEvent.objects.select_related("kind", "identity").order_by("occurred_at", "pk"))
        if len(events) >= count:
            break
        page.wait_for_timeout(100)
    assert len(events) == count, [event.kind.key for event in events]
    return events


def test_visits_on_another_origin_become_the_persons_who_fills_in_the_form(
    page: Any, shop: Any, live_server: Any
) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.click("#next")
    wait_for(page, 2)
    page.evaluate("history.pushState({}, '', '/pricing/teams')")
    page.evaluate("history.replaceState({}, '', '/pricing/teams?tab=2')")
    wait_for(page, 3)
    page.evaluate("location.hash = '#/team/1?tab=3'")
    wait_for(page, 4)
    page.evaluate("winnow('track', 'asset_downloaded', {asset: 'prices.pdf'})")
    events = wait_for(page, 5)
    assert {event.identity_id for event in events} == {Identity.objects.get().pk}
    views = [event.properties for event in events if event.kind.key == "page_view"]
    assert [view["path"] for view in views] == ["/home", "/pricing", "/pricing/teams", "/pricing/teams#/team/1"]
    assert (views[1]["utm_source"], views[1]["utm_campaign"], views[1]["title"]) == (
        "ads",
        "spring",
        "/pricing?utm_source=ads&utm_campaign=spring",
    )
    assert views[1]["referrer"] == f"{shop.url}/home"
    visitor = Identity.objects.get().value
    assert page.evaluate("document.querySelector('input[name=winnow_visitor]').value") == visitor

    page.click("#form")
    page.fill("[name=first_name]", "Ada")
    page.fill("[name=email]", "ada@acme.example")
    page.wait_for_timeout(1100)
    page.click("text=Send")
    page.wait_for_url(f"{live_server.url}/f/contact/thanks/")
    contact = Contact.objects.get()
    events = wait_for(page, 6)
    assert {event.contact_id for event in events} == {contact.pk}
    assert events[-1].properties["page"] == f"{shop.url}/pricing/teams"


def test_where_the_site_asks_nothing_is_kept_or_sent_before_consent(page: Any, shop: Any) -> None:
    shop.handler.more = ' data-consent="ask"'
    page.goto(f"{shop.url}/home")
    page.evaluate("winnow('track', 'link_clicked', {path: '/x'})")
    page.wait_for_timeout(400)
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("document.querySelector('input[name=winnow_visitor]').value") == ""
    assert not EngagementEvent.objects.exists()
    page.evaluate("winnow('consent', true)")
    assert [event.kind.key for event in wait_for(page, 2)] == ["page_view", "link_clicked"]
    assert "winnow_visitor=" in page.evaluate("document.cookie")
    page.evaluate("winnow('consent', false)")
    assert page.evaluate("document.cookie") == ""
    page.evaluate("winnow('track', 'link_clicked', {path: '/y'})")
    page.goto(f"{shop.url}/later")
    page.wait_for_timeout(400)
    wait_for(page, 2)


def test_a_no_is_remembered_where_the_site_does_not_ask(page: Any, shop: Any) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.evaluate("winnow('consent', false)")
    page.goto(f"{shop.url}/later")
    page.wait_for_timeout(400)
    wait_for(page, 1)
    assert page.evaluate("document.cookie") == "winnow_visitor=off"
    page.evaluate("winnow('consent', true)")
    assert [event.properties["path"] for event in wait_for(page, 2)] == ["/home", "/later"]
    assert Identity.objects.count() == 2


@pytest.mark.parametrize("signal", ["globalPrivacyControl: true", "doNotTrack: '1'"])
def test_do_not_track_and_global_privacy_control_are_respected(page: Any, shop: Any, signal: str) -> None:
    name, value = signal.split(": ")
    page.add_init_script(f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})")
    page.goto(f"{shop.url}/home")
    page.evaluate("winnow('consent', true)")
    page.wait_for_timeout(400)
    assert page.evaluate("document.cookie") == ""
    assert not EngagementEvent.objects.exists()


def test_the_next_person_at_a_shared_computer_is_a_new_visitor(page: Any, shop: Any) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.evaluate("winnow('reset')")
    page.goto(f"{shop.url}/later")
    events = wait_for(page, 2)
    assert events[0].identity_id != events[1].identity_id


def test_a_beacon_that_failed_is_sent_again_and_stored_once(page: Any, shop: Any) -> None:
    page.add_init_script("navigator.sendBeacon = () => false")
    failed: list[str] = []

    def flaky(route: Any) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.post_data)
            route.fulfill(status=503)

    page.route("**/t/collect", flaky)
    page.goto(f"{shop.url}/home")
    page.wait_for_timeout(2500)
    (event,) = wait_for(page, 1)
    assert event.message_id in failed[0]
