"""An SDR's hour at the desk with the keyboard alone; a colleague beside; the same on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from activities.models import FollowUp
from leads.models import Contact, Evidence, Lifecycle, Standing
from pipeline.models import DeskOutcome, Did, Opportunity
from pipeline.services.desk import place_all
from scoring.services import rescore_changed
from tests import factories
from tests.browser.conftest import PATIENCE, SignIn, wide_of
from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = [("Elin", "Brandt"), ("Omar", "Haddad"), ("Ines", "Costa"), ("Jonas", "Weber"), ("Noor", "Bakker")]


def leads() -> dict[str, Contact]:
    """Five leads near the line, each a day staler than the one before, so that their order is known."""
    now = timezone.now()
    found = {}
    for days, (first, last) in enumerate(NAMES):
        lead = factories.contact(now=now, first_name=first, last_name=last, phone=f"+49 30 99999{days}")
        for kind in ("demo_requested", "webinar_attended", "asset_downloaded"):
            factories.event(lead, kind, now=now, days_ago=1 + 3 * days)
        for _ in range(3):
            factories.event(lead, now=now, days_ago=1 + 3 * days, path="/pricing")
        found[first] = lead
    rescore_changed(now=now)
    place_all(now=now)
    return found


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """A busy machine is no fault of the page."""
    expect.set_options(timeout=4 * PATIENCE)
    yield
    expect.set_options(timeout=PATIENCE)


def test_an_hour_with_the_keyboard_alone(live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    lead = leads()
    rita = sign_in(cast.rita)
    keys = rita.keyboard
    keys.press("g")
    keys.press("q")
    rita.wait_for_url("**/qualify/")
    name = rita.locator("[data-desk-name]")
    expect(name).to_have_text("Elin Brandt")

    # she talks with Elin and writes down what is said while it is said
    keys.press("t")
    expect(rita.locator("#toasts")).to_contain_text("talked: write down what they say")
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Budget")
    rita.wait_for_timeout(1200)  # as long as anybody takes to read it
    keys.press("1")
    keys.type("We have put 40k aside.")
    keys.press("Control+Enter")
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Authority")
    expect(name).to_have_text("Elin Brandt")
    rita.wait_for_timeout(1200)  # as long as anybody takes to read it
    keys.press("1")
    keys.type("My boss signs.")
    keys.press("Escape")
    keys.press("f")
    expect(rita.locator("#toasts")).to_contain_text("Authority: fails.")
    answers = Evidence.objects.filter(contact=lead["Elin"])
    assert sorted(answers.values_list("criterion__key", "verdict")) == [("authority", "fails"), ("budget", "meets")]

    # that was too quick: it was a weak yes
    keys.press("z")
    expect(rita.locator("#toasts")).to_contain_text("Undone: answered.")
    assert answers.count() == 1
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Authority")
    rita.wait_for_timeout(1200)  # as long as anybody takes to read it
    keys.press("1")
    keys.type("My boss signs what I propose.")
    keys.press("Escape")
    keys.press("w")
    expect(rita.locator("#toasts")).to_contain_text("Authority: weak.")

    # promoted by her own judgement
    keys.press("p")
    expect(rita.locator("#dialog")).to_contain_text("Why is this a prospect?")
    keys.type("The money is there, and her boss follows her.")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(name).to_have_text("Omar Haddad")
    assert Opportunity.objects.get().contact == lead["Elin"]

    # nobody answers; the next one does not fit, which was a slip
    keys.press("v")
    expect(name).to_have_text("Ines Costa")
    keys.press("d")
    expect(rita.locator("#dialog")).to_contain_text("Disqualify Ines Costa")
    keys.press("Space")
    keys.press("Enter")
    expect(name).to_have_text("Jonas Weber")
    assert Standing.objects.get(pk=lead["Ines"].pk).lifecycle == Lifecycle.DISQUALIFIED
    keys.press("z")
    expect(name).to_have_text("Ines Costa")
    assert Standing.objects.get(pk=lead["Ines"].pk).lifecycle == Lifecycle.LEAD

    # call later, nurture, pass on
    keys.press("l")
    expect(rita.locator("#dialog")).to_contain_text("Call Ines Costa later")
    keys.press("Enter")
    expect(name).to_have_text("Jonas Weber")
    assert FollowUp.objects.get().contact == lead["Ines"]
    keys.press("u")
    expect(rita.locator("#dialog")).to_contain_text("Leave Jonas Weber to nurture")
    keys.press("Enter")
    expect(name).to_have_text("Noor Bakker")
    keys.press("n")
    expect(rita.locator("#desk")).to_contain_text("Nobody to ask right now")
    expect(rita.locator("#desk")).to_contain_text("4 leads worked today")
    done = DeskOutcome.objects.standing().filter(by=cast.rita).order_by("pk").values_list("did", flat=True)
    assert list(done) == [
        *(Did.CALLED, Did.ANSWERED, Did.ANSWERED, Did.PROMOTED),
        *(Did.CALLED, Did.LATER, Did.NURTURE, Did.SKIPPED),
    ]


def test_two_at_once_and_one_of_them_on_a_phone(live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    leads()
    rita, sven = sign_in(cast.rita), sign_in(cast.sven, viewport={"width": 390, "height": 844}, has_touch=True)
    rita.goto("/qualify/")
    expect(rita.locator("[data-desk-name]")).to_have_text("Elin Brandt")
    sven.goto("/qualify/")
    expect(sven.locator("[data-desk-name]")).to_have_text("Omar Haddad")
    assert wide_of(sven) == 0
    sven.get_by_label("Budget: their own words").fill("About 10k.")
    sven.get_by_role("button", name="Weak").first.tap()
    expect(sven.locator("#toasts")).to_contain_text("Budget: weak.")
    sven.get_by_role("button", name="Next").tap()
    expect(sven.locator("[data-desk-name]")).to_have_text("Ines Costa")
    rita.reload()
    expect(rita.locator("[data-desk-name]")).to_have_text("Elin Brandt")
