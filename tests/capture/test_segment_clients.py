"""The clients that people have already, unchanged but for their host, against the running product."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from capture.models import Site
from leads.models import Company, Contact, EngagementEvent, EventKind, Identity, Touch

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Site:
    return Site.objects.create(name="Backend", is_server=True)


@pytest.fixture(autouse=True)
def hung_up(live_server: Any) -> Iterator[None]:
    """The client keeps its connection open, and with it the server's to the database.

    An error that it told of holds the pool too, so that forgetting the pool would not close it.
    """
    from segment.analytics import request

    yield
    manager = request._session.get_adapter(live_server.url).poolmanager
    for key in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated over
        manager.pools[key].close()
    manager.clear()  # or the next test would be given a closed pool, and wait


def python_client(live_server: Any, site: Site, **how: Any) -> Any:
    from segment.analytics.client import Client

    errors: list[Exception] = []
    client = Client(site.write_key, host=live_server.url, on_error=lambda error, _: errors.append(error), **how)
    client.errors = errors
    return client


@pytest.mark.parametrize("how", [{}, {"gzip": True}], ids=["json", "gzip"])
def test_the_python_client(live_server: Any, server: Site, how: dict[str, Any]) -> None:
    client = python_client(live_server, server, **how)
    at = timezone.now() - timedelta(days=30)
    client.track(anonymous_id="device-0001", event="Price List Opened", properties={"asset": "prices.pdf"})
    client.identify(
        "u1", {"email": "lee@acme.example", "firstName": "Lee", "title": "Buyer"}, anonymous_id="device-0001"
    )
    client.group("u1", "g1", {"name": "Acme", "employees": 120})
    client.track("u1", "Trial Started", {"plan": "Pro"}, timestamp=at, message_id="trial-1")
    client.track("u1", "Trial Started", {"plan": "Pro"}, timestamp=at, message_id="trial-1")
    client.page(
        "u1", "Docs", "Prices", {"url": "https://acme.example/pricing"}, context={"campaign": {"source": "news"}}
    )
    client.screen("u1", "App", "Home")
    client.alias("old-device-1", "u1")
    client.track("u1", "Called", {"when": at, "odd": "😀\u202e"})
    client.shutdown()
    assert client.errors == []
    contact = Contact.objects.select_related("company").get()
    assert (contact.email, contact.first_name, contact.job_title) == ("lee@acme.example", "Lee", "Buyer")
    assert contact.company == Company.objects.get(name="Acme", employees=120)
    identities = set(Identity.objects.filter(contact=contact).values_list("kind", "value"))
    assert identities == {
        ("email", "lee@acme.example"),
        ("user_id", "u1"),
        ("anonymous", "device-0001"),
        ("anonymous", "old-device-1"),
    }
    events = EngagementEvent.objects.filter(contact=contact)
    assert sorted(events.values_list("kind__key", flat=True)) == [
        "called",
        "page_view",
        "price_list_opened",
        "screen_viewed",
        "trial_started",
    ]
    trial = events.get(kind__key="trial_started")
    assert abs(trial.occurred_at - at) < timedelta(seconds=30)
    assert EventKind.objects.get(key="price_list_opened").is_registered is False
    assert Touch.objects.get(position="first").source == "news"


def test_a_thousand_events_of_the_python_client_arrive_once(live_server: Any, server: Site) -> None:
    client = python_client(live_server, server, upload_size=100)
    for number in range(1000):
        client.track("u1", "Feature Used", {"number": number}, message_id=f"m{number % 900}")
    client.shutdown()
    assert client.errors == []
    assert EngagementEvent.objects.count() == 900


def test_the_python_client_hears_that_its_key_is_wrong(live_server: Any, server: Site) -> None:
    client = python_client(live_server, server, max_retries=0)
    client.write_key = "nobody"
    for consumer in client.consumers:
        consumer.write_key = "nobody"
    client.track("u1", "Called")
    client.shutdown()
    assert [error.status for error in client.errors] == [401]
    assert client.errors[0].code == "invalid_write_key"


NODE_PROGRAM = """
const { Analytics } = require('@segment/analytics-node')
const [host, writeKey] = process.argv.slice(1)
const analytics = new Analytics({ host, writeKey, flushAt: 5 })
const failed = []
analytics.on('error', error => failed.push(String(error.reason || error.code)))
const timestamp = new Date(Date.now() - 86400000)
analytics.page({ anonymousId: 'device-0001', name: 'Prices', properties: { url: 'https://acme.example/pricing', referrer: 'https://www.google.com/' } })
analytics.identify({ userId: 'u1', anonymousId: 'device-0001', traits: { email: 'lee@acme.example', name: 'Lee Example', company: { name: 'Acme' } } })
analytics.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Acme', industry: 'Retail' } })
for (let i = 0; i < 2; i++) analytics.track({ userId: 'u1', event: 'Demo Requested', properties: { form: 'demo' }, timestamp, messageId: 'demo-1' })
analytics.screen({ userId: 'u1', name: 'Home' })
analytics.alias({ previousId: 'old-device-1', userId: 'u1' })
analytics.track({ userId: 'u1', event: 'Report Exported' })
analytics.closeAndFlush({ timeout: 20000 }).then(() => console.log(JSON.stringify(failed)))
"""


@pytest.mark.skipif(NODE is None, reason="no node on this machine")
def test_the_node_client(live_server: Any, server: Site) -> None:
    ran = subprocess.run(
        [str(NODE), "-e", NODE_PROGRAM, live_server.url, server.write_key],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, json.loads(ran.stdout or "null")) == (0, []), ran.stderr
    contact = Contact.objects.select_related("company").get()
    assert (contact.name, contact.email) == ("Lee Example", "lee@acme.example")
    company = contact.company
    assert company is not None
    assert (company.name, company.industry) == ("Acme", "Retail")
    events = EngagementEvent.objects.filter(contact=contact).select_related("kind", "facet").order_by("occurred_at")
    by_kind = {event.kind.key: event for event in events}
    assert sorted(by_kind) == ["demo_requested", "page_view", "report_exported", "screen_viewed"]
    assert len(events) == 4
    facet = by_kind["page_view"].facet
    assert facet is not None
    assert facet.name == "Pricing"
    assert abs(by_kind["demo_requested"].occurred_at - (timezone.now() - timedelta(days=1))) < timedelta(seconds=60)
    touch = Touch.objects.get(identity__kind="anonymous", identity__value="device-0001", position="first")
    assert (touch.source, touch.medium) == ("google", "organic")
    assert Identity.objects.get(kind="anonymous", value="old-device-1").contact_id == contact.pk
