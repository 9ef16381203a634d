"""On a phone, without a mouse, in the dark, for those who cannot see: every main page."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from activities.services import add_follow_up, log_activity
from leads.models import Company, Contact
from leads.services import assign_owner
from pipeline.models import Opportunity, Stage
from pipeline.services import edit, promote
from reports.services import refresh_funnel
from scoring.services import rescore_changed
from tests import factories
from tests.browser.conftest import SignIn, wide_of
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def opportunity(cast: Cast) -> Opportunity:
    """One prospect with a history, and some leads around it."""
    now = timezone.now()
    company = Company.objects.create(
        name="Amberdale Freight", domain="amberdale.example", industry="Logistics", employees=240
    )
    contact = factories.contact(
        now=now, first_name="Elin", last_name="Brandt", company=company, job_title="Head of Operations"
    )
    for kind in ("page_view", "demo_requested", "email_replied", "meeting_held"):
        factories.event(contact, kind, now=now, days_ago=2, path="/pricing/")
    factories.evidence(contact, "budget", now=now)
    factories.evidence(contact, "need", "weak", now=now)
    factories.evidence(contact, "timeline", "fails", now=now)
    log_activity(contact=contact, kind="call", actor=cast.rita, at=now, now=now, body="Talked for twenty minutes.")
    add_follow_up(contact=contact, assignee=cast.rita, title="Call back", due_at=now - timedelta(hours=3), now=now)
    assign_owner([contact.pk], cast.rita)
    for number in range(6):
        lead = factories.contact(now=now, first_name="Ada", last_name=f"Abel{number}")
        factories.event(lead, "demo_requested", now=now)
        factories.event(lead, "email_replied", now=now)
    rescore_changed(now=now)
    row = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
    assert row is not None
    edit(
        opportunity_id=row.pk, actor=cast.rita, now=now, amount="12500", expected_close=now.date() + timedelta(days=20)
    )
    refresh_funnel(now=now)
    return row


def pages(opportunity: Opportunity) -> list[str]:
    contact: Contact = opportunity.contact
    return [
        reverse("today"),
        reverse("leads"),
        reverse("contact", args=[contact.pk]),
        reverse("company", args=[contact.company_id]),
        reverse("evidence_new", args=[contact.pk, "budget"]),
        reverse("score_why", args=[contact.pk]),
        reverse("pipeline"),
        reverse("pipeline_list"),
        reverse("opportunity", args=[opportunity.pk]),
        reverse("opportunity_lose", args=[opportunity.pk]),
        reverse("forecast"),
        reverse("funnel"),
        reverse("funnel_cohorts"),
        reverse("funnel_compare"),
        reverse("funnel_costs"),
        reverse("funnel_costs_import"),
        reverse("definition"),
        reverse("search") + "?q=amber",
        reverse("notifications"),
        reverse("settings"),
        reverse("settings_people"),
        reverse("person_invite"),
        reverse("settings_tokens"),
        reverse("settings_stages"),
        reverse("settings_routing"),
        reverse("routing_rule_new"),
        reverse("settings_hours"),
        reverse("settings_recycling"),
        reverse("acceptance"),
        reverse("hand_offs"),
        reverse("settings_tracking"),
        reverse("settings_forms"),
        reverse("settings_kinds"),
        reverse("imports"),
        reverse("import_new"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_barriers(opportunity: Opportunity, cast: Cast, sign_in: SignIn, scheme: str) -> None:
    """What axe-core finds by WCAG 2.1 A and AA."""
    assert AXE.is_file(), "run make test, which installs the front-end packages"
    page = sign_in(cast.adam, color_scheme=scheme, bypass_csp=True)
    found: dict[str, list[str]] = {}
    for address in pages(opportunity):
        page.goto(address)
        page.add_script_tag(path=str(AXE))
        result = page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.violations)"
        )
        if result:
            found[address] = [
                f"{one['id']}: {one['nodes'][0]['html'][:160]} ({one['nodes'][0]['failureSummary'][:200]})"
                for one in result
            ]
    assert found == {}


def test_nothing_is_wider_than_a_phone(opportunity: Opportunity, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.adam, **PHONE)
    too_wide = {}
    for address in pages(opportunity):
        page.goto(address)
        if wide_of(page) > 0:
            too_wide[address] = wide_of(page)
    assert too_wide == {}


def test_a_rep_s_day_on_a_phone(opportunity: Opportunity, cast: Cast, sign_in: SignIn) -> None:
    """From Today to the person, log a call, and see it on the timeline."""
    page = sign_in(cast.rita, **PHONE)
    page.get_by_role("link", name="Elin Brandt").first.click()
    page.wait_for_url(f"**{reverse('contact', args=[opportunity.contact_id])}")
    page.locator(".topbar .menu summary").first.click()
    page.get_by_role("link", name="Log a call").first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    assert wide_of(page) <= 0
    dialog.locator("textarea").fill("Said yes to Thursday.")
    dialog.locator("button.btn-primary").click()
    expect(page.locator(".stream").first).to_contain_text("Said yes to Thursday.")
    page.get_by_role("button", name="More").click()
    page.locator("#side").get_by_role("link", name="Pipeline").click()
    expect(page.locator(f"[data-card='{opportunity.pk}']")).to_be_visible()


def test_a_card_is_moved_without_a_mouse(opportunity: Opportunity, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.rita)
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url(f"**{reverse('pipeline')}")
    card = page.locator(f"[data-card='{opportunity.pk}']")
    for _ in range(60):
        page.keyboard.press("Tab")
        if card.evaluate("card => card === document.activeElement"):
            break
    expect(card).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    discovery = Stage.objects.get(name="Discovery")
    expect(page.locator(f"#cards-{discovery.pk} [data-card='{opportunity.pk}']")).to_be_focused()
    opportunity.refresh_from_db()
    assert opportunity.stage == discovery
    expect(page.locator("[data-board-says]")).to_contain_text("Discovery")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('opportunity', args=[opportunity.pk])}")


def test_a_move_that_came_too_late_shows_where_the_card_is(
    opportunity: Opportunity, cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.rita)
    page.goto(reverse("pipeline"))
    edit(opportunity_id=opportunity.pk, actor=cast.ravi, now=timezone.now(), amount="99000")
    card = page.locator(f"[data-card='{opportunity.pk}']")
    card.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#toasts")).to_contain_text("Somebody else moved")
    expect(card).to_contain_text("€99k")
    opportunity.refresh_from_db()
    assert opportunity.stage.name == "New"
