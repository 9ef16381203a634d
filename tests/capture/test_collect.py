"""The collector: what browsers of strangers may say, quickly and never more than that."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capture import sites
from capture.models import Site
from capture.views import collect
from leads.models import EngagementEvent, Identity
from leads.services import link_identity, register_kind
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """Names no browser: a new one costs statements of its own, once."""
    return Client()


@pytest.fixture
def site() -> Site:
    return Site.objects.create(name="Shop")


def event(number: int | str = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"message-{number}", "kind": "page_view", "props": {"path": "/pricing"}} | fields


def send(
    client: Client, site: Site | str, *events: Any, headers: dict[str, str] | None = None, **body: Any
) -> HttpResponse:
    key = site if isinstance(site, str) else site.write_key
    content: dict[str, Any] = {"site": key, "visitor": "visitor-0001", "events": list(events)} | body
    return post(client, json.dumps(content), headers)


def post(client: Client, body: str | bytes, headers: dict[str, str] | None = None) -> HttpResponse:
    kind = "text/plain;charset=UTF-8"
    return client.post("/t/collect", body, content_type=kind, headers=headers or {})  # type: ignore[return-value]


def test_a_page_view_is_stored_for_an_unknown_visitor(client: Client, site: Site) -> None:
    answer = send(client, site, event(at=timezone.now().isoformat()))
    assert (answer.status_code, json.loads(answer.content)) == (202, {"accepted": 1, "duplicates": 0})
    stored = EngagementEvent.objects.select_related("kind", "identity", "facet").get()
    assert (stored.kind.key, stored.source, stored.message_id) == ("page_view", f"tracker:{site.pk}", "message-1")
    assert (stored.identity.kind, stored.identity.value, stored.contact_id) == ("anonymous", "visitor-0001", None)
    assert stored.facet is not None
    assert stored.facet.name == "Pricing"


def test_the_same_message_again_is_counted_and_not_stored(client: Client, site: Site) -> None:
    send(client, site, event(1))
    answer = send(client, site, event(1), event(2))
    assert json.loads(answer.content) == {"accepted": 1, "duplicates": 1}
    assert EngagementEvent.objects.count() == 2


def test_a_known_visitors_page_view_goes_to_the_contact(client: Client, site: Site) -> None:
    contact = factories.contact()
    link_identity(kind="anonymous", value="visitor-0001", contact=contact)
    send(client, site, event())
    assert EngagementEvent.objects.get().contact_id == contact.pk


@pytest.mark.parametrize("events", [1, 50])
def test_one_request_costs_few_statements_and_no_session(client: Client, site: Site, events: int) -> None:
    send(client, site, event(0))  # the registry and the site are remembered from here on

    def cost(visitor: str, referrer: str) -> int:
        props = {"path": "/pricing", "host": "shop.example", "referrer": referrer}
        given = [event(f"{visitor}-{len(referrer)}-{number}", props=props) for number in range(events)]
        with CaptureQueriesContext(connection) as seen:
            assert send(client, site, *given, visitor=visitor).status_code == 202
        return len([row["sql"] for row in seen if "SAVEPOINT" not in row["sql"]])

    # whether the visitor objects, and the events; on an arrival also where the visitor came from
    assert cost("visitor-0001", "https://shop.example/home") == 2
    assert cost("visitor-0002", "https://shop.example/home") == 2
    assert cost("visitor-0003", "https://www.google.com/") == 3


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2200-01-01T00:00:00Z", timedelta(0)),
        (9e15, "at"),
        ("1970-01-01T00:00:00Z", timedelta(days=7)),
        (None, timedelta(0)),
        (1e400, "at"),
        ("yesterday", "at"),
        (True, "at"),
        ([], "at"),
    ],
)
def test_a_browsers_clock_is_brought_into_bounds(client: Client, site: Site, at: Any, expected: Any) -> None:
    answer = send(client, site, event(at=at))
    if expected == "at":
        assert answer.status_code == 400
        assert next(iter(json.loads(answer.content)["errors"])) in {"events.0.at", "body"}
        assert not EngagementEvent.objects.exists()
    else:
        assert answer.status_code == 202
        stored = EngagementEvent.objects.get().occurred_at
        assert abs(stored - (timezone.now() - expected)) < timedelta(seconds=20)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b"[" * 50_000, "body"),
        (b"9" * 5_000, "body"),
        (b"{}", "site"),
        (b'{"site": 7, "visitor": "visitor-0001", "events": []}', "site"),
    ],
)
def test_what_is_no_beacon_is_refused_by_name(client: Client, body: bytes, field: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert list(json.loads(answer.content)["errors"]) == [field]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"visitor": "x"}, "visitor"),
        ({"visitor": "ada@acme.example"}, "visitor"),
        ({"visitor": None}, "visitor"),
        ({"events": []}, "events"),
        ({"events": "all"}, "events"),
        ({"events": [event(n) for n in range(51)]}, "events"),
        ({"events": [7]}, "events.0"),
        ({"events": [event(id="")]}, "events.0.id"),
        ({"events": [event(id="x" * 65)]}, "events.0.id"),
        ({"events": [event(id="a\0b-long-enough")]}, "events.0.id"),
        ({"events": [event(1), event(2, kind="email_replied")]}, "events.1.kind"),
        ({"events": [event(kind=None)]}, "events.0.kind"),
        ({"events": [event(kind="\0")]}, "events.0.kind"),
        ({"events": [event(props="x")]}, "events.0.props"),
        ({"events": [event(1), event(2, props={"x": "y" * 40_000})]}, "properties"),
    ],
)
def test_bad_events_are_refused_by_name_and_nothing_of_the_batch_is_stored(
    client: Client, site: Site, wrong: dict[str, Any], field: str
) -> None:
    answer = send(client, site, event(), **wrong)
    assert answer.status_code == 400
    assert list(json.loads(answer.content)["errors"]) == [field]
    assert not EngagementEvent.objects.exists()


def test_an_unknown_write_key_is_refused_by_name(client: Client) -> None:
    answer = send(client, "not-a-known-key", event())
    assert answer.status_code == 400
    assert list(json.loads(answer.content)["errors"]) == ["site"]
    assert not EngagementEvent.objects.exists()


def test_nul_emoji_and_right_to_left_text_in_properties_are_stored(client: Client, site: Site) -> None:
    props = {"path": "/\0x", "title": "😀 \u202eabc", "escaped": "\\u0000", "lone": "plain"}
    assert send(client, site, event(props=props)).status_code == 202
    stored = EngagementEvent.objects.get().properties
    assert stored["path"] == "/x"
    assert stored["title"] == "😀 \u202eabc"
    assert stored["escaped"] == "\\u0000"


def test_half_a_surrogate_is_refused(client: Client, site: Site) -> None:
    body = '{"site": "%s", "visitor": "visitor-0001", "events": [{"id": "message-1", "kind": "page_view", "props": {"x": "\\ud800"}}]}'
    assert post(client, body % site.write_key).status_code == 400


@pytest.mark.parametrize(
    "kind", ["form_submitted", "call_connected", "email_opened", "email_replied", "unsubscribed", "webinar_attended"]
)
def test_a_browser_cannot_claim_what_only_we_can_know(client: Client, site: Site, kind: str) -> None:
    answer = send(client, site, event(kind=kind))
    assert answer.status_code == 400
    assert "events.0.kind" in json.loads(answer.content)["errors"]
    assert not EngagementEvent.objects.exists()


@pytest.mark.parametrize(
    ("category", "direction", "status"),
    [
        ("product", "one_way", 202),
        ("content", "one_way", 202),
        ("intent", "one_way", 202),
        ("intent", "two_way", 400),
        ("conversation", "one_way", 400),
        ("social", "one_way", 400),
    ],
)
def test_own_kinds_are_taken_when_they_are_one_way(
    client: Client, site: Site, category: str, direction: str, status: int
) -> None:
    register_kind(key="calculator_used", label="Used the calculator", category=category, direction=direction)
    assert send(client, site, event(kind="calculator_used")).status_code == status


def test_a_browser_cannot_say_who_it_is(client: Client, site: Site) -> None:
    contact = factories.contact(email="ada@acme.example")
    body: dict[str, Any] = {
        "identity": {"kind": "email", "value": "ada@acme.example"},
        "email": "ada@acme.example",
        "contact": contact.pk,
    }
    send(client, site, event(**body), **body)
    assert EngagementEvent.objects.get().contact_id is None
    assert Identity.objects.filter(kind="anonymous").count() == 1


def test_only_allowed_origins_may_report(client: Client, site: Site) -> None:
    site.allowed_origins = ["https://shop.example"]
    site.save()
    sites.forget()
    assert send(client, site, event(1), headers={"origin": "https://shop.example"}).status_code == 202
    for headers in ({"origin": "https://evil.example"}, {}, {"origin": "null"}):
        answer = send(client, site, event(2), headers=headers)
        assert answer.status_code == 403
        assert list(json.loads(answer.content)["errors"]) == ["origin"]
    assert EngagementEvent.objects.count() == 1


def test_browsers_of_other_origins_may_read_the_answer(client: Client, site: Site) -> None:
    answer = send(client, site, event(), headers={"origin": "https://shop.example"})
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Origin" in answer["Vary"]
    asked = client.options("/t/collect", headers={"origin": "https://shop.example"})
    assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (204, "POST")


def test_too_large_and_the_wrong_method(client: Client, site: Site) -> None:
    assert post(client, b"x" * (64 * 1024 + 1)).status_code == 413
    assert client.get("/t/collect").status_code == 405


def test_too_many_from_one_address_are_told_to_wait(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "FREE_BEACONS", 2)
    monkeypatch.setattr(collect, "BEACONS_A_MINUTE", 3)
    collect._beacons.clear()
    assert [send(client, site, event(number)).status_code for number in range(6)] == [202] * 5 + [429]
    answer = send(client, site, event(7))
    assert answer["Retry-After"] == "60"
    assert EngagementEvent.objects.count() == 5


def test_a_crawler_is_thanked_and_quarantined(client: Client, site: Site) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    answer = send(client, site, event(1), headers={"user-agent": agent})
    assert json.loads(answer.content) == {"accepted": 1, "duplicates": 0}
    stored = EngagementEvent.objects.select_related("agent").get()
    assert (stored.is_quarantined, stored.human, stored.human_reasons) == (True, 1, ["bot"])
    assert stored.agent is not None and stored.agent.text == agent
    phone = "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36"
    send(client, site, event(2), headers={"user-agent": phone})
    assert list(EngagementEvent.objects.filter(is_quarantined=False).values_list("human", "human_reasons")) == [
        (90, None)
    ]


def test_the_site_remembers_when_it_was_heard(client: Client, site: Site) -> None:
    assert site.last_event_at is None
    send(client, site, event())
    site.refresh_from_db()
    assert site.last_event_at is not None


def test_the_tracker_is_served_to_other_origins_small_and_cached(client: Client) -> None:
    answer = client.get("/t/tracker.js")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/t/tracker.js", headers={"if-none-match": answer["ETag"]}).status_code == 304
    packed = client.get("/t/tracker.js", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < 3000
