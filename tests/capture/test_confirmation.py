"""Double opt-in: nothing counts before the button behind the link in a real mail was pressed."""

import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.test import Client
from django.utils import timezone

from capture import nonces, services, tasks
from capture.models import Submission
from core.errors import Refused
from leads.models import Consent, Contact, EngagementEvent, Purpose
from leads.queries.consent import may
from leads.services import suppression
from tests.capture.making import BOX, EMAIL, make_form, nonce, submit
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def postbox(settings: Any) -> Iterator[list[Any]]:
    """An SMTP server on this machine, and what it took."""
    taken: list[Any] = []

    class Box:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
            taken.append(envelope)
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield taken
    controller.stop()


def ask(client: Client, **more: str) -> Submission:
    make_form("news", EMAIL, consents=(BOX,), asks_confirmation=True)
    given = {"nonce": nonce("news"), "email": "ada@acme.example", "consent_marketing": "on"} | more
    answer = client.post("/f/news/", given)
    assert (answer.status_code, answer["Location"]) == (303, "/f/news/thanks/?mail")
    assert "sent you a mail" in client.get(answer["Location"]).content.decode()
    return Submission.objects.get()


def nothing_counts() -> bool:
    return not (Contact.objects.exists() or EngagementEvent.objects.exists() or Consent.objects.exists())


def test_the_mail_leaves_by_smtp_and_only_its_button_makes_it_count(client: Client, postbox: list[Any]) -> None:
    asked = ask(client)
    assert (asked.status, nothing_counts(), postbox) == ("awaiting", True, [])
    tasks.mail_confirmation(asked.pk)
    (letter,) = postbox
    assert letter.rcpt_tos == ["ada@acme.example"]
    text = letter.content.decode().replace("=\r\n", "").replace("=3D", "=")
    link = re.search(r"https?://\S+(/confirm/\S+)", text)
    assert link is not None
    page = client.get(link[1])
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert client.head(link[1]).status_code == 200
    assert nothing_counts()  # programs that look into mails open links, too
    assert client.post(link[1]).status_code == 200
    asked.refresh_from_db()
    contact = Contact.objects.get()
    assert (asked.status, asked.contact_id, contact.created_at) == ("accepted", contact.pk, asked.received_at)
    assert asked.confirmed_at is not None
    row = Consent.objects.settled().get()
    assert (row.given, row.purpose, row.wording) == (True, "marketing", BOX.wording)
    assert client.post(link[1]).status_code == 200  # twice is once
    assert (EngagementEvent.objects.count(), Consent.objects.settled().count()) == (1, 1)


def test_strangers_without_cookies_can_confirm(client: Client) -> None:
    asked = ask(client)
    token = nonces.confirmation_token(asked.pk, now=timezone.now())
    assert Client(enforce_csrf_checks=True).post(f"/confirm/{token}/").status_code == 200
    assert Contact.objects.count() == 1


def test_the_mail_is_sent_once_also_when_it_is_asked_for_twice(client: Client) -> None:
    asked = ask(client)
    tasks.mail_confirmation(asked.pk)
    tasks.mail_confirmation(asked.pk)
    tasks.mail_missed_confirmations()
    assert len(mail.outbox) == 1
    asked.refresh_from_db()
    assert asked.mailed_at is not None


def test_a_mail_that_could_not_leave_is_sent_by_the_sweep(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked = ask(client)

    def refuse(*args: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("capture.tasks.send_mail", refuse)
        with pytest.raises(ConnectionRefusedError):
            tasks.mail_confirmation(asked.pk)
    asked.refresh_from_db()
    assert (asked.mailed_at, asked.mail_claimed_at) == (None, None)
    with django_capture_on_commit_callbacks() as queued:
        tasks.mail_missed_confirmations()
    assert len(queued) == 1


def test_a_worker_that_died_over_a_mail_holds_it_up_for_minutes_only(client: Client) -> None:
    asked = ask(client)
    now = timezone.now()
    assert services.claim_mail(asked.pk, now=now) is not None
    assert services.claim_mail(asked.pk, now=now + timedelta(minutes=4)) is None
    assert services.claim_mail(asked.pk, now=now + timedelta(minutes=6)) is not None


def test_an_old_a_forged_and_a_strange_link_confirm_nothing(client: Client) -> None:
    asked = ask(client)
    old = nonces.confirmation_token(asked.pk, now=timezone.now() - timedelta(days=8))
    personal = nonces.personal_token("news", 1, now=timezone.now())
    for token in (old, personal, "forged", "x" * 5000, nonces.confirmation_token(99999, now=timezone.now())):
        assert client.post(f"/confirm/{token}/").status_code == 410
    assert client.get(f"/confirm/{old}/").status_code == 410
    assert client.put(f"/confirm/{old}/").status_code == 405
    assert nothing_counts()


def test_spam_cannot_be_confirmed_and_what_is_held_is_mailed_when_it_is_released(client: Client, cast: Cast) -> None:
    asked = ask(client, website="trap")
    assert asked.status == "quarantined"
    token = nonces.confirmation_token(asked.pk, now=timezone.now())
    assert client.post(f"/confirm/{token}/").status_code == 410
    tasks.mail_confirmation(asked.pk)
    assert mail.outbox == []
    services.release(asked, by=cast.mara, now=timezone.now())
    asked.refresh_from_db()
    assert (asked.status, nothing_counts()) == ("awaiting", True)
    tasks.mail_confirmation(asked.pk)
    assert len(mail.outbox) == 1
    assert client.post(f"/confirm/{token}/").status_code == 200
    assert Contact.objects.count() == 1


def test_taken_in_by_hand_its_boxes_still_wait_for_the_link(client: Client, cast: Cast) -> None:
    asked = ask(client)
    services.release(asked, by=cast.mara, now=timezone.now())
    assert Contact.objects.count() == 1
    assert Consent.objects.get().is_pending
    asked.refresh_from_db()
    assert asked.did["pending"] == ["marketing"]
    token = nonces.confirmation_token(asked.pk, now=timezone.now())
    assert client.post(f"/confirm/{token}/").status_code == 200
    assert Consent.objects.settled().get().given
    assert EngagementEvent.objects.count() == 1


def test_whoever_called_it_spam_meanwhile_was_quicker(client: Client, cast: Cast) -> None:
    asked = ask(client)
    assert services.mark_spam([asked], by=cast.mara, now=NOW) == 1
    token = nonces.confirmation_token(asked.pk, now=timezone.now())
    assert client.post(f"/confirm/{token}/").status_code == 410
    assert nothing_counts()


def test_a_form_without_double_opt_in_sends_no_mail(django_capture_on_commit_callbacks: Any) -> None:
    version = make_form("plain", EMAIL, consents=(BOX,))
    with django_capture_on_commit_callbacks(execute=True):
        told = submit(version, consents=["marketing"]).submission
    assert (told.status, mail.outbox, Consent.objects.settled().count()) == ("accepted", [], 1)


def unsubscribed(reason: str) -> None:
    suppression.suppress(["ada@acme.example"], reason=reason, now=NOW - timedelta(days=1))


def test_whoever_had_unsubscribed_and_ticks_the_box_is_asked_by_mail(
    client: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    unsubscribed("unsubscribed")
    version = make_form("plain", EMAIL, consents=(BOX,))
    answers = {"email": "ada@acme.example"}
    told = submit(version, answers=answers, consents=["marketing"], now=timezone.now()).submission
    contact = Contact.objects.get()
    assert (told.status, told.contact_id, told.did["pending"]) == ("accepted", contact.pk, ["marketing"])
    assert not may(contact, Purpose.MARKETING)
    with django_capture_on_commit_callbacks() as queued:
        tasks.mail_missed_confirmations()  # the task got lost
    assert len(queued) == 1
    tasks.mail_confirmation(told.pk)
    tasks.mail_confirmation(told.pk)
    (letter,) = mail.outbox
    assert letter.to == ["ada@acme.example"]
    link = re.search(r"https?://\S+(/confirm/\S+)", str(letter.body))
    assert link is not None
    page = client_of(cast.mara).get(f"/submissions/{told.pk}/").content.decode()
    assert "they had unsubscribed, so a mail asks them to confirm" in page
    assert client.get(link[1]).status_code == 200
    assert not may(contact, Purpose.MARKETING)
    assert client.post(link[1]).status_code == 200
    assert may(contact, Purpose.MARKETING)
    assert EngagementEvent.objects.count() == 1
    assert "confirmed by mail" in client_of(cast.mara).get(f"/submissions/{told.pk}/").content.decode()


@pytest.mark.parametrize("reason", ["complaint", "manual"])
def test_a_complaint_is_not_written_to_and_the_submission_says_so(cast: Cast, reason: str) -> None:
    unsubscribed(reason)
    told = submit(
        make_form("plain", EMAIL, consents=(BOX,)), answers={"email": "ada@acme.example"}, consents=["marketing"]
    )
    tasks.mail_confirmation(told.submission.pk)
    tasks.mail_missed_confirmations()
    assert mail.outbox == []
    page = client_of(cast.mara).get(f"/submissions/{told.submission.pk}/").content.decode()
    assert "does not count, their address is on the" in page


def test_what_nobody_confirmed_and_spam_lose_their_answers_after_90_days(client: Client, cast: Cast) -> None:
    asked = ask(client)
    version = make_form("plain", EMAIL)
    spam = submit(version, 2, is_trapped=True, now=timezone.now()).submission
    services.mark_spam([spam], by=cast.mara, now=NOW)
    held = submit(version, 3, is_trapped=True, now=timezone.now()).submission
    taken = submit(version, 4, now=timezone.now()).submission
    assert services.forget_held(now=timezone.now() + timedelta(days=89)) == 0
    assert services.forget_held(now=timezone.now() + timedelta(days=91)) == 2
    assert services.forget_held(now=timezone.now() + timedelta(days=91)) == 0
    left = {row.pk: bool(row.answers) for row in Submission.objects.all()}
    assert left == {asked.pk: False, spam.pk: False, held.pk: True, taken.pk: True}
    with pytest.raises(Refused, match="Its answers are gone"):
        services.release(Submission.objects.get(pk=spam.pk), by=cast.mara, now=NOW)
    tasks.mail_missed_confirmations()
    tasks.mail_confirmation(asked.pk)
    assert mail.outbox == []
    page = client_of(cast.mara).get(f"/submissions/{spam.pk}/").content.decode()
    assert "forgotten after 90 days" in page
    assert "Take it in" not in page
