"""What a page says of its visitor, and the link that only programs follow, in a real browser on another origin."""

from typing import Any

import pytest

from capture.models import Site
from leads.models import Contact, EngagementEvent, Identity, Trapped
from leads.services import quarantine
from tests.browser.test_tracker import CHROMIUM, page, shop, wait_for

__all__ = ["page", "shop"]  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium; apt-get install chromium"),
]


def lead(page: Any, email: str) -> Contact:
    """The contact with this address, as soon as there is one."""
    for _ in range(50):
        if found := Contact.objects.filter(email=email).first():
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{email} never came")


def test_a_page_says_who_its_visitor_is(page: Any, shop: Any) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.evaluate("winnow('identify', {email: 'lee@acme.example', firstName: 'Lee', plan: 'Pro'})")
    lee = lead(page, "lee@acme.example")
    assert lee.first_name == "Lee"
    assert EngagementEvent.objects.get().contact_id == lee.pk
    # somebody else at the same computer is a new visitor from then on
    page.evaluate("winnow('identify', {email: 'kim@berg.example'})")
    kim = lead(page, "kim@berg.example")
    page.goto(f"{shop.url}/pricing")
    wait_for(page, 2)
    assert dict(EngagementEvent.objects.values_list("properties__path", "contact")) == {
        "/home": lee.pk,
        "/pricing": kim.pk,
    }


def test_somebody_known_is_not_changed_by_a_page(page: Any, shop: Any) -> None:
    from tests import factories

    ada = factories.contact(email="ada@acme.example", first_name="Ada")
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.evaluate("winnow('identify', 'user-1', {email: 'ada@acme.example', firstName: 'Eve', title: 'Boss'})")
    page.wait_for_timeout(1500)
    ada.refresh_from_db()
    assert (ada.first_name, ada.job_title) == ("Ada", "")
    assert EngagementEvent.objects.get().contact_id is None


def test_before_consent_nothing_is_said_and_then_it_is(page: Any, shop: Any) -> None:
    shop.handler.more = ' data-consent="ask"'
    page.goto(f"{shop.url}/home")
    page.evaluate("winnow('identify', {email: 'lee@acme.example'})")
    page.wait_for_timeout(1000)
    assert not Identity.objects.exists()
    assert page.evaluate("document.querySelectorAll('a[rel=nofollow]').length") == 0
    page.evaluate("winnow('consent', true)")
    lead(page, "lee@acme.example")


def test_a_program_that_follows_every_link_is_found_out(page: Any, shop: Any) -> None:
    quarantine.rule_row()
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    bait = page.locator("a[rel=nofollow]")
    assert bait.count() == 1
    assert not bait.is_visible()
    assert Site.objects.get().write_key in bait.get_attribute("href")
    page.goto(bait.evaluate("link => link.href"))
    wait_for(page, 2)
    for _ in range(30):
        if EngagementEvent.objects.filter(is_quarantined=True).count() == 2:
            break
        page.wait_for_timeout(100)
    assert set(EngagementEvent.objects.values_list("is_quarantined", flat=True)) == {True}
    assert Trapped.objects.count() == 1


def test_who_presses_a_key_is_more_likely_a_person(page: Any, shop: Any) -> None:
    page.goto(f"{shop.url}/home")
    wait_for(page, 1)
    page.keyboard.press("ArrowDown")
    page.click("#next")
    first, second = wait_for(page, 2)
    assert first.human_reasons is None
    page.keyboard.press("ArrowDown")
    page.evaluate("winnow('track', 'Calculator used')")
    third = wait_for(page, 3)[-1]
    assert (third.human, third.human_reasons) == (97, ["interacted"])
    assert second.human == 90
