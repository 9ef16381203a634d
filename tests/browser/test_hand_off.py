"""A rep accepts a hand-off on a phone; a manager opens the list behind a number."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from pipeline import services
from pipeline.models import HandOff, Opportunity
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast
from tests.pipeline.rows import offer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def offered(cast: Cast) -> Cast:
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    return cast


def test_a_rep_accepts_and_rejects_on_a_phone(offered: Cast, browser: Any, sign_in: SignIn) -> None:
    now = timezone.now()
    services.add_absence(user=offered.ravi, first_day=now.date(), last_day=now.date() + timedelta(days=3))
    services.add_absence(user=offered.sven, first_day=now.date(), last_day=now.date() + timedelta(days=3))
    first = offer(now=now, first_name="Elin", last_name="Brandt")
    second = offer(now=now, first_name="Jo", last_name="Halvorsen")
    page = sign_in(offered.rita, **PHONE)
    assert wide_of(page) == 0
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("Elin Brandt")
    accept = waiting.get_by_role("button", name="Accept Elin Brandt")
    box = accept.bounding_box()
    assert box["height"] >= 32
    accept.tap()
    expect(waiting).not_to_contain_text("Elin Brandt")
    expect(page.locator("body")).to_contain_text("Elin Brandt is yours")
    first.refresh_from_db()
    assert first.state == "accepted"
    expect(page.locator("#handed")).to_contain_text("Elin Brandt", timeout=15_000)  # is where to go on
    expect(page.locator("#tiles")).to_contain_text(re.compile(r"Handed to you\s*1"), timeout=15_000)
    expect(waiting.get_by_role("link", name="Jo Halvorsen")).to_be_focused(timeout=15_000)

    waiting.get_by_role("link", name="Reject").tap()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Why").select_option("no_budget")
    dialog.get_by_label("In a few words").fill("Frozen until spring.")
    dialog.get_by_role("button", name="Reject").tap()
    expect(page.locator("body")).to_contain_text("Thank you.")
    second.refresh_from_db()
    assert (second.state, second.note) == ("rejected", "Frozen until spring.")
    assert Opportunity.objects.count() == 1
    page.goto(reverse("contact", args=[second.contact_id]))
    expect(page.locator("#contact-story")).to_contain_text("No budget")
    assert wide_of(page) == 0
    page.goto(reverse("opportunity", args=[first.opportunity_id]))
    page.get_by_role("link", name="Why Rita?").tap()
    expect(dialog).to_contain_text("their turn")
    assert wide_of(page) == 0


def test_a_manager_opens_the_list_behind_a_number(offered: Cast, browser: Any, sign_in: SignIn) -> None:
    at = timezone.now() - timedelta(days=2)
    for number in range(3):
        row = offer(now=at, last_name=f"Yes{number}")
        assert row.rep is not None
        services.accept(hand_off_id=row.pk, actor=row.rep, now=at + timedelta(hours=1))
    no = offer(now=at, first_name="Una", last_name="Nein")
    services.reject(hand_off_id=no.pk, actor=offered.mona, now=at, reason="no_need", note="Has one already.")
    page = sign_in(offered.mona)
    page.goto(reverse("funnel"))
    page.get_by_role("link", name="Hand-offs").click()
    expect(page.locator("main")).to_contain_text("75 %")
    page.get_by_role("table").get_by_role("link", name="No need 1").click()
    expect(page.locator("#list")).to_contain_text("Una Nein")
    expect(page.locator("#list")).to_contain_text("Has one already.")
    expect(page.locator("#list tbody tr")).to_have_count(HandOff.objects.filter(reason="no_need").count())
    page.get_by_label("Reason").select_option("")
    expect(page.locator("#list tbody tr")).to_have_count(1)  # still the rejected ones
