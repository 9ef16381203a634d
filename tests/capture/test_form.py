"""The hosted lead form: a stranger becomes a lead, once, whatever they type."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from capture import services
from capture.models import Form, Submission
from capture.questions import Question
from core.errors import Refused
from leads import humans
from leads.models import Consent, Contact, EngagementEvent, Identity, LifecycleChange
from leads.services import NewEvent, record_events
from leads.services.quarantine import change_rule, decide
from tests import factories
from tests.capture.making import BROWSER, make_form, nonce, version_of
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db

ADA = {"first_name": "Ada", "last_name": "Nowak", "email": "Ada@Acme.example", "company": "Acme", "message": "Call me"}


def send(client: Client, slug: str = "contact", **fields: Any) -> HttpResponse:
    answers: dict[str, Any] = ADA | {"nonce": nonce(slug), "winnow_ran": "1"} | fields
    return client.post(f"/f/{slug}/", answers)  # type: ignore[return-value]


def visit(visitor: str, path: str = "/pricing", message: str = "v1") -> None:
    event = NewEvent("page_view", ("anonymous", visitor), timezone.now(), "tracker:1", message, {"path": path})
    record_events([event], now=timezone.now())


def test_the_page_asks_for_the_forms_fields_without_cookies(client: Client) -> None:
    page = client.get("/f/contact/?utm_source=ads&utm_campaign=spring")
    text = page.content.decode()
    assert page.status_code == 200
    for name in ("first_name", "last_name", "email", "company", "job_title", "phone", "message", "consent_marketing"):
        assert f'name="{name}"' in text
    assert '<input type="hidden" name="utm_source" value="ads">' in text
    assert not page.cookies
    assert page["Cache-Control"] == "no-store"


def test_a_stranger_becomes_a_lead_with_company_event_and_origin(client: Client) -> None:
    answer = send(client, utm_source="ads", utm_campaign="spring", referrer="https://search.example/", page="/pricing")
    assert (answer.status_code, answer["Location"]) == (303, "/f/contact/thanks/")
    contact = Contact.objects.get()
    assert (contact.name, contact.email, str(contact.company)) == ("Ada Nowak", "Ada@acme.example", "Acme")
    assert contact.standing.source == "form"
    assert LifecycleChange.objects.get().to_stage == "lead"
    event = EngagementEvent.objects.select_related("kind").get()
    assert (event.kind.key, event.contact_id, event.source) == ("form_submitted", contact.pk, "form:contact")
    assert event.properties["form"] == "contact"
    assert event.properties["message"] == "Call me"
    assert event.properties["utm_source"] == "ads"
    assert event.properties["utm_campaign"] == "spring"
    assert event.properties["referrer"] == "https://search.example/"
    assert event.properties["page"] == "/pricing"
    assert event.properties["answers"]["company"] == "Acme"
    assert "Thank you" in client.get(answer["Location"]).content.decode()


def test_it_works_for_visitors_who_block_cookies() -> None:
    strict = Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})
    assert send(strict).status_code == 303
    assert Contact.objects.count() == 1


def test_a_double_click_is_one_submission(client: Client) -> None:
    number = nonce()
    assert send(client, nonce=number, consent_marketing="on").status_code == 303
    assert send(client, nonce=number, consent_marketing="on").status_code == 303
    assert (Contact.objects.count(), EngagementEvent.objects.count(), Consent.objects.count()) == (1, 1, 1)


def test_a_double_click_without_an_address_makes_one_person() -> None:
    first_name = Question("first_name", "First name", maps_to="contact.first_name")
    version = make_form("ring", first_name, Question("phone", "Phone", "phone", required=True, maps_to="contact.phone"))
    answers = {"first_name": "Ada", "phone": "+49 30 901820"}
    first = services.submit_form(version, answers=answers, message_id="m1", now=NOW)
    again = services.submit_form(version, answers=answers, message_id="m1", now=NOW)
    assert (first.is_new, first.is_repeat) == (True, False)
    assert (again.contact_id, again.is_repeat) == (first.contact_id, True)
    assert EngagementEvent.objects.get().contact_id == first.contact_id


def test_going_back_and_mending_an_answer_counts_again(client: Client) -> None:
    number = nonce()
    send(client, nonce=number)
    send(client, nonce=number, message="Rather write to me")
    assert [event.properties["message"] for event in EngagementEvent.objects.order_by("pk")] == [
        "Call me",
        "Rather write to me",
    ]
    assert Contact.objects.count() == 1


def test_a_known_person_keeps_what_we_know_and_only_gaps_are_filled(client: Client) -> None:
    known = factories.contact(first_name="Adelheid", last_name="", email="ada@acme.example", phone="")
    send(client, first_name="Mallory", phone="+49 30 901820")
    known.refresh_from_db()
    assert (known.first_name, known.last_name, known.phone) == ("Adelheid", "Nowak", "+49 30 901820")
    assert EngagementEvent.objects.get().properties["answers"]["first_name"] == "Mallory"


def test_consent_is_kept_with_its_wording_only_when_given(client: Client) -> None:
    send(client)
    assert not Consent.objects.exists()
    send(client, consent_marketing="on")
    consent = Consent.objects.get()
    assert (consent.purpose, consent.given, consent.source) == ("marketing", True, "form:contact")
    assert consent.wording == version_of("contact").consents[0]["wording"]
    assert consent.proof == f"submission:{Submission.objects.latest('pk').pk}"


def test_visits_from_before_become_the_persons(client: Client) -> None:
    visit("visitor-0001")
    send(client, winnow_visitor="visitor-0001")
    contact = Contact.objects.get()
    view = EngagementEvent.objects.get(kind__key="page_view")
    assert view.contact_id == contact.pk
    assert Identity.objects.get(kind="anonymous").contact_id == contact.pk


def test_the_link_to_the_form_carries_the_visitor(client: Client) -> None:
    text = client.get("/f/contact/?winnow_visitor=visitor-0001&page=https%3A%2F%2Fx.example%2Fa").content.decode()
    assert '<input type="hidden" name="winnow_visitor" value="visitor-0001">' in text
    assert '<input type="hidden" name="page" value="https://x.example/a">' in text


def test_a_shared_computer_moves_nothing_and_goes_on_as_somebody_new(client: Client) -> None:
    visit("visitor-0001")
    send(client, winnow_visitor="visitor-0001")
    ada = Contact.objects.get()
    client.cookies["winnow_visitor"] = "visitor-0001"
    answer = send(client, first_name="Bo", email="bo@acme.example", message="me too")
    bo = Contact.objects.exclude(pk=ada.pk).get()
    assert Identity.objects.get(value="visitor-0001").contact_id == ada.pk
    assert EngagementEvent.objects.get(kind__key="page_view").contact_id == ada.pk
    new_visitor = answer.cookies["winnow_visitor"].value
    assert new_visitor != "visitor-0001"
    assert Identity.objects.get(value=new_visitor).contact_id == bo.pk


def test_a_script_is_told_the_new_visitor(client: Client) -> None:
    send(client, winnow_visitor="visitor-0001")
    fields = ADA | {"nonce": nonce(), "email": "bo@acme.example", "winnow_visitor": "visitor-0001"}
    answer = client.post("/f/contact/", fields, headers={"accept": "application/json"}).json()
    assert answer["ok"] is True
    assert Identity.objects.get(value=answer["visitor"]).contact is not None


def test_the_same_person_on_the_same_device_keeps_the_visitor(client: Client) -> None:
    for message in ("one", "two"):
        fields = ADA | {"nonce": nonce(), "message": message, "winnow_visitor": "visitor-0001"}
        answer = client.post("/f/contact/", fields, headers={"accept": "application/json"})
        assert answer.json() == {
            "ok": True,
            "visitor": None,
            "text": "Thank you. We have your message and will get back to you.",
            "redirect": None,
        }


def test_a_program_that_fills_the_trap_is_thanked_and_waits_in_quarantine(client: Client) -> None:
    answer = send(client, website="https://spam.example")
    assert (answer.status_code, answer["Location"]) == (303, "/f/contact/thanks/")
    assert not Contact.objects.exists()
    assert not EngagementEvent.objects.exists()
    held = Submission.objects.get()
    assert (held.status, held.reasons, held.answers["message"]) == ("quarantined", ["trap"], "Call me")


def test_too_many_from_one_address_are_told_to_wait_and_lose_no_words(client: Client) -> None:
    for number in range(20):
        assert send(client, message=f"no. {number}").status_code == 303
    answer = send(client, message="one too many")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "600"
    text = answer.content.decode()
    assert "ten minutes" in text
    assert "one too many" in text
    assert EngagementEvent.objects.count() == 20


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": ""}, "Please fill this in"),
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"email": "a@b"}, "is not an e-mail address"),
        ({"first_name": "x" * 1_000_000}, "At most 100 characters"),
        ({"message": "x" * 5001}, "At most 5,000 characters"),
        ({"first_name": "A\0da"}, "Null characters"),
        ({"nonce": ""}, "press the button once more"),
        ({"nonce": "forged"}, "press the button once more"),
    ],
)
def test_bad_input_is_answered_beside_the_field_and_nothing_is_stored(
    client: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = send(client, **fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Contact.objects.exists()
    assert not EngagementEvent.objects.exists()


def test_the_nonce_of_another_form_does_not_count(client: Client) -> None:
    assert send(client, nonce=nonce("demo")).status_code == 422


def test_a_page_left_open_for_days_keeps_the_words_and_takes_the_second_press(client: Client) -> None:
    answer = send(client, nonce=nonce(seconds_ago=3 * 24 * 3600))
    assert answer.status_code == 422
    assert "Call me" in answer.content.decode()
    assert not Contact.objects.exists()


def test_faster_than_a_person_waits_in_quarantine(client: Client) -> None:
    assert send(client, nonce=nonce(seconds_ago=0.9)).status_code == 303
    assert not Contact.objects.exists()
    assert Submission.objects.get().reasons == ["quick"]
    assert send(client, nonce=nonce(seconds_ago=1.1)).status_code == 303
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("name", ["😀 Ünïcode", "שלום עולם", "\u202eevil\u202c", "O'Brien; DROP TABLE"])
def test_names_of_all_sorts_are_taken_as_they_are(client: Client, name: str) -> None:
    assert send(client, first_name=name).status_code == 303
    assert Contact.objects.get().first_name == name


def test_strange_visitor_ids_and_query_strings_do_no_harm(client: Client) -> None:
    assert client.get("/f/contact/?winnow_visitor=%00&utm_source=%00%F0%9F%98%80").status_code == 200
    assert send(client, winnow_visitor="'; --", utm_source="\0").status_code == 303
    assert not Identity.objects.filter(kind="anonymous").exists()


def test_a_closed_form_and_an_unknown_one(client: Client) -> None:
    Form.objects.filter(slug="demo").update(is_open=False)
    assert send(client, "demo").status_code == 410
    assert client.get("/f/none/").status_code == 404
    assert client.put("/f/contact/").status_code == 405
    assert client.post("/f/contact/thanks/").status_code == 405
    assert not Contact.objects.exists()


def test_a_form_of_another_kind_records_that_kind(client: Client) -> None:
    assert send(client, "demo").status_code == 303
    assert EngagementEvent.objects.get().kind.key == "demo_requested"


def test_the_service_names_what_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        services.submit_form(version_of("demo"), answers={"email": "a@b.example"}, message_id="m", now=NOW)
    assert set(refused.value.fields) == {"first_name", "last_name", "company"}
    assert not Contact.objects.exists()


PROGRAMS = ["", "python-requests/2.32.3", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]


@pytest.mark.parametrize("agent", PROGRAMS)
def test_what_a_program_sends_waits_for_a_person_and_counts_as_of_then(client: Client, cast: Cast, agent: str) -> None:
    answer = client.post("/f/contact/", ADA | {"nonce": nonce()}, headers={"user-agent": agent})
    assert (answer.status_code, answer["Location"]) == (303, "/f/contact/thanks/")
    row = Submission.objects.get()
    assert (row.status, row.reasons) == ("quarantined", ["machine"])
    assert (Contact.objects.count(), EngagementEvent.objects.count()) == (0, 0)
    services.release(row, by=cast.mara, now=timezone.now())
    event = EngagementEvent.objects.get()
    assert (event.occurred_at, event.is_quarantined, event.human) == (row.received_at, False, None)


def test_an_agent_that_the_team_knows_is_taken(client: Client) -> None:
    change_rule(line=50, machines=[], people=["shop relay"], now=NOW)
    humans.forget()
    client.post("/f/contact/", ADA | {"nonce": nonce()}, headers={"user-agent": "python-requests/2 (Shop Relay)"})
    assert Submission.objects.get().status == "accepted"


def test_a_rule_that_is_changed_later_is_told_beside_the_submission(client: Client, cast: Cast) -> None:
    send(client)
    event = EngagementEvent.objects.get()
    assert (event.human, event.is_quarantined, event.agent and event.agent.text) == (90, False, BROWSER)
    page = client_of(cast.mara)
    assert "In quarantine" not in page.get("/submissions/").content.decode()
    decide([event.pk], is_human=False)
    for address in ("/submissions/", f"/submissions/{Submission.objects.get().pk}/"):
        text = page.get(address).content.decode()
        assert (
            f'<a href="/settings/events/?contact={event.contact_id}&amp;standing=quarantined">In quarantine</a>' in text
        )
