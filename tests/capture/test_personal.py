"""Surveys to leads we know: the same forms, opened by a link that belongs to one contact."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from capture import nonces
from capture.models import Form, Submission
from capture.questions import Question
from leads.models import Consent, Contact, EngagementEvent, Evidence
from leads.services.merging import merge_contacts
from tests import factories
from tests.capture.making import BOX, BUDGET, EMAIL, make_form, nonce
from tests.conftest import Cast, client_of

pytestmark = pytest.mark.django_db


def link(contact: Contact, slug: str = "survey", *, days_ago: float = 0) -> str:
    return nonces.personal_token(slug, contact.pk, now=timezone.now() - timedelta(days=days_ago))


def answer(client: Client, token: str, slug: str = "survey", **given: Any) -> Any:
    return client.post(f"/f/{slug}/", {"for": token, "nonce": nonce(slug), "budget": "Yes"} | given)


@pytest.fixture
def ada() -> Contact:
    return factories.contact(first_name="Ada", last_name="Nowak", email="ada@acme.example", phone="")


def test_the_answers_go_to_the_contact_who_is_not_asked_who_they_are(client: Client, ada: Contact) -> None:
    make_form("survey", BUDGET, event_kind="survey_answered", is_by_invitation=True)
    page = client.get(f"/f/survey/?for={link(ada)}")
    text = page.content.decode()
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    for private in ("Ada", "Nowak", "acme"):
        assert private not in text
    assert answer(client, link(ada)).status_code == 303
    event, row = EngagementEvent.objects.get(), Evidence.objects.get()
    assert (event.contact_id, event.kind.key) == (ada.pk, "survey_answered")
    assert (row.contact_id, row.verdict, row.source) == (ada.pk, "meets", "form:survey")
    assert Submission.objects.get().invited_id == ada.pk
    assert Contact.objects.count() == 1


def test_a_contact_without_an_address_can_be_asked_too(client: Client) -> None:
    bo = factories.contact(email="", phone="+49 30 901820")
    make_form("survey", EMAIL, BUDGET)
    assert answer(client, link(bo), email="bo@acme.example").status_code == 303
    bo.refresh_from_db()
    assert bo.email == "bo@acme.example"
    assert EngagementEvent.objects.get().contact_id == bo.pk


def test_somebody_elses_address_is_neither_taken_nor_told(client: Client, ada: Contact) -> None:
    bo = factories.contact(email="", phone="+49 30 901820")
    make_form("survey", EMAIL, BUDGET)
    response = answer(client, link(bo), email=ada.email)
    assert response.status_code == 303
    bo.refresh_from_db()
    assert bo.email == ""
    assert Evidence.objects.get().contact_id == bo.pk


def test_a_form_with_an_address_does_not_ask_for_it_again(client: Client, ada: Contact) -> None:
    make_form("open", EMAIL, Question("job", "Job", maps_to="contact.job_title"))
    page = client.get(f"/f/open/?for={link(ada, 'open')}").content.decode()
    assert 'name="email"' not in page
    assert 'name="email"' in client.get("/f/open/").content.decode()
    answer(client, link(ada, "open"), "open", job="Head", email="mallory@x.example")
    ada.refresh_from_db()
    assert (ada.job_title, ada.email) == ("Head", "ada@acme.example")


def test_the_boxes_count_at_once_for_the_link_came_by_their_mail(client: Client, ada: Contact) -> None:
    make_form("survey", EMAIL, BUDGET, consents=(BOX,), asks_confirmation=True)
    answer(client, link(ada), consent_marketing="on")
    assert Submission.objects.get().status == "accepted"
    assert Consent.objects.settled().get().contact_id == ada.pk


@pytest.mark.parametrize("sort", ["old", "other form", "forged", "long", "nul", "erased", "gone"])
def test_a_link_that_does_not_work_is_said_and_takes_nothing(client: Client, ada: Contact, sort: str) -> None:
    make_form("survey", BUDGET, is_by_invitation=True)
    make_form("other", BUDGET, is_by_invitation=True)
    token = {
        "old": link(ada, days_ago=61),
        "other form": link(ada, "other"),
        "forged": link(ada)[:-2],
        "long": "x" * 100_000,
        "nul": "\0",
    }.get(sort, link(ada))
    if sort == "erased":
        Contact.objects.update(erased_at=timezone.now())
    if sort == "gone":
        token = nonces.personal_token("survey", 2**62, now=timezone.now())
    assert client.get("/f/survey/", {"for": token[:2000]}).status_code == 410
    assert answer(client, token).status_code == 410
    assert not EngagementEvent.objects.exists()


def test_a_link_from_before_a_merge_is_the_survivors(client: Client, ada: Contact) -> None:
    make_form("survey", BUDGET, is_by_invitation=True)
    token, survivor = link(ada), factories.contact(email="ada@other.example")
    merge_contacts(survivor_id=survivor.pk, former_id=ada.pk, now=timezone.now())
    assert client.get("/f/survey/", {"for": token}).status_code == 200
    assert answer(client, token).status_code == 303
    assert Evidence.objects.get().contact_id == survivor.pk
    assert Submission.objects.get().invited_id == survivor.pk


def test_a_survey_opens_by_a_personal_link_only(client: Client) -> None:
    make_form("survey", BUDGET, is_by_invitation=True)
    assert client.get("/f/survey/").status_code == 403
    assert client.get("/f/survey/embed/").status_code == 403
    assert client.post("/f/survey/", {"nonce": nonce("survey"), "budget": "Yes"}).status_code == 403
    assert not Submission.objects.exists()


def test_a_double_click_is_one_answer(client: Client, ada: Contact) -> None:
    make_form("survey", BUDGET, is_by_invitation=True)
    given = {"for": link(ada), "nonce": nonce("survey"), "budget": "Yes"}
    for _ in range(2):
        assert client.post("/f/survey/", given).status_code == 303
    assert (Submission.objects.count(), Evidence.objects.count()) == (1, 1)


def test_links_are_made_by_whoever_may_change_the_contact(cast: Cast) -> None:
    make_form("survey", BUDGET, is_by_invitation=True)
    ada = factories.contact()
    text = client_of(cast.rita).get(f"/leads/{ada.pk}/forms/").content.decode()
    assert text.index("/f/survey/?for=") < text.index("/f/contact/?for=")
    address = re.search(r"http://\S+(/preferences/[^<]+)", text)
    assert address is not None
    assert client_of(None).get(address[1]).status_code == 200
    assert client_of(cast.vera).get(f"/leads/{ada.pk}/forms/").status_code == 403
    assert client_of(cast.rita).get("/leads/999999/forms/").status_code == 404
    assert client_of(cast.rita).post(f"/leads/{ada.pk}/forms/").status_code == 405


def test_a_survey_shows_no_public_link_and_says_how_it_is_sent(cast: Cast) -> None:
    survey = make_form("survey", BUDGET, is_by_invitation=True).form
    mara = client_of(cast.mara)
    page = mara.get(f"/settings/forms/{survey.pk}/share/").content.decode()
    assert "This form has no public address" in page
    assert "/f/survey/" not in page
    assert f"Send: {survey.title}" in mara.get("/settings/forms/").content.decode()
    shown = Form.objects.get(slug="contact")
    assert "/f/contact/" in mara.get(f"/settings/forms/{shown.pk}/share/").content.decode()
