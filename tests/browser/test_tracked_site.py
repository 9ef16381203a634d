# ruff: noqa: F811 - fixtures of the other file
"""What the tracker sees on a site of another origin: reading, clicks, shares, forms of several origins and devices."""

from typing import Any

import pytest

from capture.models import Site
from leads.models import Consent, Contact, EngagementEvent, Identity, Touch
from tests.browser import test_tracker
from tests.browser.test_tracker import page, shop, wait_for  # noqa: F401 - fixtures

pytestmark = test_tracker.pytestmark

MORE = """
<a id="file" href="/files/Price%20list.pdf?key=1">Prices</a>
<a id="out" href="https://partner.example/offer?secret=1">Partner</a>
<a id="share" href="#" data-winnow-share="linkedin">Share</a>
<p id="quote" data-winnow-share>Copy me</p>
<div style="height:4000px"></div>
"""


@pytest.fixture
def long_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_tracker, "PAGE", test_tracker.PAGE + MORE)


def stay(of: Any) -> None:
    """Nobody navigates: the test only wants to see what is sent."""
    of.evaluate("document.addEventListener('click', event => event.preventDefault())")


def latest(kind: str) -> dict[str, Any]:
    event = EngagementEvent.objects.filter(kind__key=kind).order_by("-pk").first()
    assert event is not None
    return dict(event.properties)


def test_reading_time_and_depth_are_added_when_the_page_is_left(page: Any, shop: Any, long_page: None) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(1600)
    page.goto(f"{shop.url}/later")
    events = wait_for(page, 2)
    for _ in range(50):
        events[0].refresh_from_db()
        if "seconds" in events[0].properties:
            break
        page.wait_for_timeout(100)
    first = events[0].properties
    assert first["path"] == "/home"
    assert 1 <= first["seconds"] <= 30
    assert 40 <= first["scroll"] <= 90
    assert EngagementEvent.objects.count() == 2


def test_a_page_that_changes_its_address_is_left_as_well(page: Any, shop: Any) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.wait_for_timeout(1200)
    page.evaluate("history.pushState({}, '', '/second')")
    wait_for(page, 2)
    page.wait_for_timeout(300)
    first, second = wait_for(page, 2)
    assert first.properties["seconds"] >= 1
    assert "seconds" not in second.properties
    page.go_back()
    assert [event.properties["path"] for event in wait_for(page, 3)] == ["/home", "/second", "/home"]


def test_downloads_clicks_to_elsewhere_and_shares(page: Any, shop: Any, long_page: None) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    stay(page)
    page.click("#file")
    wait_for(page, 2)
    assert latest("asset_downloaded") == {"asset": "Price list.pdf", "url": f"{shop.url}/files/Price%20list.pdf"}
    page.click("#out")
    wait_for(page, 3)
    assert latest("link_clicked") == {"path": "https://partner.example/offer", "text": "Partner"}
    page.click("#share")
    wait_for(page, 4)
    assert (latest("page_shared")["network"], latest("page_shared")["path"]) == ("linkedin", "/home")
    page.evaluate("""
        getSelection().selectAllChildren(document.getElementById('quote'))
        document.execCommand('copy')
    """)
    wait_for(page, 5)
    assert latest("page_shared")["network"] == "copied link"
    page.click("#next")
    page.wait_for_timeout(300)
    wait_for(page, 5)


def test_calls_from_before_the_script_has_loaded_are_kept(page: Any, shop: Any) -> None:
    page.add_init_script(
        "window.winnow = function () { (winnow.q = winnow.q || []).push(arguments) };"
        "winnow('track', 'Video Started', {video: 'tour'})"
    )
    page.goto(f"{shop.url}/home")
    events = wait_for(page, 2)
    assert {event.kind.key for event in events} == {"page_view", "video_started"}
    assert latest("video_started") == {"video": "tour"}
    assert {event.kind.is_registered for event in events if event.kind.key == "video_started"} == {False}


def test_without_a_cookie_every_page_is_a_visitor_of_its_own(page: Any, shop: Any) -> None:
    shop.handler.more = ' data-cookie="none"'
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.goto(f"{shop.url}/later")
    events = wait_for(page, 2)
    assert page.evaluate("document.cookie") == ""
    assert events[0].identity_id != events[1].identity_id


def test_consent_and_its_end_are_written_down(page: Any, shop: Any) -> None:
    shop.handler.more = ' data-consent="ask"'
    page.goto(f"{shop.url}/home")
    page.evaluate("winnow('consent', true)")
    wait_for(page, 1)
    page.evaluate("winnow('consent', false)")
    for _ in range(50):
        if Consent.objects.count() == 2:
            break
        page.wait_for_timeout(100)
    assert list(Consent.objects.order_by("pk").values_list("purpose", "given")) == [
        ("profiling", True),
        ("profiling", False),
    ]


def test_the_first_touch_survives_until_the_form_on_another_page(page: Any, shop: Any, live_server: Any) -> None:
    page.goto(f"{shop.url}/landing?utm_source=News&utm_medium=email&utm_campaign=Spring")
    wait_for(page, 1)
    page.goto(f"{shop.url}/pricing")
    wait_for(page, 2)
    page.click("#form")
    page.fill("[name=first_name]", "Ada")
    page.fill("[name=email]", "ada@acme.example")
    page.wait_for_timeout(1100)
    page.click("text=Send")
    page.wait_for_url(f"{live_server.url}/f/contact/thanks/")
    contact = Contact.objects.get()
    first = Touch.objects.get(identity__contact=contact, identity__kind="anonymous", position="first")
    assert (first.source, first.medium, first.campaign) == ("news", "email", "Spring")
    assert first.landing == f"{shop.url.removeprefix('http://')}/landing"


FORM = """
<form id="lead" action="{base}/nowhere" method="post" target="elsewhere">
<input type="hidden" name="winnow_visitor"><input type="email" name="email"><button>Send</button></form>
<iframe name="elsewhere"></iframe>
"""


def test_a_second_address_on_the_same_device_goes_on_as_a_new_visitor(
    page: Any, shop: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = FORM.replace("{base}", live_server.url).replace("{", "{{").replace("}", "}}")
    monkeypatch.setattr(test_tracker, "PAGE", test_tracker.PAGE + form)
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)

    def send(address: str) -> str:
        page.fill("#lead [name=email]", address)
        page.click("#lead button")
        page.wait_for_timeout(200)
        return str(page.evaluate("document.querySelector('#lead [name=winnow_visitor]').value"))

    first = send("ada@acme.example")
    assert send("Ada@acme.example ") == first
    second = send("bob@acme.example")
    assert len(second) == 32
    assert second != first
    page.goto(f"{shop.url}/later")
    events = wait_for(page, 2)
    assert [event.identity.value for event in events] == [first, second]
    page.evaluate("winnow('visitor', 'told-by-the-form')")
    page.goto(f"{shop.url}/last")
    assert wait_for(page, 3)[-1].identity.value == "told-by-the-form"


def test_two_devices_of_one_person_are_one_story(page: Any, shop: Any, live_server: Any) -> None:
    def fill_in(of: Any) -> None:
        of.click("#form")
        of.fill("[name=first_name]", "Ada")
        of.fill("[name=email]", "ada@acme.example")
        of.wait_for_timeout(1100)
        of.click("text=Send")
        of.wait_for_url(f"{live_server.url}/f/contact/thanks/")

    page.goto(f"{shop.url}/on-the-phone?utm_source=linkedin&utm_medium=social")
    wait_for(page, 1)
    fill_in(page)
    laptop = page.context.browser.new_context().new_page()
    laptop.goto(f"{shop.url}/on-the-laptop")
    wait_for(page, 3)
    fill_in(laptop)
    laptop.goto(f"{shop.url}/pricing")
    wait_for(page, 5)
    contact = Contact.objects.get()
    devices = Identity.objects.filter(contact=contact, kind="anonymous")
    assert devices.count() == 2
    assert EngagementEvent.objects.filter(contact=contact).count() == 5
    first = Touch.objects.filter(identity__contact=contact).order_by("at")[0]
    assert (first.source, first.landing.endswith("/on-the-phone")) == ("linkedin", True)


def test_a_browser_that_a_program_drives_says_so(page: Any, shop: Any) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})")
    page.goto(f"{shop.url}/home")
    (event,) = wait_for(page, 1)
    assert "automated" in event.human_reasons
    assert event.is_quarantined


def test_a_site_of_another_origin_is_refused_and_noted(page: Any, shop: Any) -> None:
    Site.objects.update(allowed_origins=["https://shop.example"])
    page.goto(f"{shop.url}/home")
    site = Site.objects.get()
    for _ in range(50):
        if site.notes.exists():
            break
        page.wait_for_timeout(100)
    assert site.notes.get().about == shop.url
    assert not EngagementEvent.objects.exists()
