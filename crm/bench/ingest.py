"""How fast facts come in over HTTP, next to bare views that do the least that could be done (DESIGN §5)."""

import json
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import redis
from django.core.management import call_command
from django.utils import timezone

from capture import nonces
from capture.models import Form, Site
from crm.bench.database import fill, own_database
from crm.bench.figures import rows, say, tell
from crm.bench.wire import megabytes, own_redis, rate, request_of, stack
from leads.models import EngagementEvent, EventKind, Identity
from leads.services import NewEvent, record_events
from leads.tasks import find_duplicates, watch_events
from pipeline.tasks import keep_desk
from reports.tasks import refresh_funnel
from users.models import User
from users.services import issue_token

ROUNDS = 3
BATCH = 50
PAGE = {"path": "/pricing", "title": "Prices", "referrer": "https://acme.example/product"}  # as most views: from within
VISITORS = 500  # returning ones; now and then a new one comes


def run(*, contacts: int, events: int, seconds: float) -> None:
    """All figures of ingest, with worker and scheduler running."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with own_database() as name:
        fill(contacts=contacts, events=events)
        _work_off()
        keys = [_key(number) for number in range(20)]  # one may ask 1,200 times a minute
        site = Site.objects.create(name="Bench", allowed_origins=["https://acme.example"])
        _in_process(seconds)
        redis.Redis.from_url(own_redis()).flushdb()
        with stack(name) as (port, processes):
            say(f"web server, worker and scheduler on a database of {contacts:,} contacts and {events:,} events")
            _collector(port, site, seconds)
            _leads(port, keys, seconds)
            server = redis.Redis.from_url(own_redis()).info("server")
            used = megabytes([*processes, int(server["process_id"])])
            tell("memory after load: web, worker, scheduler, Valkey", used, "MB", 300, 1.0)
        redis.Redis.from_url(own_redis()).flushdb()


def _work_off() -> None:
    """What the scheduler would start for the people and events that were filled in: no part of what we measure."""
    say("working off what was filled in")
    for work in (watch_events, refresh_funnel, find_duplicates, keep_desk):
        work()


def _key(number: int) -> str:
    user = User.objects.create(email=f"bench{number}@winnow.example", name="Bench", role="marketer")
    return issue_token(user, name="bench")[1]


def _medians(port: int, makers: dict[str, Callable[[int], bytes]], clients: int, seconds: float) -> dict[str, float]:
    """Requests a second of each; taken in turns, so that a disturbance hits all of them."""
    found: dict[str, list[float]] = {name: [] for name in makers}
    for turn in range(ROUNDS + 1):
        for name, make in makers.items():
            expected = {"api": 201, "form": 303}.get(name.split()[0], 202)
            measured = rate(port, make, clients=clients, seconds=seconds if turn else 0.5, expected=expected)
            if turn:  # the first is for warming up
                found[name].append(measured)
    return {name: statistics.median(values) for name, values in found.items()}


def _collector(port: int, site: Site, seconds: float) -> None:
    numbers = count()

    def beacon(size: int) -> Callable[[int], bytes]:
        def make(_: int) -> bytes:
            number = next(numbers)
            visitor = f"visitor-{number % VISITORS:06}" if number % 20 else f"new-{number:09}"
            told = [{"id": f"bench-{number}-{n}", "kind": "page_view", "props": PAGE} for n in range(size)]
            body = json.dumps({"site": site.write_key, "visitor": visitor, "events": told}).encode()
            return request_of("/t/collect", body, address=_address(number), Origin="https://acme.example")

        return make

    makers: dict[str, Callable[[int], bytes]] = {
        "bare": lambda number: request_of("/bench/bare"),
        "insert": lambda number: request_of(f"/bench/insert?id={uuid.uuid4()}"),
        "one": beacon(1),
        "batch": beacon(BATCH),
    }
    orm = _orm_creates(seconds)
    for clients in (1, 8):
        found = _medians(port, makers, clients, seconds)
        who = f"{clients} client{'s' if clients > 1 else ''}"
        tell(f"bare view, {who}", found["bare"], "requests/s", found["bare"], 1.0)
        tell(f"bare view with one INSERT, {who}", found["insert"], "requests/s", found["bare"], 1.0)
        tell(f"collector, one event a request, {who}", found["one"], "events/s", found["insert"], 0.6)
        tell(f"collector, {BATCH} events a request, {who}", BATCH * found["batch"], "events/s", orm, 6.0)


def _address(number: int) -> str:
    """Each visitor's own: nobody is throttled who is one of many behind a proxy."""
    return f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"


def _in_process(seconds: float) -> None:
    """What one process stores without HTTP: our statement, the bare statement, single ORM creates."""
    orm = _orm_creates(seconds)
    tell("single ORM creates", orm, "events/s", orm, 1.0)
    kind, identity = EventKind.objects.get(key="page_view"), Identity.objects.order_by("pk")[0]
    bare = """INSERT INTO leads_engagementevent
        (kind_id, occurred_at, received_at, identity_id, contact_id, source, message_id, properties)
        SELECT %s, now(), now(), %s, %s, 'bench-unnest', m, '{"path": "/pricing"}' FROM unnest(%s::text[]) m
        ON CONFLICT DO NOTHING RETURNING contact_id"""
    raw = BATCH * _per_second(
        lambda: rows(bare, [kind.pk, identity.pk, identity.contact_id, [str(uuid.uuid4()) for _ in range(BATCH)]]),
        seconds,
    )
    tell(f"raw INSERT … SELECT unnest of {BATCH}", raw, "events/s", orm, 10.0)
    for size in (1, BATCH):
        stored = size * _per_second(lambda size=size: _record(identity, size), seconds)  # type: ignore[misc]
        tell(f"record_events of {size}", stored, "events/s", orm if size == 1 else raw, 1.0 if size == 1 else 0.5)


def _record(identity: Identity, size: int) -> None:
    now = timezone.now()
    record_events(
        [
            NewEvent(
                "page_view", (identity.kind, identity.value), now, "bench-record", str(uuid.uuid4()), {"path": "/x"}
            )
            for _ in range(size)
        ],
        now=now,
    )


def _orm_creates(seconds: float) -> float:
    kind, identity = EventKind.objects.get(key="page_view"), Identity.objects.order_by("pk")[0]

    def create() -> None:
        now = timezone.now()
        EngagementEvent.objects.create(
            kind=kind,
            occurred_at=now,
            received_at=now,
            identity=identity,
            contact_id=identity.contact_id,
            source="bench-orm",
            message_id=str(uuid.uuid4()),
            properties={"path": "/pricing"},
        )

    return _per_second(create, seconds)


def _per_second(work: Callable[[], object], seconds: float) -> float:
    work()
    start = time.perf_counter()
    done = 0
    while time.perf_counter() - start < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - start)


def _leads(port: int, keys: list[str], seconds: float) -> None:
    """New leads by the API and by the public form, each scored by the worker meanwhile."""
    numbers = count()
    form = Form.objects.get(slug="contact")
    version: Any = form.published_id
    earlier = timezone.now() - timedelta(seconds=30)

    def person() -> dict[str, str]:
        number = next(numbers)
        return {
            "first_name": "Ada",
            "last_name": f"Bench {number}",
            "email": f"ada.{number}@bench{number % 997}.example",
            "company": f"Bench {number % 997}",
        }

    def by_api(number: int) -> bytes:
        body, key = json.dumps(person()).encode(), keys[number % len(keys)]
        return request_of("/api/v1/contacts", body, kind="application/json", Authorization=f"Bearer {key}")

    def by_form(number: int) -> bytes:
        nonce = nonces.new_nonce("contact", version=version, now=earlier)
        body = urlencode(person() | {"nonce": nonce, "message": "Please call me."}).encode()
        address = _address(next(numbers) + 5_000_000)
        return request_of("/f/contact/", body, kind="application/x-www-form-urlencoded", address=address)

    bare = {"insert": lambda number: request_of(f"/bench/insert?id={uuid.uuid4()}")}
    for clients, target in ((1, 80), (8, 135)):
        found = _medians(port, {"api": by_api, **bare}, clients, seconds)
        who = f"{clients} client{'s' if clients > 1 else ''}"
        tell(f"new leads by the API, {who}", found["api"], "leads/s", found["insert"], target)
    found = _medians(port, {"form": by_form, **bare}, 8, seconds)
    tell("new leads by the public form, 8 clients", found["form"], "leads/s", found["insert"], 100)
