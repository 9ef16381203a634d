"""The builder of conditions and a rule's patterns in a browser: what a choice offers follows the choice, nothing is lost."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from leads.models import Facet
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import NOW, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_exclusion_a_persona_and_a_pattern_are_made_on_a_phone(
    browser: Any, live_server: Any, cast: Cast, sign_in: SignIn
) -> None:
    draft = definitions.new_draft(by=cast.mara, now=NOW)
    mara = sign_in(cast.mara, viewport={"width": 390, "height": 844})
    mara.goto(reverse("definition_edit", args=[draft.pk]))

    mara.get_by_role("button", name="Another condition").last.click()
    rule = mara.locator("[data-rule^='x-']")
    rule.get_by_label("Reason that is said").fill("small")
    rule.get_by_label("Field").select_option("company.employees")
    expect(rule.get_by_label("How it is compared").locator("option[value=between]")).to_have_count(1)
    with mara.expect_response("**/edit/"):
        rule.get_by_label("How it is compared").select_option("at_most")
    mara.wait_for_timeout(500)  # until what came stands in the page
    expect(rule.get_by_label("Reason that is said")).to_have_value("small")
    rule.get_by_label("Value").fill("3")

    mara.get_by_role("button", name="Add a persona").click()
    persona = mara.locator("[data-rule^='p-']")
    persona.get_by_label("Name").first.fill("Big")
    inner = persona.locator("[data-rule^='p0f-']")
    inner.get_by_label("Name").fill("Large")
    inner.get_by_label("Value").fill("Software")

    seen = mara.locator("[data-rule='e-Read our pages']")
    seen.locator(".rule-head").click()
    seen.locator(".new-pattern summary").click()
    seen.get_by_label("Name of the new pattern").fill("Plans")
    seen.get_by_label("The new pattern", exact=True).fill("/plans*, /tariffs*")
    seen.get_by_role("button", name="Add", exact=True).click()
    expect(seen.get_by_label("Plans", exact=True)).to_be_checked()
    assert wide_of(mara) == 0

    mara.get_by_role("button", name="Save draft").last.click()
    mara.wait_for_url(f"**{reverse('definition_version', args=[draft.pk])}")
    expect(mara.locator("main")).to_contain_text("New exclusion “small”: kept out when Employees is at most 3.")
    draft.refresh_from_db()
    content = content_of(draft)
    assert [(row.name, row.rules[0].name) for row in content.personas] == [("Big", "Large")]
    assert content.engagement[0].facet_ids == (Facet.objects.get(name="Plans").pk,)
