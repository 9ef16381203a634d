"""POST /api/v1/events: facts from systems we trust."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from leads.models import Contact, EngagementEvent, Identity
from leads.services import quarantine
from leads.tasks import watch_events
from tests import factories
from tests.api.conftest import Caller, errors, send
from tests.conftest import Cast
from users.models import Token

pytestmark = pytest.mark.django_db


CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"


def event(number: int | str = 1, **fields: Any) -> dict[str, Any]:
    return {"kind": "webinar_attended", "email": "ada@acme.example", "message_id": f"m{number}"} | fields


@pytest.fixture
def caller(cast: Cast, api: Caller) -> APIClient:
    return api(cast.mara)


def test_one_event_is_stored_under_the_persons_source(caller: APIClient) -> None:
    contact = factories.contact(email="ada@acme.example")
    answer = caller.post(
        "/api/v1/events", event(occurred_at="2026-05-01T10:00:00+02:00", properties={"asset": "intro"})
    )
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "duplicates": 0, "contacts_created": 0}
    stored = EngagementEvent.objects.select_related("kind").get()
    assert (stored.contact_id, stored.kind.key) == (contact.pk, "webinar_attended")
    assert stored.source == f"api:{Token.objects.get().user_id}"
    assert stored.occurred_at.isoformat() == "2026-05-01T08:00:00+00:00"
    assert stored.properties == {"asset": "intro"}


def test_clicks_that_a_mail_provider_tells_are_judged_by_their_agent_and_as_a_burst(caller: APIClient) -> None:
    def click(number: int, who: str, **fields: Any) -> dict[str, Any]:
        at = f"2026-05-01T10:00:0{number + 1}Z"
        told = {"kind": "email_clicked", "occurred_at": at, "properties": {"url": f"https://acme.example/{number}"}}
        return event(f"{who}{number}", email=f"{who}@acme.example", **told, **fields)

    quarantine.rule_row()
    agents = {"bot": "Mozilla/5.0 (compatible; bingbot/2.0)", "reader": CHROME}
    batch = [click(0, who, user_agent=agent) for who, agent in agents.items()]
    batch += [click(number, "scanner") for number in range(4)]
    assert caller.post("/api/v1/events", batch).json()["accepted"] == 6
    watch_events()
    stands = EngagementEvent.objects.order_by("message_id").values_list("message_id", "human", "human_reasons")
    assert list(stands) == [
        ("mbot0", 1, ["bot"]),
        ("mreader0", 90, None),
        *((f"mscanner{number}", 15, ["burst"]) for number in range(4)),
    ]
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 5


def test_sending_twice_stores_once(caller: APIClient) -> None:
    batch = [event(1), event(2), event(2)]
    assert caller.post("/api/v1/events", batch).json() == {"accepted": 2, "duplicates": 1, "contacts_created": 1}
    assert caller.post("/api/v1/events", batch).json() == {"accepted": 0, "duplicates": 3, "contacts_created": 0}
    assert (EngagementEvent.objects.count(), Contact.objects.count()) == (2, 1)


def test_a_new_token_in_place_of_an_old_one_doubles_nothing(cast: Cast, api: Caller) -> None:
    assert api(cast.mara).post("/api/v1/events", event()).json()["accepted"] == 1
    Token.objects.all().delete()
    answer = api(cast.mara).post("/api/v1/events", event())
    assert answer.json() == {"accepted": 0, "duplicates": 1, "contacts_created": 0}
    assert EngagementEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "field"),
    [
        ({"email": "ADA+x@acme.example"}, "1.email"),
        ({"identity": {"kind": "email", "value": "ada@acme.example"}}, "1.identity"),
        ({"identity": {"kind": "phone", "value": "+49 30 1234567"}}, "1.identity"),
    ],
)
def test_a_rep_cannot_write_onto_a_contact_of_another_team(
    cast: Cast, api: Caller, who: dict[str, Any], field: str
) -> None:
    contact = factories.contact(email="ada@acme.example", phone="+49301234567", owner=cast.sven)
    one = event(2)
    del one["email"]
    batch = [event(1, email="new@other.example"), one | who]
    answer = api(cast.rita).post("/api/v1/events", batch)
    assert (answer.status_code, list(errors(answer))) == (400, [field])
    assert (EngagementEvent.objects.count(), Contact.objects.count()) == (0, 1)
    for user in (cast.sven, cast.mara):
        assert api(user).post("/api/v1/events", one | who).json()["accepted"] == 1
    assert EngagementEvent.objects.filter(contact=contact).count() == 2


def test_two_people_do_not_share_message_ids(cast: Cast, api: Caller) -> None:
    for user in (cast.mara, cast.rita):
        assert api(user).post("/api/v1/events", event()).json()["accepted"] == 1


def test_an_unknown_address_becomes_a_contact_once(caller: APIClient) -> None:
    batch = [
        event(1),
        event(2, email="ADA@acme.example"),
        event(3, identity={"kind": "email", "value": "bo@x.example"}),
    ]
    del batch[2]["email"]
    assert caller.post("/api/v1/events", batch).json()["contacts_created"] == 2
    assert sorted(Contact.objects.values_list("email", "standing__source")) == [
        ("ada@acme.example", "api"),
        ("bo@x.example", "api"),
    ]
    assert EngagementEvent.objects.filter(contact__email="ada@acme.example").count() == 2


def test_other_unknown_identities_are_kept_and_wait(caller: APIClient) -> None:
    one = event(identity={"kind": "user_id", "value": "u-7"}, kind="trial_started")
    del one["email"]
    assert caller.post("/api/v1/events", one).json() == {"accepted": 1, "duplicates": 0, "contacts_created": 0}
    assert EngagementEvent.objects.get().contact_id is None
    assert Identity.objects.get().value == "u-7"
    assert not Contact.objects.exists()


def test_a_contact_can_be_named_by_its_id_even_without_an_address(caller: APIClient) -> None:
    contact = factories.contact(email="", phone="")
    one = event(contact=contact.pk, kind="call_connected")
    del one["email"]
    assert caller.post("/api/v1/events", one).status_code == 202
    assert EngagementEvent.objects.get().contact_id == contact.pk


def test_a_rep_cannot_name_a_contact_of_another_team(cast: Cast, api: Caller) -> None:
    contact = factories.contact(owner=cast.sven)
    one = event(contact=contact.pk)
    del one["email"]
    answer = api(cast.rita).post("/api/v1/events", [one])
    assert answer.status_code == 400
    assert list(errors(answer)) == ["0.contact"]
    assert api(cast.sven).post("/api/v1/events", [one]).status_code == 202


def test_a_batch_is_one_insert(caller: APIClient) -> None:
    batch = [event(number, email=f"p{number % 20}@acme.example") for number in range(500)]
    caller.post("/api/v1/events", batch[:20])
    with CaptureQueriesContext(connection) as seen:
        assert caller.post("/api/v1/events", batch).status_code == 202
    inserts = [row["sql"] for row in seen if "EXECUTE store_events" in row["sql"]]
    assert len(inserts) == 1
    assert len([row for row in seen if "SAVEPOINT" not in row["sql"]]) <= 6
    assert EngagementEvent.objects.count() == 500


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "no_such"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": {"a": 1}}, "kind"),
        ({"kind": "x\0"}, "kind"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 101}, "message_id"),
        ({"message_id": "a\0b"}, "message_id"),
        ({"message_id": "\ud800"}, "message_id"),
        ({"message_id": None}, "message_id"),
        ({"occurred_at": "tomorrow"}, "occurred_at"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
        ({"occurred_at": 7}, "occurred_at"),
        ({"properties": []}, "properties"),
        ({"properties": {"x": "y" * 40_000}}, "properties"),
        ({"properties": {"x": "\ud800"}}, "properties"),
        ({"email": "nobody"}, "email"),
        ({"email": "\ud800@x.example"}, "email"),
        ({"email": "x" * 300 + "@acme.example"}, "email"),
        ({"email": None}, "email"),
        ({"contact": 1}, "detail"),
        ({"identity": {"kind": "email"}}, "identity.value"),
        ({"identity": {"kind": "badge", "value": "7"}}, "identity.kind"),
        ({"identity": "ada"}, "identity"),
        ({"surprise": 1}, "surprise"),
        ({"\ud800": 1}, "?"),
    ],
)
def test_a_wrong_event_is_named_and_nothing_of_the_batch_is_stored(
    caller: APIClient, wrong: dict[str, Any], field: str
) -> None:
    answer = send(caller, "/api/v1/events", event(**wrong))
    assert answer.status_code == 400
    assert list(errors(answer)) == [field]
    answer = send(caller, "/api/v1/events", [event(1), event(2, **wrong)])
    assert answer.status_code == 400
    assert list(errors(answer)) == [f"1.{field}" if field != "detail" else "1"]
    assert not EngagementEvent.objects.exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("contact", [0, -1, "x", 2**63, 10**30, None])
def test_a_contact_that_is_no_number(caller: APIClient, contact: Any) -> None:
    one = event(contact=contact)
    del one["email"]
    answer = caller.post("/api/v1/events", one)
    assert answer.status_code == 400
    assert list(errors(answer)) == ["contact"]


@pytest.mark.parametrize("count", [0, 501])
def test_a_list_has_one_to_five_hundred_events(caller: APIClient, count: int) -> None:
    answer = caller.post("/api/v1/events", [event(number) for number in range(count)])
    assert answer.status_code == 400
    assert list(errors(answer)) == ["detail"]


def test_nul_and_emoji_in_properties_do_no_harm(caller: APIClient) -> None:
    assert caller.post("/api/v1/events", event(properties={"x": "a\0b 😀"})).status_code == 202
    assert EngagementEvent.objects.get().properties == {"x": "ab 😀"}
