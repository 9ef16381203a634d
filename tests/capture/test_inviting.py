"""A form is mailed to one contact: if we may, once, and the answers come back to them."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activities.models import Activity
from capture import services, tasks
from capture.models import Form, Invitation
from core.errors import Refused
from leads.models import Contact, Evidence, Purpose
from leads.services import record_consent
from tests import factories
from tests.capture.making import BUDGET, make_form, nonce
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


def agreed(contact: Contact) -> Contact:
    """Somebody who may be written to."""
    at = NOW - timedelta(days=5)
    record_consent(purpose=Purpose.MARKETING, given=True, now=at, source="phone", contact=contact)
    return contact


@pytest.fixture
def ada(cast: Cast) -> Contact:
    return agreed(factories.contact(first_name="Ada", last_name="Nowak", email="ada@acme.example", phone=""))


@pytest.fixture
def survey(cast: Cast) -> Form:
    make_form("survey", BUDGET, event_kind="survey_answered", is_by_invitation=True)
    return Form.objects.get(slug="survey")


def send(survey: Form, ada: Contact, cast: Cast, **more: Any) -> Invitation:
    return services.send_form(form_id=survey.pk, contact=ada, by=cast.rita, **{"now": NOW} | more)


def test_the_link_in_the_mail_brings_the_answer_to_them(client: Client, survey: Form, ada: Contact, cast: Cast) -> None:
    row = send(survey, ada, cast, words="As we said on the phone.", now=timezone.now())
    entry = Activity.objects.get(contact=ada, kind="mail")
    assert (entry.title, entry.body, entry.actor) == (
        f"“{survey.title}” sent by Rita",
        "As we said on the phone.",
        cast.rita,
    )
    tasks.mail_invitation(row.pk)
    tasks.mail_invitation(row.pk)  # a task may come twice
    sent = mail.outbox[0]
    assert len(mail.outbox) == 1
    assert (sent.to, sent.reply_to, sent.subject) == (["ada@acme.example"], [cast.rita.email], survey.title)
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = str(sent.body)
    assert text.startswith("Hello Ada,") and "As we said on the phone." in text and "/preferences/" in text
    found = re.search(r"/f/survey/\?for=(\S+)", text)
    assert found
    client.post("/f/survey/", {"for": found[1], "nonce": nonce("survey"), "budget": "Yes"})
    assert Evidence.objects.get().contact == ada
    row.refresh_from_db()
    assert row.mailed_at is not None


def test_what_is_refused(survey: Form, ada: Contact, cast: Cast) -> None:
    send(survey, ada, cast)
    with pytest.raises(Refused, match="less than a day ago"):
        send(survey, ada, cast, now=NOW + timedelta(hours=2))
    send(survey, ada, cast, now=NOW + timedelta(days=2))
    with pytest.raises(Refused, match="At most 600"):
        send(survey, ada, cast, words="x" * 601)
    with pytest.raises(Refused, match="do not know"):
        send(survey, factories.contact(email="", phone="+49 30 99999"), cast)
    with pytest.raises(Refused, match="not agreed"):
        send(survey, factories.contact(), cast)  # nobody asked them
    Form.objects.filter(pk=survey.pk).update(is_open=False)
    with pytest.raises(Refused, match="closed"):
        send(survey, ada, cast)
    assert Invitation.objects.count() == Activity.objects.filter(kind="mail").count() == 2


def test_whoever_said_no_gets_nothing_also_when_they_said_it_meanwhile(survey: Form, ada: Contact, cast: Cast) -> None:
    row = send(survey, ada, cast)
    record_consent(purpose=Purpose.MARKETING, given=False, now=NOW, source="phone", contact=ada)
    tasks.mail_invitation(row.pk)
    tasks.mail_missed_invitations()
    assert mail.outbox == []
    row.refresh_from_db()
    assert (row.mailed_at, row.dropped_at is not None) == (None, True)
    with pytest.raises(Refused, match="not agreed"):
        send(survey, ada, cast, now=NOW + timedelta(days=2))


def test_a_mail_that_cannot_leave_is_tried_again(
    survey: Form, ada: Contact, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send(survey, ada, cast, now=timezone.now())

    def away(self: Any, **how: Any) -> int:
        raise OSError("the mail server is away")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        with pytest.raises(OSError, match="away"):
            tasks.mail_invitation(row.pk)
    tasks.mail_invitation(row.pk)
    assert len(mail.outbox) == 1


def test_an_address_that_is_refused_is_not_tried_for_ever(
    survey: Form, ada: Contact, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Any, **how: Any) -> int:
        raise SMTPRecipientsRefused({ada.email: (550, b"no such mailbox")})

    row = send(survey, ada, cast, now=timezone.now())
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", refused)
        tasks.mail_invitation(row.pk)
    old = send(survey, ada, cast, now=timezone.now() - timedelta(days=4))
    for one in (row, old):
        tasks.mail_invitation(one.pk)
        one.refresh_from_db()
        assert (one.mailed_at, one.dropped_at is not None) == (None, True)
    assert mail.outbox == []


def test_it_is_taken_back_until_it_leaves(survey: Form, ada: Contact, cast: Cast) -> None:
    first = send(survey, ada, cast)
    assert services.take_back_invitation(first.pk)
    assert not Invitation.objects.exists() and not Activity.objects.filter(kind="mail").exists()
    second = send(survey, ada, cast, now=timezone.now())
    tasks.mail_invitation(second.pk)
    assert not services.take_back_invitation(second.pk)
    assert Activity.objects.filter(kind="mail").count() == 1


def test_from_the_contacts_page(survey: Form, ada: Contact, cast: Cast) -> None:
    address = reverse("contact_form_send", args=[ada.pk, survey.pk])
    page = client_of(cast.rita).get(reverse("contact_forms", args=[ada.pk])).content.decode()
    assert address in page
    for _ in range(2):
        assert client_of(cast.rita).post(address).status_code == 302
    assert Invitation.objects.count() == 1
    assert client_of(cast.vera).post(address).status_code == 403
    assert client_of(cast.rita).post(reverse("contact_form_send", args=[ada.pk, 10**12])).status_code == 302
    record_consent(purpose=Purpose.MARKETING, given=False, now=timezone.now(), source="phone", contact=ada)
    page = client_of(cast.rita).get(reverse("contact_forms", args=[ada.pk])).content.decode()
    assert address not in page and "not agreed to mail" in page
