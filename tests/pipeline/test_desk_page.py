"""The desk as a page: what it shows, what its buttons do, and who may use it."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from activities.models import Activity
from capture.models import Form
from leads.models import Contact, Evidence, Lifecycle, Standing
from pipeline.models import DeskOutcome, DeskPlace, Did, Opportunity, Waits
from pipeline.services import desk as services
from tests import factories
from tests.conftest import Cast, client_of
from tests.pipeline import desk

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def queue(**fields: Any) -> Contact:
    return desk.queue(now=timezone.now(), **fields)


def text(client: Client, path: str = "/qualify/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def post(client: Client, path: str, data: dict[str, Any] | None = None) -> Any:
    return client.post(path, data or {}, headers=HTMX)


def news(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 204, answer.content
    told: dict[str, Any] = json.loads(answer["HX-Trigger"])
    return told


def test_the_page_shows_who_it_is_what_to_ask_and_what_they_did(cast: Cast) -> None:
    lead = queue(first_name="Elin", last_name="Brandt", job_title="VP Operations", phone="+49 30 1234567")
    for hours in range(3):
        factories.event(lead, days_ago=1 + hours / 24, now=timezone.now(), path="/pricing")
    page = text(client_of(cast.rita))
    assert "Elin Brandt" in page
    assert 'href="tel:+49 30 1234567"' in page
    assert "Ask 4 things" in page
    assert "What have you set aside for this" in page
    assert "Looked at prices 3 times in 30 days." in page
    assert "A hint, not an answer." in page
    assert "5 points below the line, 4 open questions, has not talked to us lately" in page
    assert DeskPlace.objects.get().holder == cast.rita


def test_two_people_see_two_leads(cast: Cast) -> None:
    queue(first_name="Elin", last_name="Brandt", below=0)
    queue(first_name="Omar", last_name="Haddad", below=9)
    assert "Elin Brandt" in text(client_of(cast.rita))
    assert "Omar Haddad" in text(client_of(cast.sven))
    assert "Colleagues are at all of them" in text(client_of(cast.mona))


def test_an_empty_desk_says_why(cast: Cast) -> None:
    assert "Nobody to ask right now" in text(client_of(cast.rita))


def test_the_first_day_without_a_definition(cast: Cast) -> None:
    from scoring.models import Definition

    Definition.objects.update(status="retired")
    assert "Nobody is scored yet" in text(client_of(cast.rita))


def test_answers_quotes_ages_doubts_and_what_is_too_old(cast: Cast) -> None:
    now = timezone.now()
    lead = queue()
    factories.evidence(lead, "budget", now=now - timedelta(days=9), quote="Nothing at all.", verdict="fails")
    factories.evidence(
        lead, "budget", now=now - timedelta(days=2), quote="40k is set aside.", recorded_by=cast.ravi, amount=40_000
    )
    factories.evidence(lead, "timeline", now=now - timedelta(days=1), on_date=date(2020, 1, 1), quote="By New Year.")
    factories.evidence(lead, "need", now=now - timedelta(days=400), quote="Planning takes days.")
    page = text(client_of(cast.rita))
    assert "“40k is set aside.”" in page
    assert "it was a no. Ask again." in page
    assert "The day they named, 1 Jan 2020, has passed. Ask again." in page
    assert "“Planning takes days.”. That is too old to count; does it still hold?" in page
    assert "Ask 2 things" in page  # authority, and need anew


def test_what_a_form_said_is_confirmed_by_a_person(cast: Cast) -> None:
    lead = queue()
    factories.evidence(lead, "budget", now=timezone.now(), source="form:demo", quote="40k", confidence=60)
    client = client_of(cast.rita)
    form = Form.objects.get(slug="demo").title
    assert f"from form “{form}” (60 % sure): nobody of us has heard it." in text(client)
    post(client, f"/qualify/{lead.pk}/answer/budget/", {"verdict": "meets", "quote": "40k"})
    assert Evidence.objects.order_by("-pk")[0].recorded_by == cast.rita
    assert "nobody of us has heard it" not in text(client)


def test_a_title_is_no_answer_to_who_decides(cast: Cast) -> None:
    lead = queue(job_title="VP Operations")
    given = {"verdict": "meets", "text": "VP Operations"}
    answer = post(client_of(cast.rita), f"/qualify/{lead.pk}/answer/authority/", given)
    assert answer.status_code == 422
    assert "A job title alone is not authority." in answer.content.decode()
    assert not Evidence.objects.exists()


def test_an_answer_says_so_and_can_be_undone(cast: Cast) -> None:
    lead = queue()
    client = client_of(cast.rita)
    told = news(post(client, f"/qualify/{lead.pk}/answer/budget/", {"verdict": "weak", "quote": "Perhaps."}))
    undo = f"/qualify/undo/?of={DeskOutcome.objects.get().pk}"
    assert told["toast"] == {"text": "Budget: weak.", "tone": "success", "undo": undo}
    assert told["desk-changed"]
    assert f'hx-post="{undo}"' in client.get("/qualify/").content.decode()
    assert post(client, "/qualify/undo/?of=nothing").status_code == 422
    for _ in range(2):
        assert news(post(client, undo))["toast"] == {"text": "Undone: answered.", "tone": "info", "undone": undo}
    assert not Evidence.objects.exists()
    refused = post(client, "/qualify/undo/")
    assert refused.status_code == 422
    assert "nothing to undo" in refused["HX-Trigger"]
    assert json.loads(refused["HX-Trigger"])["desk-changed"]


@pytest.mark.parametrize("outcome", ["connected", "voicemail", "no_answer", "wrong_number"])
def test_calls(cast: Cast, outcome: str) -> None:
    lead = queue()
    news(post(client_of(cast.rita), f"/qualify/{lead.pk}/call/{outcome}/", {"nonce": "n"}))
    assert Activity.objects.get(contact=lead).outcome == outcome
    assert DeskOutcome.objects.get().detail == outcome


def test_other_outcomes_and_their_forms(cast: Cast) -> None:
    client = client_of(cast.rita)
    now = timezone.now()
    later, nurture, gone, prospect, asked, passed = (queue() for _ in range(6))
    at = timezone.localtime(now) + timedelta(hours=3)
    news(post(client, f"/qualify/{later.pk}/later/", {"at": f"{at:%Y-%m-%dT%H:%M}", "note": "price"}))
    news(post(client, f"/qualify/{nurture.pk}/nurture/", {"back": "30", "or_event": "on"}))
    news(post(client, f"/qualify/{gone.pk}/disqualify/", {"reason": "student"}))
    news(post(client, f"/qualify/{prospect.pk}/promote/", {"reason": "They asked for a contract."}))
    news(post(client, f"/qualify/{asked.pk}/ask/"))
    news(post(client, f"/qualify/{passed.pk}/next/"))
    waits = {place.pk: place.waits for place in DeskPlace.objects.all()}
    assert waits == {
        later.pk: Waits.LATER,
        nurture.pk: Waits.EVENT,
        asked.pk: Waits.EVENT,
        passed.pk: Waits.UNTIL,
    }
    assert Standing.objects.get(pk=gone.pk).lifecycle == Lifecycle.DISQUALIFIED
    assert Opportunity.objects.get().contact == prospect
    for name in ("later", "nurture", "disqualify", "promote"):
        lead = queue()
        assert (
            client.get(f"/qualify/{lead.pk}/{name}/?nonce=n7", headers=HTMX).content.decode().count('value="n7"') == 1
        )


def test_a_colleague_at_the_lead_is_a_conflict(cast: Cast) -> None:
    lead = queue()
    services.take(cast.ravi, now=timezone.now())
    answer = post(client_of(cast.rita), f"/qualify/{lead.pk}/call/voicemail/")
    assert answer.status_code == 409
    assert json.loads(answer["HX-Trigger"])["desk-changed"] is True
    assert "Ravi is at this lead now" in answer["HX-Trigger"]
    form = post(client_of(cast.rita), f"/qualify/{lead.pk}/disqualify/", {"reason": "student"})
    assert form.status_code == 409
    assert not DeskOutcome.objects.exists()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("answer/budget", {"verdict": "meets"}),
        ("answer/budget", {"verdict": "loud", "quote": "x"}),
        ("answer/budget", {"verdict": "meets", "quote": "x" * 1_000_000}),
        ("answer/budget", {"verdict": "meets", "quote": "a\0b"}),
        ("answer/budget", {"verdict": "meets", "quote": "x", "amount": "-1"}),
        ("answer/budget", {"verdict": "meets", "quote": "x", "amount": "1e40"}),
        ("answer/timeline", {"verdict": "meets", "quote": "x", "on_date": "0000-00-00"}),
        ("later", {"at": "9999-12-31T23:59"}),
        ("later", {"at": "0001-01-01T00:00"}),
        ("later", {"at": "soon"}),
        ("nurture", {"back": "day"}),
        ("nurture", {"back": "day", "on": "9999-12-31"}),
        ("nurture", {"back": "day", "on": "0001-01-01"}),
        ("nurture", {"back": "-5"}),
        ("disqualify", {"reason": "other"}),
        ("disqualify", {"reason": "student", "note": "\u202e" * 300}),
        ("promote", {"reason": "\0"}),
    ],
)
def test_bad_input_is_said_and_writes_nothing(cast: Cast, path: str, data: dict[str, str]) -> None:
    lead = queue()
    assert post(client_of(cast.rita), f"/qualify/{lead.pk}/{path}/", data).status_code == 422
    assert not DeskOutcome.objects.exists()


@pytest.mark.parametrize("path", ["call/shouted/", "answer/luck/", "next/"])
def test_what_does_not_exist_is_not_found(cast: Cast, path: str) -> None:
    lead = queue()
    number = 2**70 if path == "next/" else lead.pk
    assert post(client_of(cast.rita), f"/qualify/{number}/{path}").status_code == 404


def test_a_damaged_nonce_is_refused(cast: Cast) -> None:
    lead = queue()
    assert post(client_of(cast.rita), f"/qualify/{lead.pk}/next/", {"nonce": "x" * 41}).status_code == 400
    assert not DeskOutcome.objects.exists()


def test_who_became_a_prospect_meanwhile_is_told(cast: Cast) -> None:
    lead = queue(first_name="Elin", last_name="Brandt")
    client = client_of(cast.rita)
    text(client)
    services.promote(contact_id=lead.pk, actor=cast.rita, now=timezone.now(), reason="x")
    services.take_this(lead.pk, cast.rita, now=timezone.now())
    head = text(client, f"/qualify/{lead.pk}/head/")
    assert "Elin Brandt is a prospect now" in head


def test_a_marketer_works_the_desk_and_promotes_nobody(cast: Cast) -> None:
    lead = queue()
    client = client_of(cast.mara)
    assert f"/qualify/{lead.pk}/promote/" not in text(client)
    assert post(client, f"/qualify/{lead.pk}/promote/", {"reason": "x"}).status_code == 403


def test_numbers_add_up_to_the_list_behind_them(cast: Cast) -> None:
    client = client_of(cast.rita)
    one, two = queue(first_name="Elin", last_name="Brandt"), queue(first_name="Omar", last_name="Haddad")
    for key in ("budget", "need"):
        post(client, f"/qualify/{one.pk}/answer/{key}/", {"verdict": "meets", "quote": "Yes."})
    post(client, f"/qualify/{one.pk}/call/connected/")
    post(client, f"/qualify/{two.pk}/call/voicemail/")
    page = text(client)
    assert '<b class="num">2</b> leads worked today' in page
    assert '<b class="num">2</b> answers today' in page
    assert '<b class="num">1</b> talked today' in page
    assert '<b class="num">0</b> promoted today' in page
    worked = text(client, "/qualify/record/?kind=worked&days=1")
    assert (worked.count("Elin Brandt"), worked.count("Omar Haddad")) == (1, 1)
    assert text(client, "/qualify/record/?kind=answered&days=30").count("Elin Brandt") == 2
    assert "Nothing of this yet" in text(client, "/qualify/record/?kind=promoted&days=1")
    assert "Nothing of this yet" in text(client_of(cast.ravi), "/qualify/record/")
    text(client, "/qualify/record/?kind=nonsense&days=-1&after=%00")


def test_the_page_costs_the_same_number_of_queries_with_many_leads_and_a_long_history(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    lead = queue()
    client = client_of(cast.rita)
    text(client)
    with django_assert_max_num_queries(31) as few:
        text(client)
    for number in range(30):
        queue(below=6 + number % 10)
        factories.event(lead, days_ago=number, now=timezone.now(), path=f"/blog/{number}")
        factories.evidence(lead, "budget", now=timezone.now(), quote=f"Answer {number}")
        DeskOutcome.objects.create(contact=lead, by=cast.rita, at=timezone.now(), did=Did.ANSWERED)
    with django_assert_max_num_queries(31) as many:
        text(client)
    assert len(many) <= len(few) + 1  # what could be undone is read with its lead


def test_pause_frees_the_lead(cast: Cast) -> None:
    queue()
    client = client_of(cast.rita)
    text(client)
    post(client, "/qualify/stay/")
    assert DeskPlace.objects.get().holder == cast.rita
    post(client, "/qualify/pause/")
    assert DeskPlace.objects.get().holder is None
