"""The studio by hand: what rearranges saves nothing and leaves keyboard, open parts and what was typed where they were."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from scoring.models import Definition
from scoring.services import definitions
from tests.browser.conftest import SignIn
from tests.conftest import NOW, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAIT = 15_000


def studio(cast: Cast, sign_in: SignIn, draft: Definition) -> Any:
    page = sign_in(cast.mara)
    page.goto(reverse("definition_edit", args=[draft.pk]))
    return page


def focused(page: Any, name: str) -> None:
    expect(page.locator(f'[name="{name}"]:focus')).to_have_count(1, timeout=WAIT)


def test_choices_that_rearrange_save_nothing_and_keep_the_place(
    browser: Any, live_server: Any, cast: Cast, sign_in: SignIn
) -> None:
    draft = definitions.new_draft(by=cast.mara, now=NOW)
    page = studio(cast, sign_in, draft)
    here = page.url

    # the kind of event of a rule that has just got another name
    page.locator("[data-rule='e-Looked at pricing'] summary").first.press("Enter")
    page.locator('[name="e1-name"]').fill("Answered us")
    page.locator('[name="e1-kind"]').focus()
    page.locator('[name="e1-kind"]').select_option("email_replied")
    expect(page.locator("[data-rule='e-Answered us'] .builder-wrong")).to_contain_text("Taken off", timeout=WAIT)
    focused(page, "e1-kind")
    expect(page.locator('[name="e1-points"]')).to_be_visible()

    # the field and the comparison of a condition
    page.locator("[data-rule='f-50 to 1,000 employees'] summary").first.press("Enter")
    page.locator('[name="f0-c0-op"]').focus()
    page.locator('[name="f0-c0-op"]').select_option("known")
    expect(page.locator('[name="f0-c0-value"]')).to_have_count(0, timeout=WAIT)
    focused(page, "f0-c0-op")
    page.locator('[name="f0-c0-field"]').focus()
    page.locator('[name="f0-c0-field"]').select_option("contact.job_title")
    expect(page.locator('[name="f0-c0-op"] option[value="contains"]')).to_have_count(1, timeout=WAIT)
    focused(page, "f0-c0-field")

    # whose leads it judges
    page.locator("#team").focus()
    page.locator("#team").select_option(str(cast.rita.team_id))
    expect(page.locator("#studio")).to_contain_text("It judges the leads of team", timeout=WAIT)
    focused(page, "team")

    assert page.url == here
    draft.refresh_from_db()
    assert (draft.revision, draft.team_id) == (1, None)
    assert draft.engagement_rules.all()[1].kind.key == "page_view"

    # a link asks before what is not saved is lost; saving is no reason to ask
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    page.get_by_role("link", name="As saved").press("Enter")
    expect(page.locator("#team")).to_be_visible()
    for _ in range(100):
        if asked:
            break
        page.wait_for_timeout(100)
    assert (asked, page.url) == (["beforeunload"], here)
    page.locator("#name").press("Enter")
    page.wait_for_url(re.compile(r"/definition/\d+/$"), timeout=2 * WAIT)
    assert asked == ["beforeunload"]
    draft.refresh_from_db()
    assert (draft.revision, draft.team_id) == (2, cast.rita.team_id)


def test_the_keyboard_goes_where_something_was_added_moved_or_taken_away(
    browser: Any, live_server: Any, cast: Cast, sign_in: SignIn
) -> None:
    draft = definitions.new_draft(by=cast.mara, now=NOW)
    count = draft.fit_rules.count()
    page = studio(cast, sign_in, draft)

    page.locator('[name="do"][value="add:f"]').press("Enter")
    focused(page, f"f{count}-name")
    page.keyboard.type("Title")
    page.locator(f'[name="do"][value="leaf:f{count}"]').press("Enter")
    focused(page, f"f{count}-c1-field")
    page.locator(f'[name="do"][value="group:f{count}"]').press("Enter")
    focused(page, f"f{count}-c2-c0-field")
    page.locator(f'[name="do"][value="unleaf:f{count}:0"]').press("Enter")
    focused(page, f"f{count}-c0-field")
    expect(page.locator(f'[name="f{count}-name"]')).to_have_value("Title")

    page.locator(f'[name="do"][value="up:f{count}"]').press("Enter")
    expect(page.locator(f'button[value="up:f{count - 1}"]:focus')).to_have_count(1, timeout=WAIT)
    page.locator(f'[name="do"][value="remove:f{count - 1}"]').press("Enter")
    expect(page.locator("[data-rule^='f-'] summary:focus")).to_have_count(1, timeout=WAIT)

    page.locator("[data-rule='e-Read our pages'] summary").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-rule^='e-'] b").nth(1)).to_have_text("Read our pages", timeout=WAIT)
    expect(page.locator("[data-rule='e-Read our pages'] > details > summary:focus")).to_have_count(1, timeout=WAIT)

    # a mistake: the keyboard stands where it is to be mended
    page.locator("#threshold").fill("many")
    page.locator("#threshold").press("Enter")
    expect(page.locator("#studio")).to_contain_text("The line is a whole number", timeout=WAIT)
    focused(page, "threshold")
    draft.refresh_from_db()
    assert draft.revision == 1

    # another window throws it away: what is here becomes another draft
    page.locator("#threshold").fill("45")
    definitions.discard_draft(definition_id=draft.pk, seen=1)
    page.locator("#threshold").press("Enter")
    expect(page.locator("#studio")).to_contain_text("thrown away meanwhile", timeout=WAIT)
    expect(page.locator("[role='alert']:focus")).to_have_count(1, timeout=WAIT)
    page.get_by_role("button", name="Save as a new draft").press("Enter")
    page.wait_for_url(re.compile(r"/definition/\d+/$"), timeout=2 * WAIT)
    expect(page.locator("main")).to_contain_text("The line moves from 50 to 45.", timeout=WAIT)

    # … which is thrown away only when it is meant
    page.locator("details[data-menu]:has(a[href$='/discard/']) > summary").press("Enter")
    page.locator("a[href$='/discard/']").press("Enter")
    expect(page.locator("#dialog")).to_contain_text("It cannot be brought back", timeout=WAIT)
    page.keyboard.press("Escape")
    expect(page.locator("details[data-menu] > summary:focus")).to_have_count(1, timeout=WAIT)
    page.keyboard.press("Enter")
    page.locator("a[href$='/discard/']").press("Enter")
    expect(page.locator("#dialog")).to_contain_text("It cannot be brought back", timeout=WAIT)
    page.get_by_role("button", name="Throw it away").press("Enter")
    page.wait_for_url(f"**{reverse('definition')}", timeout=2 * WAIT)
    assert Definition.objects.count() == 1
