"""A survey sent from the desk: the lead is away until it answers, and the sending can be taken back until it left."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from activities.models import Activity
from capture import tasks
from capture.models import Form, Invitation
from leads.models import Purpose
from leads.services import record_consent
from pipeline.models import DeskOutcome, DeskPlace, Waits
from pipeline.services import desk as services
from tests import factories
from tests.capture.making import BUDGET, make_form
from tests.capture.test_inviting import agreed
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import desk

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def survey(cast: Cast) -> Form:
    make_form("survey", BUDGET, event_kind="survey_answered", is_by_invitation=True)
    return Form.objects.get(slug="survey")


def test_they_wait_for_the_answer(cast: Cast, survey: Form) -> None:
    lead = agreed(desk.queue())
    services.take(cast.rita, now=NOW)
    done = services.request_data(contact_id=lead.pk, actor=cast.rita, now=NOW, form_id=survey.pk, words="Short!")
    assert done.made == {"invitation": Invitation.objects.get().pk}
    assert DeskPlace.objects.get().waits == Waits.EVENT
    assert services.take(cast.rita, now=SOON) is None
    factories.event(lead, "survey_answered", now=NOW + timedelta(hours=1), form="survey")
    services.place([lead.pk], now=NOW + timedelta(hours=1))
    assert DeskPlace.objects.get().waits == ""


def test_it_is_taken_back_with_its_mail_until_that_has_left(cast: Cast, survey: Form) -> None:
    lead = agreed(desk.queue())
    for leaves in (False, True):
        at = timezone.now() + timedelta(hours=21 * (leaves - 1))
        services.request_data(contact_id=lead.pk, actor=cast.rita, now=at, form_id=survey.pk)
        if leaves:
            tasks.mail_invitation(Invitation.objects.get().pk)
        services.undo_last(actor=cast.rita, now=at + timedelta(minutes=1))
        assert Invitation.objects.count() == Activity.objects.filter(kind="mail").count() == leaves
    assert len(mail.outbox) == 1
    assert not DeskOutcome.objects.standing().exists()


def test_the_dialog(cast: Cast, survey: Form) -> None:
    lead = agreed(desk.queue(now=timezone.now()))
    client, address = client_of(cast.rita), reverse("qualify_survey", args=[lead.pk])
    assert client.get(reverse("qualify")).status_code == 200
    page = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert survey.title in page and reverse("contact_forms", args=[lead.pk]) in page
    body = {"survey": survey.pk, "words": "Two minutes.", "nonce": "n1"}
    for _ in range(2):  # a double click
        answer = client.post(address, body, headers={"HX-Request": "true"})
        assert answer.status_code == 204 and "desk-changed" in answer["HX-Trigger"]
    assert Invitation.objects.count() == DeskOutcome.objects.count() == 1
    for wrong in ({"survey": 10**12}, {"survey": "x"}, {"survey": survey.pk, "words": "x" * 601}, {}):
        assert client.post(address, wrong, headers={"HX-Request": "true"}).status_code == 422


def test_whoever_said_no_is_not_asked(cast: Cast, survey: Form) -> None:
    lead = desk.queue(now=timezone.now())
    record_consent(purpose=Purpose.MARKETING, given=False, now=timezone.now(), source="phone", contact=lead)
    client, address = client_of(cast.rita), reverse("qualify_survey", args=[lead.pk])
    page = client.get(address, headers={"HX-Request": "true"}, follow=True).content.decode()
    assert "not agreed to mail" in page and "Personal links" in page
    answer = client.post(address, {"survey": survey.pk}, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and "not agreed" in answer.content.decode()
    assert not DeskOutcome.objects.exists()


def test_without_an_open_form_it_says_so(cast: Cast) -> None:
    Form.objects.update(is_open=False)
    lead = desk.queue(now=timezone.now())
    page = client_of(cast.rita).get(reverse("qualify_survey", args=[lead.pk]), follow=True).content.decode()
    assert "No form is open" in page
