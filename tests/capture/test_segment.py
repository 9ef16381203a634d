"""The Segment protocol: what is taken, what is refused, and in which words."""

import base64
import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from capture import segment, sites, wire
from capture.models import Site, SiteNote
from leads.models import Company, Contact, EngagementEvent, EventKind, Identity
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "segment-spec" / "json-examples"


@pytest.fixture
def server() -> Site:
    return Site.objects.create(name="Backend", is_server=True)


@pytest.fixture
def web() -> Site:
    return Site.objects.create(name="Shop")


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def call(client: Client, name: str, body: Any, key: str = "", **headers: str) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": basic(key)} if key else {}
    return client.post(  # type: ignore[return-value]
        f"/v1/{name}", content, content_type="application/json", headers=sent | headers
    )


def said(answer: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(answer.content))


def track(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Trial Started", "userId": "u1", "messageId": f"m{number}"} | fields


def test_a_track_call_is_an_event_of_its_kind(client: Client, server: Site) -> None:
    answer = call(client, "track", track(properties={"plan": "Pro"}), server.write_key)
    assert (answer.status_code, said(answer)) == (200, {"success": True})
    event = EngagementEvent.objects.select_related("kind", "identity").get()
    assert (event.kind.key, event.source, event.message_id) == ("trial_started", f"segment:{server.pk}", "m1")
    assert (event.identity.kind, event.identity.value) == ("user_id", "u1")
    assert event.properties == {"plan": "Pro"}
    assert event.human is None  # a server's own program is not judged


def test_a_mail_platforms_click_is_our_click_in_a_mail(client: Client, server: Site) -> None:
    told = track(event="Email Link Clicked", properties={"campaign_name": "Spring", "link_url": "https://a.example/"})
    assert call(client, "track", told, server.write_key).status_code == 200
    event = EngagementEvent.objects.get()
    assert (event.kind.key, event.properties["campaign"]) == ("email_clicked", "Spring")
    for number, name in enumerate(("", "x" * 17_000)):
        told = track(messageId=f"n{number}", properties={"campaign_name": name})
        assert call(client, "track", told, server.write_key).status_code == 200
    kept = [event.properties.get("campaign") for event in EngagementEvent.objects.order_by("pk")]
    assert kept == ["Spring", None, "x" * segment.LONGEST_NAME]


def test_who_they_are_may_stand_in_the_context_as_rudderstacks_clients_write_it(client: Client, server: Site) -> None:
    told = {"userId": "u1", "context": {"traits": {"email": "lee@acme.example", "firstName": "Lee", "title": "Clerk"}}}
    call(client, "batch", {"batch": [{"type": "identify", "traits": {"title": "Buyer"}, **told}]}, server.write_key)
    contact = Contact.objects.get(email="lee@acme.example")
    assert (contact.first_name, contact.job_title) == ("Lee", "Buyer")
    other = {"type": "identify", "userId": "u2", "traits": {"email": "kim@acme.example"}, "context": {"traits": "x"}}
    assert call(client, "batch", {"batch": [other]}, server.write_key).status_code == 200
    assert Contact.objects.filter(email="kim@acme.example").exists()
    group = {"type": "group", "groupId": "g1", "traits": {"name": "Acme"}, **told}
    call(client, "batch", {"batch": [group]}, server.write_key)
    assert Company.objects.get(name="Acme").industry == ""


@pytest.mark.parametrize("place", ["header", "body"])
def test_the_write_key_is_in_the_header_or_in_the_body(client: Client, server: Site, place: str) -> None:
    key = server.write_key if place == "header" else ""
    more = {} if key else {"writeKey": server.write_key}
    assert call(client, "batch", {"batch": [track()]} | more, key).status_code == 200
    assert EngagementEvent.objects.count() == 1


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!", "Bearer abc", "Basic " + base64.b64encode(b"\xff").decode()]
)
def test_without_a_known_key_nothing_is_taken(client: Client, header: str) -> None:
    answer = call(client, "track", track(), authorization=header)
    assert (answer.status_code, said(answer)["code"]) == (401, "invalid_write_key")
    assert call(client, "track", track(), "no\0key").status_code == 401
    assert not EngagementEvent.objects.exists()


def test_gzip_is_unpacked_and_never_beyond_the_limit(client: Client, server: Site) -> None:
    packed = gzip.compress(json.dumps({"batch": [track()]}).encode())
    encoding = {"content-encoding": "gzip"}
    assert call(client, "batch", packed, server.write_key, **encoding).status_code == 200
    bomb = gzip.compress(b" " * 50_000_000)
    assert call(client, "batch", bomb, server.write_key, **encoding).status_code == 413
    assert call(client, "batch", packed[:-12], server.write_key, **encoding).status_code == 400
    assert call(client, "batch", b"{}", server.write_key, **encoding).status_code == 400
    assert call(client, "batch", b"{}", server.write_key, **{"content-encoding": "br"}).status_code == 400
    assert EngagementEvent.objects.count() == 1


def test_sizes_are_those_of_the_protocol(client: Client, server: Site) -> None:
    assert call(client, "batch", b"x" * (wire.MAX_BATCH + 1), server.write_key).status_code == 413
    large = track(2, properties={"x": "y" * 32_768})
    answer = call(client, "batch", {"batch": [track(1), large, track(3)]}, server.write_key)
    assert answer.status_code == 200
    assert said(answer)["refused"] == [{"index": 1, "field": "message", "message": "A message has at most 32 kB."}]
    assert set(EngagementEvent.objects.values_list("message_id", flat=True)) == {"m1", "m3"}
    fits = track(4, properties={"x": "y" * 31_000})
    assert call(client, "track", fits, server.write_key).status_code == 200
    assert call(client, "track", large, server.write_key).status_code == 400


def test_what_is_wrong_in_a_batch_is_named_and_the_rest_is_taken(client: Client, server: Site) -> None:
    batch: list[Any] = [
        track(1),
        7,
        {"type": "shout", "userId": "u1"},
        {"type": "track", "event": "X", "messageId": "no-one"},
        {"type": "track", "userId": "u1"},
        track(6, userId=["u"]),
        track(7, timestamp="yesterday"),
        track(8, timestamp="2200-01-01T00:00:00Z"),
        track(9, timestamp="1970-01-01T00:00:00Z"),
        track(10, properties="x"),
        {"type": "alias", "userId": "u1"},
        {"type": "group", "userId": "u1"},
        track(13),
    ]
    answer = call(client, "batch", {"batch": batch}, server.write_key)
    assert answer.status_code == 200
    assert [(row["index"], row["field"]) for row in said(answer)["refused"]] == [
        (1, "message"),
        (2, "type"),
        (3, "userId"),
        (4, "event"),
        (5, "userId"),
        (6, "timestamp"),
        (7, "timestamp"),
        (8, "timestamp"),
        (9, "properties"),
        (10, "previousId"),
        (11, "groupId"),
    ]
    assert set(EngagementEvent.objects.values_list("message_id", flat=True)) == {"m1", "m13"}
    notes = SiteNote.objects.filter(site=server, topic="refused")
    assert "event: Say in event what happened." in notes.values_list("about", flat=True)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"batch": []}', b'{"batch": 7}', b'{"batch": {}}']
)
def test_what_is_no_batch_is_refused(client: Client, server: Site, body: bytes) -> None:
    answer = call(client, "batch", body, server.write_key)
    assert (answer.status_code, said(answer)["success"]) == (400, False)


def test_only_post(client: Client, server: Site) -> None:
    assert client.get("/v1/batch").status_code == 405
    asked = client.options("/v1/batch", headers={"origin": "https://shop.example"})
    assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (204, "POST")
    assert "Authorization" in asked["Access-Control-Allow-Headers"]
    own = {"origin": "https://shop.example", "access-control-request-headers": "anonymousid,authorization"}
    asked = client.options("/v1/track", headers=own)  # RudderStack's client for pages adds headers of its own
    assert asked["Access-Control-Allow-Headers"] == "anonymousid,authorization"
    assert client.post("/v1/nonsense").status_code == 404


def test_what_clients_ask_before_they_send(client: Client, web: Site, settings: Any) -> None:
    settings.SITE_URL = "https://crm.example"  # where clients reach us, whatever a proxy calls us
    from_page = {"origin": "https://shop.example"}
    answer = client.get(f"/v1/projects/{web.write_key}/settings", headers=from_page)
    assert answer.json()["integrations"]["Segment.io"] == {
        "apiKey": web.write_key, "apiHost": "crm.example/v1", "protocol": "https",
    }  # fmt: skip
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    for how in ({"query_params": {"writeKey": web.write_key}}, {"headers": {"authorization": basic(web.write_key)}}):
        source = client.get("/sourceConfig/", **how).json()["source"]  # type: ignore[arg-type]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == (web.write_key, True, [])
    assert client.options("/sourceConfig/", headers=from_page).status_code == 204
    refused = client.get("/v1/projects/nobody/settings", headers=from_page)
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (404, "https://shop.example")
    assert client.get("/sourceConfig/", query_params={"writeKey": "a\0b"}).status_code == 404
    assert client.post("/sourceConfig/").status_code == 405


@pytest.mark.parametrize(
    ("original", "sent", "expected"),
    [
        (NOW, NOW, timedelta(0)),
        (NOW - timedelta(hours=2), NOW, timedelta(hours=2)),  # it waited in a queue
        (
            NOW + timedelta(days=400),
            NOW + timedelta(days=400, minutes=5),
            timedelta(minutes=5),
        ),  # a clock in the future
        (NOW - timedelta(days=3650), NOW - timedelta(days=3650) + timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_a_wrong_clock_is_set_right(original: datetime, sent: datetime, expected: timedelta) -> None:
    body = {"batch": [track(timestamp=original.isoformat())], "sentAt": sent.isoformat()}
    ((_, message),) = segment.read(json.dumps(body).encode(), "batch", now=NOW).messages
    assert message.at == NOW - expected


def test_the_time_is_the_clients_where_it_does_not_say_when_it_sent(client: Client, server: Site) -> None:
    at = timezone.now() - timedelta(days=3)
    call(client, "track", track(1, timestamp=at.isoformat()), server.write_key)
    call(client, "track", track(2), server.write_key)
    call(client, "track", track(3, timestamp=int(at.timestamp() * 1000)), server.write_key)
    stored = dict(EngagementEvent.objects.values_list("message_id", "occurred_at"))
    assert stored["m1"] == at
    assert abs(stored["m2"] - timezone.now()) < timedelta(seconds=20)
    assert abs(stored["m3"] - at) < timedelta(milliseconds=2)


def test_sent_twice_late_and_out_of_order_it_lands_once_and_in_its_place(client: Client, server: Site) -> None:
    now = timezone.now()
    old, new = track(1, timestamp=(now - timedelta(hours=5)).isoformat()), track(2, timestamp=now.isoformat())
    for batch in ([new], [old, new], [old], [new, old]):
        assert call(client, "batch", {"batch": batch}, server.write_key).status_code == 200
    stored = EngagementEvent.objects.order_by("occurred_at").values_list("message_id", flat=True)
    assert list(stored) == ["m1", "m2"]


def test_a_message_without_an_id_is_known_again_by_its_content(client: Client, server: Site) -> None:
    message = {"type": "track", "event": "Trial Started", "userId": "u1", "timestamp": timezone.now().isoformat()}
    for _ in range(2):
        call(client, "batch", {"batch": [message], "sentAt": timezone.now().isoformat()}, server.write_key)
    assert EngagementEvent.objects.count() == 1
    call(client, "track", track(messageId="x" * 300), server.write_key)
    assert EngagementEvent.objects.count() == 2


def test_an_unknown_name_is_kept_and_waits_to_be_described(client: Client, server: Site) -> None:
    for number, name in enumerate(["Report Exported", "reportExported", "report_exported"]):
        call(client, "track", track(number, event=name), server.write_key)
    kind = EventKind.objects.get(is_registered=False)
    assert (kind.key, kind.label, kind.category, kind.direction) == (
        "report_exported",
        "Report Exported",
        "product",
        "one_way",
    )
    assert EngagementEvent.objects.filter(kind=kind).count() == 3
    assert SiteNote.objects.filter(site=server, topic="name").values_list("about", flat=True).get() == "report_exported"


@pytest.mark.parametrize("name", ["😀", "Демо", "x" * 190, "a\0b", "  Ünïcode  Näme "])
def test_any_name_makes_a_kind_with_a_usable_key(client: Client, server: Site, name: str) -> None:
    assert call(client, "track", track(event=name), server.write_key).status_code == 200
    kind = EventKind.objects.get(is_registered=False)
    assert kind.key.isascii()
    assert 0 < len(kind.key) <= 60
    assert "\0" not in kind.label


def test_a_key_cannot_fill_the_registry(client: Client, server: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.services.naming.MOST_NAMES", 3)
    batch = [track(number, event=f"Name {number}") for number in range(6)]
    assert said(call(client, "batch", {"batch": batch}, server.write_key)) == {"success": True}
    assert EventKind.objects.filter(is_registered=False).count() == 3
    others = EngagementEvent.objects.filter(kind__key="custom_event").values_list("properties", flat=True)
    assert sorted(one["name"] for one in others) == ["Name 3", "Name 4", "Name 5"]


def test_a_page_call_is_a_page_view_with_its_campaign(client: Client, web: Site) -> None:
    message = {
        "anonymousId": "visitor-0001",
        "messageId": "p1",
        "name": "Pricing",
        "properties": {"url": "https://shop.example/pricing?utm_source=News&utm_medium=email", "title": "Prices"},
        "context": {"page": {"referrer": "https://www.google.com/"}, "campaign": {"name": "Spring"}},
    }
    assert call(client, "page", message, web.write_key).status_code == 200
    event = EngagementEvent.objects.select_related("kind", "facet").get()
    assert event.kind.key == "page_view"
    assert event.properties["path"] == "/pricing"
    assert event.facet is not None
    assert event.facet.name == "Pricing"
    touch = Identity.objects.get().touches.get(position="first")
    assert (touch.source, touch.medium, touch.campaign, touch.landing) == (
        "news",
        "email",
        "Spring",
        "shop.example/pricing",
    )


def test_a_pages_key_cannot_claim_what_only_we_can_know(client: Client, web: Site) -> None:
    answer = call(client, "track", track(event="Email Replied", anonymousId="visitor-0001"), web.write_key)
    assert answer.status_code == 400
    assert "server's key" in said(answer)["message"]
    assert not EngagementEvent.objects.exists()
    assert call(client, "track", track(event="Calculator Used"), web.write_key).status_code == 200


def test_only_allowed_origins_may_report_and_the_others_are_noted(client: Client, web: Site) -> None:
    web.allowed_origins = ["https://shop.example"]
    web.save()
    sites.forget()
    assert call(client, "track", track(event="X"), web.write_key, origin="https://shop.example").status_code == 200
    assert call(client, "track", track(event="X"), web.write_key, origin="https://evil.example").status_code == 403
    note = SiteNote.objects.get(topic="origin")
    assert (note.about, note.count) == ("https://evil.example", 1)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples of the Segment specification are not here")
def test_every_example_of_the_specification_is_taken(client: Client, server: Site) -> None:
    names = sorted(EXAMPLES.glob("*.json"))
    assert len(names) > 20
    refused = {}
    for path in names:
        message = json.loads(path.read_text())
        answer = call(client, "batch", {"batch": [message]}, server.write_key)
        if answer.status_code != 200 or "refused" in said(answer):
            refused[path.stem] = said(answer)["message"]
    # shortened in the specification: they say what happened, and not to whom
    nobody = "userId: Give a userId or an anonymousId."
    assert refused == dict.fromkeys(["page-0", "screen-0", "track-0"], nobody)
    kinds = dict(EventKind.objects.values_list("key", "is_registered"))
    assert kinds["live_chat_message_sent"] is False
    assert EngagementEvent.objects.filter(kind__key="trial_started").exists()
    assert not EngagementEvent.objects.filter(occurred_at__gt=timezone.now()).exists()


def test_of_a_batch_each_event_is_of_whoever_sat_at_the_device_then(client: Client, server: Site) -> None:
    start = timezone.now() - timedelta(hours=1)

    def message(minute: int, kind: str, **more: Any) -> dict[str, Any]:
        at = (start + timedelta(minutes=minute)).isoformat()
        return {"type": kind, "anonymousId": "device-0001", "timestamp": at} | more

    batch = [
        message(3, "track", event="Third"),
        message(0, "identify", traits={"email": "first@x.example"}),
        message(1, "track", event="First"),
        message(2, "identify", traits={"email": "second@x.example"}),
    ]
    assert call(client, "batch", {"batch": batch}, server.write_key).status_code == 200
    assert call(client, "track", message(4, "track", event="Fourth"), server.write_key).status_code == 200
    assert call(client, "track", message(1, "track", event="Late"), server.write_key).status_code == 200
    of = EngagementEvent.objects.order_by("kind__key").values_list("kind__key", "contact__email")
    assert list(of) == [
        ("first", "first@x.example"),
        ("fourth", "second@x.example"),
        ("late", "first@x.example"),
        ("third", "second@x.example"),
    ]


def test_an_event_with_user_and_device_says_that_they_are_one_person(client: Client, web: Site, server: Site) -> None:
    def send(key: str, kind: str, **message: Any) -> None:
        assert call(client, kind, message, key).status_code == 200

    def viewers() -> list[str | None]:
        return list(EngagementEvent.objects.order_by("pk").values_list("contact__email", flat=True))

    send(web.write_key, "page", anonymousId="device-0001")
    send(server.write_key, "identify", userId="u1", traits={"email": "lee@x.example"})
    send(web.write_key, "page", anonymousId="device-0001", userId="u1")
    assert viewers() == ["lee@x.example"] * 2
    send(web.write_key, "page", anonymousId="device-0002", userId="u2")  # nobody knows yet who that is
    send(web.write_key, "page", anonymousId="device-0002", userId="u2")
    send(server.write_key, "identify", userId="u2", traits={"email": "kim@x.example"})
    send(web.write_key, "page", anonymousId="device-0002")
    send(web.write_key, "page", anonymousId="device-0001", userId="u2")  # both are known: nobody's history moves
    send(web.write_key, "page", anonymousId="device-0001")
    assert viewers()[2:] == ["kim@x.example"] * 4 + ["lee@x.example"]
