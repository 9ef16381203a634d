"""The public page of what we may: looking changes nothing, saving holds at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from capture.preferences import contact_id_of, preferences_url, token_of, unsubscribe_headers
from core.errors import Refused
from leads.models import Consent, Contact, Purpose
from leads.queries.consent import may
from leads.services import confirm_consent, privacy, record_consent, suppression
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact() -> Contact:
    contact = factories.contact(email="jo@example.com")
    record_consent(contact=contact, purpose="marketing", given=True, now=NOW - timedelta(days=1), source="form:x")
    return contact


def page(contact: Contact, what: str = "") -> str:
    return f"/preferences/{token_of(contact.pk)}/{what}"


def allowed(contact: Contact) -> list[str]:
    return [purpose.value for purpose in Purpose if may(contact, purpose)]


def test_looking_changes_nothing_and_is_not_kept_by_anybody(contact: Contact) -> None:
    client = Client()
    for what in ("", "unsubscribe/"):
        for ask in (client.get, client.head):
            answer = ask(page(contact, what), follow=True)
            assert answer.status_code == 200
    assert Consent.objects.count() == 1
    answer = client.get(page(contact))
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    text = answer.content.decode()
    assert "j…@example.com" in text
    assert "jo@example.com" not in text
    assert text.count(" checked") == 3


def test_what_is_saved_holds_at_once_and_is_written_once(contact: Contact) -> None:
    client = Client()
    assert client.post(page(contact), {"calls": "on", "do": "save"}).status_code == 302
    assert allowed(contact) == ["calls"]
    assert client.post(page(contact), {"calls": "on", "do": "save"}).status_code == 302
    said = Consent.objects.order_by("pk").values_list("purpose", "given", "source")[1:]
    assert list(said) == [("marketing", False, "preferences"), ("profiling", False, "preferences")]
    client.post(page(contact), {"marketing": "on", "do": "save"})
    assert allowed(contact) == ["marketing"]
    yes = Consent.objects.filter(purpose="marketing").latest("pk")
    assert (yes.given, yes.wording) == (True, "You may send me news and offers by e-mail.")
    client.post(page(contact), {"marketing": "on", "do": "none"})
    assert allowed(contact) == []


def test_one_click_unsubscribes_without_a_cookie_or_a_token_of_a_form(contact: Contact) -> None:
    headers = unsubscribe_headers(contact.pk)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000").split("//")[-1]
    path = "/" + path.split("/", 1)[1] if not path.startswith("/") else path
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert allowed(contact) == ["calls", "profiling"]
    assert Consent.objects.filter(source="one-click unsubscribe").count() == 1


def test_the_page_works_in_browsers_that_name_no_origin_and_keep_no_cookie(contact: Contact) -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": "null"})  # as its referrer policy makes them do
    assert client.post(page(contact), {"calls": "on", "do": "save"}).status_code == 302
    assert allowed(contact) == ["calls"]


def test_an_emphatic_no_is_kept_also_by_whoever_was_never_asked() -> None:
    stranger = factories.contact(email="never@asked.example")
    before = timezone.now() - timedelta(hours=1)
    asked = record_consent(
        contact=stranger, purpose="marketing", given=True, source="form:news", now=before, is_pending=True
    )
    path = page(stranger, "unsubscribe/")
    for _ in range(2):
        assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    no = Consent.objects.get(contact=stranger, given=False)
    assert (no.purpose, no.source) == ("marketing", "one-click unsubscribe")
    with pytest.raises(Refused, match="You took this back"):
        confirm_consent(asked.pk, now=timezone.now())


def test_their_own_no_is_lifted_here_and_a_colleague_s_is_not(contact: Contact) -> None:
    suppression.suppress(["jo@example.com"], reason="unsubscribed", now=NOW)
    Client().post(page(contact), {"marketing": "on", "do": "save"})
    assert "marketing" in allowed(contact)
    suppression.suppress(["jo@example.com"], reason="bounced", now=NOW)
    Client().post(page(contact), {"marketing": "on", "do": "save"})
    assert "marketing" not in allowed(contact)


@pytest.mark.parametrize("token", ["x", "x" * 500, "é:ß", "eyJjIjoxfQ:forged", "…"])
def test_made_up_links_are_nobody_s(token: str) -> None:
    assert contact_id_of(token) is None
    for what in ("", "unsubscribe/"):
        assert Client().get(f"/preferences/{token}/{what}").status_code == 404
        assert Client().post(f"/preferences/{token}/{what}").status_code == 404


def test_whoever_was_erased_has_no_page(contact: Contact, cast: Cast) -> None:
    address = preferences_url(contact.pk)
    privacy.erase(contact.pk, typed=contact.name, now=NOW, actor=cast.mara)
    assert Client().get(address[address.index("/preferences/") :]).status_code == 404


def test_many_changes_from_one_network_are_held_up(contact: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.views.preferences.CHANGES_A_WINDOW", 1)
    client = Client()
    assert client.post(page(contact), {"do": "none"}).status_code == 302
    answer = client.post(page(contact), {"calls": "on"})
    assert answer.status_code == 429
    assert "Nothing was changed" in answer.content.decode()
    assert client.put(page(contact)).status_code == 405
    assert allowed(contact) == []
