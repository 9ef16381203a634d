"""Settings → Webhooks, as an administrator uses it."""

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from api.sending import Answer
from api.services import webhooks as services
from tests.conftest import Cast, client_of


def made(cast: Cast) -> WebhookEndpoint:
    return services.add_endpoint(
        url="https://example.com/hook", note="Warehouse", types=["opportunity.won"], by=cast.adam, now=timezone.now()
    )


def test_an_administrator_adds_changes_pauses_and_deletes_one(cast: Cast) -> None:
    client = client_of(cast.adam)
    given = {"url": "https://example.com/hook", "note": "Warehouse", "types": ["opportunity.won", "contact.created"]}
    assert client.post(reverse("webhook_new"), given).status_code == 302
    one = WebhookEndpoint.objects.get()
    assert one.types == ["contact.created", "opportunity.won"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}", one.secret)
    page = client.get(reverse("webhook", args=[one.pk])).content.decode()
    assert one.secret in page
    assert (
        client.post(reverse("webhook_edit", args=[one.pk]), given | {"types": ["contact.created"]}).status_code == 302
    )
    client.post(reverse("webhook_turn", args=[one.pk]), {"on": "0"})
    client.post(reverse("webhook_secret", args=[one.pk]))
    former, one = one.secret, WebhookEndpoint.objects.get()
    assert (one.types, one.is_on, one.former_secret) == (["contact.created"], False, former)
    assert client.post(reverse("webhook_delete", args=[one.pk])).status_code == 302
    assert not WebhookEndpoint.objects.exists()


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(cast: Cast) -> None:
    answer = client_of(cast.adam).post(reverse("webhook_new"), {"url": "http://10.0.0.1/", "types": ["nothing.known"]})
    assert answer.status_code == 422
    assert "nothing.known" in answer.content.decode()
    answer = client_of(cast.adam).post(
        reverse("webhook_new"), {"url": "http://10.0.0.1/", "types": ["contact.created"]}
    )
    assert answer.status_code == 422
    assert "begins with https://" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_the_log_shows_each_attempt_and_sends_again(cast: Cast) -> None:
    one, client = made(cast), client_of(cast.adam)
    client.post(reverse("webhook_test", args=[one.pk]))
    delivery = WebhookDelivery.objects.get()
    said = Answer(took_ms=7, status=500, text="<b>out of order</b>")
    services.deliver(delivery.pk, send=lambda *_: said, clock=timezone.now)
    WebhookDelivery.objects.update(state=DeliveryState.FAILED)
    address = reverse("webhook_delivery", args=[one.pk, delivery.pk])
    page = client.get(address).content.decode()
    assert "&lt;b&gt;out of order" in page
    assert "webhook.test" in page
    assert "Given up" in client.get(reverse("webhook", args=[one.pk]) + "?state=failed").content.decode()
    assert "Nothing here" in client.get(reverse("webhook", args=[one.pk]) + "?state=delivered").content.decode()
    client.post(reverse("webhook_again", args=[one.pk]))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)  # its patience begins anew
    assert (
        '<td data-label="Attempts" class="num">1</td>' in client.get(reverse("webhook", args=[one.pk])).content.decode()
    )
    assert client.get(reverse("webhook_delivery", args=[made(cast).pk, delivery.pk])).status_code == 404


def test_the_list_costs_the_same_for_two_and_for_twenty(cast: Cast) -> None:
    client: Client = client_of(cast.adam)
    client.get(reverse("settings_webhooks"))
    few = queries_of(client)
    for _ in range(20):
        made(cast)
    assert queries_of(client) == few


def queries_of(client: Client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        assert client.get(reverse("settings_webhooks")).status_code == 200
    return len(found)
