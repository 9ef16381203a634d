"""Figures of the judgement (DESIGN §5)."""

import math
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from core import locks
from crm.bench.database import fill, own_database, url_of
from crm.bench.figures import drain, milliseconds_per_call, percentile, rows, say, seconds, tell
from leads.days import day_of
from leads.models import ChangedContact, Contact, EngagementEvent, Standing
from leads.services import NewEvent, record_events
from scoring import queries, services
from scoring.models import RefreshRange
from scoring.statement import EVERYBODY, ONE

BARE = "SELECT contact_id, count(*) FROM leads_engagementevent GROUP BY contact_id"


def run(*, contacts: int, events: int) -> None:
    """All figures at one size; above 200,000 contacts also at a third of it, for the growth exponent."""
    small = None
    if contacts >= 200_000:
        with own_database():
            fill(contacts=contacts // 3, events=events // 3)
            small = _recompute(contacts // 3)
    with own_database() as name:
        fill(contacts=contacts, events=events)
        limit = _selects()
        full = _recompute(contacts)
        if small:
            exponent = math.log(full / small) / math.log(3)
            tell("growth exponent of full recompute", exponent, "", 1.0, 1.1)
        _against_orm(contacts, limit, full)
        _one_contact()
        _dirty()
        _explanation()
        _latency(name)


def _selects() -> float:
    """L, the engagement part, and the whole statement, select only. Returns L in seconds."""
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    statement = queries.statement_of(spec)
    drain(BARE)
    limit = seconds(lambda: drain(BARE))
    part = statement.engagement_only(EVERYBODY, day)
    tell("engagement part over everybody, select only", seconds(lambda: drain(part)), "s", limit, 1.5)
    whole = statement.select(EVERYBODY).replace("$2", str(day))
    tell("whole statement over everybody, select only", seconds(lambda: drain(whole)), "s", limit, 2.5)
    return limit


def _refresh(now: datetime, workers: int) -> float:
    """Judge everybody in `workers` connections at once; seconds."""
    ranges = services.plan_refresh(now=now)
    start = time.perf_counter()

    def work(range_id: int) -> int:
        try:
            return services.refresh_range(range_id, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        changed = sum(pool.map(work, ranges))
    taken = time.perf_counter() - start
    say(f"{changed:,} judgements changed in {taken:.2f} s")
    return taken


def _recompute(contacts: int) -> float:
    """Full recompute with 2 workers where few change. Returns its seconds."""
    now = timezone.now()
    _refresh(now, 2)
    ChangedContact.objects.all().delete()
    rows("VACUUM (ANALYZE) leads_standing")
    drain(BARE)
    limit = seconds(lambda: drain(BARE))
    taken = statistics.median(_refresh(now + timedelta(days=days), 2) for days in (1, 2, 3))
    target = 3.5 if contacts >= 1_000_000 else 2.5
    tell(f"full recompute of {contacts:,} contacts, 2 workers", taken, "s", limit, target)
    RefreshRange.objects.all().delete()
    _refresh(now, 2)
    return taken


def _against_orm(contacts: int, limit: float, full: float) -> None:
    """The loop everybody writes first: read each contact's events through the ORM and add points; on a sample."""
    sample = list(Contact.objects.order_by("pk")[:: max(1, contacts // 500)][:500])
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    start = time.perf_counter()
    for contact in sample:
        totals: dict[str, int] = {}
        for event in EngagementEvent.objects.filter(contact=contact).select_related("kind").iterator():
            for rule in spec.engagement:
                if event.kind_id == rule.kind_id and (not rule.facet_ids or event.facet_id in rule.facet_ids):
                    age = day - event.day
                    totals[rule.name] = totals.get(rule.name, 0) + (rule.weights[age] if 0 <= age < rule.horizon else 0)
        standing = Standing.objects.get(pk=contact.pk)
        standing.save(update_fields=["total"])
    loop = (time.perf_counter() - start) / len(sample) * contacts
    tell("ORM loop over everybody (sample scaled up) by full recompute", loop / full, "times", 1.0, 100)


def _primary_key_read() -> float:
    """PK: one prepared primary-key read through the same connection, in milliseconds."""
    rows("PREPARE pk (bigint) AS SELECT * FROM leads_standing WHERE contact_id = $1")
    ids = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 500")]
    milliseconds_per_call(lambda n: ("EXECUTE pk (%s)", [ids[n % len(ids)]]), calls=200)
    taken = milliseconds_per_call(lambda n: ("EXECUTE pk (%s)", [ids[n % len(ids)]]), calls=1000)
    rows("DEALLOCATE pk")
    return statistics.median(taken)


def _one_contact() -> None:
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    limit = _primary_key_read()
    typical = [
        row[0]
        for row in rows(
            "SELECT contact_id FROM (SELECT contact_id, count(*) n FROM leads_engagementevent GROUP BY 1) e "
            "WHERE n BETWEEN 15 AND 25 ORDER BY contact_id LIMIT 300"
        )
    ]
    busy = rows("SELECT contact_id FROM leads_engagementevent WHERE source = 'bench-busy' LIMIT 1")[0][0]
    with transaction.atomic():
        locks.hold(locks.SCORING)
        name = services.prepared_update(spec, ONE)
        for label, ids, target in (("about 20", typical, 2.0), ("5,000", [busy], 8.0)):
            call = lambda n, ids=ids: (f"EXECUTE {name} (%s::bigint[], %s)", [[ids[n % len(ids)]], day])  # noqa: E731
            milliseconds_per_call(call, calls=100)
            taken = statistics.median(milliseconds_per_call(call, calls=300))
            tell(f"one contact with {label} events, prepared", taken, "ms", limit, target)


def _dirty() -> None:
    """10,000 changed contacts off the queue, against the bare GROUP BY of the same."""
    ids = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 10000")]
    bare = f"{BARE.replace('GROUP', 'WHERE contact_id = ANY (%s) GROUP')}"
    limit = seconds(lambda: rows(bare, [ids]))

    def round_of_changes() -> float:
        rows("UPDATE leads_standing SET total = total + 1 WHERE contact_id = ANY (%s)", [ids[:500]])
        ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in ids])
        start = time.perf_counter()
        services.rescore_changed(now=timezone.now())
        return time.perf_counter() - start

    taken = statistics.median(round_of_changes() for _ in range(3))
    tell("10,000 changed contacts, queue to standing", taken, "s", limit, 3.5)


def _explanation() -> None:
    limit = _primary_key_read()
    ids = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 100")]
    day = day_of(timezone.now())
    queries.why(ids[0], day)
    taken = seconds(lambda: [queries.why(pk, day) for pk in ids]) * 1000 / len(ids)
    tell("explanation of a typical contact", taken, "ms", limit, 10)


def _latency(database: str) -> None:
    """Event accepted → score visible, with a real worker; at about 100 events a second."""
    say("starting a worker")
    environment = os.environ | {"DATABASE_URL": url_of(database), "PYTHONUNBUFFERED": "1"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "fast", "-c", "1", "-l", "error", "-P", "prefork",
         "--without-gossip", "--without-mingle", "--without-heartbeat"],
        env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        numbers = count()
        people = list(Contact.objects.order_by("?").exclude(email="")[:400])
        taken: list[float] = []
        limits: list[float] = []
        _wait_for_worker(people.pop(), numbers)
        for contact in people[:300]:
            before = Standing.objects.values_list("total", flat=True).get(pk=contact.pk)
            start = time.perf_counter()
            _demo(contact, f"latency-{next(numbers)}")
            accepted = time.perf_counter()
            while Standing.objects.values_list("total", flat=True).get(pk=contact.pk) == before:
                if time.perf_counter() - accepted > 3:
                    break  # capped rules may leave the score as it is: not counted
                time.sleep(0.002)
            else:
                taken.append(1000 * (time.perf_counter() - accepted))
                limits.append(1000 * (accepted - start))
        say(f"{len(taken)} of 300 events moved a score")
        tell("event accepted to score visible, p95", percentile(taken, 0.95), "ms", statistics.median(limits), 250)
    finally:
        worker.terminate()
        worker.wait(20)


def _demo(contact: Contact, message_id: str) -> None:
    event = NewEvent("demo_requested", ("email", contact.email), timezone.now(), "bench", message_id, {})
    record_events([event], now=timezone.now())


def _wait_for_worker(contact: Contact, numbers: "count[int]") -> None:
    before = Standing.objects.values_list("total", flat=True).get(pk=contact.pk)
    _demo(contact, f"latency-{next(numbers)}")
    end = time.monotonic() + 30
    while Standing.objects.values_list("total", flat=True).get(pk=contact.pk) == before:
        if time.monotonic() > end:
            raise RuntimeError("the worker did not score an event within 30 s")
        time.sleep(0.05)
