"""A marketer drafts a rule, previews it, sales signs, it is activated, a waiting lead becomes a prospect; then roll back."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Standing
from pipeline.models import Opportunity
from scoring.models import Definition
from tests import factories
from tests.browser.conftest import PATIENCE, SignIn, wide_of
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_a_definition_is_changed_by_two_people_and_brought_back(
    browser: Any, live_server: Any, worker: None, cast: Cast, sign_in: SignIn
) -> None:
    now = timezone.now()
    waiting = factories.contact(now=now, owner=cast.rita, first_name="Elin", last_name="Brandt")
    factories.event(waiting, "demo_requested", now=now)
    factories.event(waiting, "email_replied", now=now)
    factories.bant(waiting, now=now)

    # the marketer begins with a copy of the active one, and a demo counts more
    mara = sign_in(cast.mara)
    mara.goto(reverse("definition"))
    mara.get_by_role("button", name="New draft").click()
    mara.wait_for_url("**/edit/")
    mara.locator("[data-rule='e-Asked for a demo'] .rule-head").click()
    rule = mara.locator("[data-rule='e-Asked for a demo']")
    rule.get_by_label("Points each").fill("40")
    mara.get_by_role("button", name="Save draft").last.click()
    expect(rule).to_contain_text("the cap must be at least that")
    rule.get_by_label("Together at most").fill("40")
    mara.get_by_role("button", name="Save draft").last.click()
    mara.wait_for_url(re.compile(r"/definition/\d+/$"))
    expect(mara.locator("main")).to_contain_text("“Asked for a demo”: points +25 → +40; cap 30 → 40.")
    draft = Definition.objects.get(version=2)

    # what it would do
    mara.get_by_role("link", name="Preview").click()
    mara.get_by_role("button", name="Preview").click()
    mara.get_by_role("link", name="Would come in").click()
    expect(mara.locator("#list")).to_contain_text("Elin Brandt")
    mara.goto(reverse("definition_version", args=[draft.pk]))
    mara.get_by_role("button", name="Sign for marketing").click()
    expect(mara.locator("main")).to_contain_text("In review")
    expect(mara.get_by_role("button", name="Activate")).to_have_count(0)

    # sales signs and activates, on a phone
    mona = sign_in(cast.mona, viewport={"width": 390, "height": 844})
    mona.goto(reverse("definition_version", args=[draft.pk]))
    assert wide_of(mona) == 0
    mona.get_by_role("button", name="Sign for sales").click()
    mona.get_by_role("button", name="Activate").click()
    expect(mona.locator("main")).to_contain_text("Active")

    # the lead becomes a prospect by itself
    mona.goto(reverse("pipeline"))
    expect(mona.locator("[data-card]")).to_have_count(1, timeout=4 * PATIENCE)
    assert Opportunity.objects.get().contact == waiting
    assert Standing.objects.get(pk=waiting.pk).definition_version == 2

    # and back
    first = Definition.objects.get(version=1)
    mara.goto(reverse("definition_version", args=[first.pk]))
    mara.get_by_role("button", name="Bring it back").click()
    mara.wait_for_url(f"**{reverse('definition')}")
    expect(mara.locator("main")).to_contain_text("Version 3")
    for _ in range(40):
        if Standing.objects.get(pk=waiting.pk).definition_version == 3:
            break
        mara.wait_for_timeout(250)
    standing = Standing.objects.get(pk=waiting.pk)
    assert (standing.definition_version, standing.is_qualified, standing.lifecycle) == (3, False, "prospect")
