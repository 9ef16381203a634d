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


def press(page: Any, key: str) -> None:
    """A key of the desk, as soon as it hears one."""
    expect(page.locator("#desk[data-keys=ready]")).to_be_attached()
    page.keyboard.press(key)


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
    press(rita, "t")
    expect(rita.locator("#toasts")).to_contain_text("talked: write down what they say")
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Budget")
    press(rita, "1")
    keys.type("We have put 40k aside.")
    keys.press("Control+Enter")
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Authority")
    expect(name).to_have_text("Elin Brandt")
    press(rita, "1")
    keys.type("My boss signs.")
    keys.press("Escape")
    press(rita, "f")
    expect(rita.locator("#toasts")).to_contain_text("Authority: fails.")
    answers = Evidence.objects.filter(contact=lead["Elin"])
    assert sorted(answers.values_list("criterion__key", "verdict")) == [("authority", "fails"), ("budget", "meets")]

    # that was too quick: it was a weak yes
    press(rita, "z")
    expect(rita.locator("#toasts")).to_contain_text("Undone: answered.")
    assert answers.count() == 1
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Authority")
    press(rita, "1")
    keys.type("My boss signs what I propose.")
    keys.press("Escape")
    press(rita, "w")
    expect(rita.locator("#toasts")).to_contain_text("Authority: weak.")

    # promoted by her own judgement
    press(rita, "p")
    expect(rita.locator("#dialog")).to_contain_text("Why is this a prospect?")
    keys.type("The money is there, and her boss follows her.")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(name).to_have_text("Omar Haddad")
    assert Opportunity.objects.get().contact == lead["Elin"]

    # nobody answers; the next one does not fit, which was a slip
    press(rita, "v")
    expect(name).to_have_text("Ines Costa")
    press(rita, "d")
    expect(rita.locator("#dialog")).to_contain_text("Disqualify Ines Costa")
    keys.press("Space")
    keys.press("Enter")
    expect(name).to_have_text("Jonas Weber")
    assert Standing.objects.get(pk=lead["Ines"].pk).lifecycle == Lifecycle.DISQUALIFIED
    press(rita, "z")
    expect(name).to_have_text("Ines Costa")
    assert Standing.objects.get(pk=lead["Ines"].pk).lifecycle == Lifecycle.LEAD

    # call later, nurture, pass on
    press(rita, "l")
    expect(rita.locator("#dialog")).to_contain_text("Call Ines Costa later")
    keys.press("Enter")
    expect(name).to_have_text("Jonas Weber")
    assert FollowUp.objects.get().contact == lead["Ines"]
    press(rita, "u")
    expect(rita.locator("#dialog")).to_contain_text("Leave Jonas Weber to nurture")
    keys.press("Enter")
    expect(name).to_have_text("Noor Bakker")
    press(rita, "n")
    expect(rita.locator("#desk")).to_contain_text("Nobody to ask right now")
    expect(rita.locator("#desk")).to_contain_text("4 leads worked today")
    done = DeskOutcome.objects.standing().filter(by=cast.rita).order_by("pk").values_list("did", flat=True)
    assert list(done) == [
        *(Did.CALLED, Did.ANSWERED, Did.ANSWERED, Did.PROMOTED),
        *(Did.CALLED, Did.LATER, Did.NURTURE, Did.SKIPPED),
    ]


# at each instant at which a page is exchanged somebody types on: what would leave the lead, call them, or open something
LETTERS = "nvtodpalu"
TYPES_ON = """([letters, into]) => {
  const type = () => letters.split("").forEach((key) =>
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
  for (const at of ["htmx:beforeSend", "htmx:beforeSwap", "htmx:afterSwap", "htmx:afterSettle"])
    document.addEventListener(at, (event) => event.detail.target?.id === into && (document.activeElement.blur(), type()));
}"""


def test_who_types_on_while_the_page_comes_anew_presses_nothing(live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    leads()
    rita = sign_in(cast.rita)
    rita.goto("/qualify/")
    press(rita, "1")
    rita.keyboard.type("We have put 40k aside.")
    rita.evaluate(TYPES_ON, [LETTERS, "desk"])
    rita.keyboard.press("Control+Enter")
    expect(rita.locator("[data-ask='1'] .ask-name")).to_contain_text("Authority")
    expect(rita.locator("#desk[data-keys=ready]")).to_be_attached()
    expect(rita.locator("[data-desk-name]")).to_have_text("Elin Brandt")
    expect(rita.locator("[data-ask='1']")).to_have_attribute("open", "")  # what to ask next is on the screen
    expect(rita.locator("#dialog")).to_be_hidden()
    # and then they count again
    press(rita, "n")
    expect(rita.locator("[data-desk-name]")).to_have_text("Omar Haddad")
    expect(rita.locator("[data-ask='1']")).to_have_attribute("open", "")
    assert list(DeskOutcome.objects.order_by("pk").values_list("did", flat=True)) == [Did.ANSWERED, Did.SKIPPED]


def test_words_meant_for_a_dialog_on_its_way_press_nothing(live_server: Any, cast: Cast, sign_in: SignIn) -> None:
    leads()
    rita = sign_in(cast.rita)
    rita.goto("/qualify/")
    expect(rita.locator("#desk[data-keys=ready]")).to_be_attached()
    rita.evaluate(TYPES_ON, [LETTERS, "dialog"])
    press(rita, "p")
    expect(rita.locator("#dialog")).to_contain_text("Why is this a prospect?")
    rita.keyboard.press("Escape")
    expect(rita.locator("[data-desk-name]")).to_have_text("Elin Brandt")
    assert not DeskOutcome.objects.exists()


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
