"""Telling other programs: kept with the fact, signed, sent until it was taken."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from activities.models import Notification
from api import sending, webhooks
from api.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from api.queries import webhooks as queries
from api.sending import Answer
from api.services import webhooks as services
from core.errors import Refused
from pipeline.services import lose, promote
from tests import factories
from tests.api.receiver import Receiver, listening
from tests.conftest import NOW, Cast

ALL = list(webhooks.TYPES)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_INSIDE = True
    with listening() as one:
        yield one


def endpoint(cast: Cast, url: str = "https://example.com/hook", types: list[str] | None = None) -> WebhookEndpoint:
    made = services.add_endpoint(url=url, note="Warehouse", types=types or ALL, by=cast.adam, now=NOW)
    queries.forget()
    return made


def tell(now: datetime) -> list[bool | None]:
    """All that is kept and due is sent, as the worker does it."""
    services.spread(now=now)
    return [services.deliver(pk, send=sending.post, clock=lambda: now) for pk in sorted(queries.due(now=now, most=100))]


def test_a_lead_that_is_handed_over_is_told_in_order_and_every_signature_holds(cast: Cast, receiver: Receiver) -> None:
    listener, now = endpoint(cast, receiver.url), timezone.now()
    contact = factories.contact(email="secret.person@example.com")
    deal = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Met at the fair")
    assert deal is not None
    lose(opportunity_id=deal.pk, reason="no_budget", actor=cast.rita, now=now)
    assert tell(now) == [True, True, True, True]
    told = [Webhook(listener.secret).verify(body, headers) for headers, body in receiver.came]
    types = ["contact.created", "hand_off.accepted", "opportunity.opened", "opportunity.lost"]
    assert [one["type"] for one in told] == types
    assert told[0]["data"]["contact"]["id"] == contact.pk
    assert told[3]["data"]["opportunity"]["lost_reason"] == "no_budget"
    assert told[3]["data"]["opportunity"]["url"].endswith(f"/api/v1/opportunities/{deal.pk}")
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 4
    assert b"secret.person" not in b"".join(body for _, body in receiver.came)
    assert tell(now) == []  # nothing is told twice


def test_a_forged_body_is_not_believed(cast: Cast, receiver: Receiver) -> None:
    listener = endpoint(cast, receiver.url)
    factories.contact()
    tell(timezone.now())
    headers, body = receiver.came[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(listener.secret).verify(body.replace(b"lead", b"none"), headers)


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    endpoint(cast)

    def fails() -> None:
        with transaction.atomic():
            factories.contact()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert not WebhookMessage.objects.exists()


def test_nothing_is_kept_when_nobody_listens(cast: Cast) -> None:
    endpoint(cast, types=["opportunity.won"])
    factories.contact()
    assert not WebhookMessage.objects.exists()


def test_a_receiver_that_fails_is_tried_again_later_and_later_with_the_same_id(cast: Cast, receiver: Receiver) -> None:
    endpoint(cast, receiver.url)
    receiver.status = 503
    factories.contact()
    now = timezone.now()
    assert tell(now) == [False]
    one = WebhookDelivery.objects.get()
    assert (one.state, one.status, one.attempts) == ("waiting", 503, 1)
    assert timedelta(seconds=5) <= one.next_at - now <= timedelta(seconds=5.5)
    assert tell(now) == []  # not before its time
    later = now + timedelta(seconds=6)
    assert tell(later) == [False]
    one.refresh_from_db()
    assert timedelta(minutes=5) <= one.next_at - later <= timedelta(minutes=5.5)
    receiver.status = 204
    assert tell(later + timedelta(minutes=6)) == [True]
    one.refresh_from_db()
    assert (one.state, one.attempts, one.error) == ("delivered", 3, "")
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert WebhookEndpoint.objects.get().failing_since is None


def test_a_receiver_that_restarts_hears_what_it_missed(cast: Cast, settings: Any) -> None:
    settings.WEBHOOKS_INSIDE = True
    now = timezone.now()
    with listening() as before:
        listener, port = endpoint(cast, before.url), int(before.url.split(":")[2].split("/")[0])
    factories.contact()
    assert tell(now) == [False]
    assert "refused" in WebhookDelivery.objects.get().error.lower()
    with listening(port) as after:
        assert tell(now + timedelta(minutes=1)) == [True]
        assert Webhook(listener.secret).verify(after.came[0][1], after.came[0][0])["type"] == "contact.created"


def test_it_gives_up_after_about_three_days_and_an_administrator_can_replay(cast: Cast, receiver: Receiver) -> None:
    endpoint(cast, receiver.url)
    receiver.status = 500
    factories.contact()
    start = now = timezone.now()
    for _ in range(len(webhooks.DELAYS) + 1):
        assert tell(now) == [False]
        now = WebhookDelivery.objects.get().next_at
    one = WebhookDelivery.objects.get()
    assert (one.state, one.attempts) == ("failed", 10)
    assert timedelta(hours=75) < now - start < timedelta(hours=90)
    assert tell(now + timedelta(days=9)) == []
    receiver.status = 200
    assert services.send_again([one], now=now) == 1
    assert tell(now) == [True]
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert WebhookAttempt.objects.count() == 11


def test_an_endpoint_that_is_gone_or_fails_for_five_days_is_turned_off_and_administrators_hear(
    cast: Cast, receiver: Receiver
) -> None:
    gone, dead = endpoint(cast, receiver.url), endpoint(cast, receiver.url, ["opportunity.won"])
    receiver.status = 410
    factories.contact()
    tell(timezone.now())
    gone.refresh_from_db()
    assert not gone.is_on
    assert "410" in gone.off_because
    receiver.status = 500
    now = timezone.now()
    for at in (now, now + timedelta(days=4, hours=23), now + timedelta(days=5)):
        services.deliver(services.test(dead, now=at), send=sending.post, clock=lambda at=at: at)  # type: ignore[misc]
        dead.refresh_from_db()
        assert dead.is_on is (at < now + timedelta(days=5))
    assert Notification.objects.filter(user=cast.adam, text__contains="turned off").count() == 2
    assert not Notification.objects.exclude(user=cast.adam).exists()


def test_a_receiver_that_drips_does_not_hold_the_worker(receiver: Receiver) -> None:
    receiver.drips = True
    answer = sending.post(receiver.url, b"{}", {}, deadline=0.4)
    assert answer.error == "No answer within 0 seconds."
    assert answer.took_ms < 3000


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status = 302
    answer = sending.post(receiver.url, b"{}", {})
    assert (answer.status, answer.is_taken, len(receiver.came)) == (302, False, 1)


def test_the_own_network_is_not_reached_unless_that_is_wanted(settings: Any) -> None:
    settings.WEBHOOKS_INSIDE = False
    with listening() as inside:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"):
            answer = sending.post(inside.url.replace("127.0.0.1", host), b"{}", {})
            assert (answer.status, "own network" in answer.error) == (None, True), host
        assert inside.came == []


def test_a_name_that_leads_into_the_own_network_is_turned_off_at_once_and_says_why(cast: Cast, settings: Any) -> None:
    listener, now = endpoint(cast), timezone.now()
    factories.contact()
    WebhookEndpoint.objects.update(url="https://localhost:1/hook")  # as a name of their own that leads there
    assert tell(now) == [False]
    listener.refresh_from_db()
    said = "localhost leads into the own network, where nothing is sent. WEBHOOKS_INSIDE=1 allows it."
    assert (listener.is_on, listener.off_because) == (False, said)
    assert said in Notification.objects.get(user=cast.adam).text
    assert tell(now + timedelta(days=1)) == []  # not tried for three days
    settings.WEBHOOKS_INSIDE = True
    services.turn(listener, on=True)
    assert tell(now + timedelta(days=2)) == [False]  # what waited is sent now; nobody listens at that port
    assert "own network" not in WebhookDelivery.objects.get().error


def test_a_slow_receiver_gets_four_at_a_time(cast: Cast) -> None:
    endpoint(cast)
    for _ in range(6):
        factories.contact()
    now = timezone.now()
    ids = services.spread(now=now)
    began: list[bool] = []

    def send(*args: object) -> Answer:
        began.append(True)
        if len(began) < 6:  # while this one is being sent the next one is tried
            results.append(services.deliver(ids[len(began)], send=send, clock=lambda: now))
        return Answer(took_ms=1, status=200)

    results: list[bool | None] = []
    assert services.deliver(ids[0], send=send, clock=lambda: now) is True
    assert len(began) == 4
    assert results == [None, True, True, True]


def test_a_worker_that_dies_while_sending_leaves_the_work_to_the_next(cast: Cast, receiver: Receiver) -> None:
    endpoint(cast, receiver.url)
    factories.contact()
    now = timezone.now()
    (pk,) = services.spread(now=now)

    def die(*args: object) -> Answer:
        raise SystemExit

    with pytest.raises(SystemExit):
        services.deliver(pk, send=die, clock=lambda: now)
    assert services.deliver(pk, send=sending.post, clock=lambda: now) is None  # somebody may still be at it
    assert tell(now + services.LEASE + timedelta(seconds=1)) == [True]
    assert len(receiver.came) == 1


def test_after_a_change_of_secrets_both_sign_for_a_day(cast: Cast, receiver: Receiver) -> None:
    former = endpoint(cast, receiver.url)
    now = timezone.now()
    services.change_secret(former, now=now)
    current = WebhookEndpoint.objects.get()
    assert current.secret != former.secret
    factories.contact()
    tell(now)
    for secret in (former.secret, current.secret):
        Webhook(secret).verify(receiver.came[0][1], receiver.came[0][0])
    services.deliver(
        services.test(current, now=now + timedelta(days=2)),
        send=sending.post,
        clock=lambda: now + timedelta(days=2),
    )
    assert receiver.came[1][0]["webhook-signature"].count("v1,") == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "http://example.com/",
        "ftp://example.com",
        "https://",
        "https://me:pass@example.com/",
        "https://example.com/#x",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://exa mple.com/",
        "https://example.com/\r\nx: y",
        "https://münchen.example/",
        "https://[::1/",
        "https://example.com/" + "x" * 500,
    ],
)
def test_an_address_to_which_nothing_can_be_sent_is_refused(cast: Cast, url: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_endpoint(url=url, note="", types=ALL, by=cast.adam, now=NOW)
    assert set(refused.value.fields) == {"url"}
    assert not WebhookEndpoint.objects.exists()


INSIDE = ["localhost", "LocalHost.", "db.localhost", "printer.local", "metadata.google.internal", "127.0.0.1", "127.1"]
INSIDE += ["2130706433", "0x7f.1", "10.0.0.1", "172.16.3.4", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
INSIDE += ["[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::a00:1]"]
INSIDE += ["224.0.0.1", "255.255.255.255"]


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_of_the_own_network_is_refused_when_it_is_saved(cast: Cast, settings: Any, host: str) -> None:
    with pytest.raises(Refused, match="own network") as refused:
        endpoint(cast, f"https://{host}/hook")
    assert set(refused.value.fields) == {"url"}
    settings.WEBHOOKS_INSIDE = True
    assert endpoint(cast, f"https://{host}/hook").is_on


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "[2606:4700::1111]", "localhost.example.com", "10.example"])
def test_an_address_of_the_world_is_kept(cast: Cast, host: str) -> None:
    assert endpoint(cast, f"https://{host}:8443/hook").is_on


def test_messages_are_kept_for_thirty_days(cast: Cast) -> None:
    endpoint(cast)
    factories.contact()
    at = WebhookMessage.objects.get().at
    assert services.forget_old(now=at + timedelta(days=29)) == 0
    assert services.forget_old(now=at + timedelta(days=31)) == 1
