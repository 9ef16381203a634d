"""From an accepted event to what people see, with a real worker on a real queue."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone

from crm.bench.database import url_of
from crm.bench.figures import percentile, say, tell
from leads.models import ChangedContact, Contact, Criterion, Evidence, Lifecycle, Standing
from leads.services import NewEvent, record_events
from scoring.models import Verdict

_numbers = count()
PATIENCE = 5.0  # seconds until an event counts as not answered
CROWD = 50  # other events that arrive together, twenty times a second


def latencies(database: str) -> None:
    """Event → score and event → verdict, alone and beside 1,000 other events a second; the worker's memory."""
    with _worker(database) as process:
        people = list(
            Contact.objects.exclude(email="").exclude(standing__lifecycle=Lifecycle.DISQUALIFIED).order_by("?")[:1000]
        )
        before = _memory(process)
        _score(people[:200], "")
        _verdict(people[200:300])
        with _crowd(people[500:]):
            _score(people[300:500], " beside 1,000 events a second")
        _wait(lambda: not _queue_is_long())
        tell("memory of a worker after all this, against a fresh one", _memory(process), "MB", before, 1.5)


def _score(people: list[Contact], when: str) -> None:
    taken, accepted = [], []
    for contact in people:
        total = _total(contact)
        start = time.perf_counter()
        _record(contact, "demo_requested")
        accepted.append(1000 * (time.perf_counter() - start))
        waited = _wait(lambda contact=contact, total=total: _total(contact) != total)  # type: ignore[misc]
        if waited is not None:  # a capped rule may leave the score as it is
            taken.append(waited)
    say(f"{len(taken)} of {len(people)} events moved a score; p50 {statistics.median(taken):.0f} ms")
    figure = f"event accepted to score visible, p95{when} (limit: accepting the event)"
    tell(figure, percentile(taken, 0.95), "ms", statistics.median(accepted), None)
    tell(f"event accepted to score visible, p95{when}", percentile(taken, 0.95), "ms", 250, 1.0)


def _verdict(people: list[Contact]) -> None:
    now = timezone.now()
    Evidence.objects.bulk_create(
        Evidence(
            contact=contact, criterion=criterion, verdict="meets", quote="x", source="bench", observed_at=now,
            expires_at=now + timedelta(days=90),
        )
        for contact in people
        for criterion in Criterion.objects.all()
    )  # fmt: skip
    taken = []
    for contact in people:
        known = Verdict.objects.filter(contact=contact, is_qualified=True).count()
        _record(contact, "meeting_held", "meeting_held", "email_replied", "email_replied", "demo_requested")
        waited = _wait(
            lambda contact=contact, known=known: (  # type: ignore[misc]
                Verdict.objects.filter(contact=contact, is_qualified=True).count() > known
            )
        )
        if waited is not None:
            taken.append(waited)
    say(f"{len(taken)} of {len(people)} got a verdict; p50 {statistics.median(taken):.0f} ms")
    tell("event accepted to verdict visible, p95", percentile(taken, 0.95), "ms", 250, 1.0)


def _record(contact: Contact, *kinds: str) -> None:
    now = timezone.now()
    events = [NewEvent(kind, ("email", contact.email), now, "bench", f"latency-{next(_numbers)}", {}) for kind in kinds]
    record_events(events, now=now)


def _total(contact: Contact) -> int:
    return Standing.objects.values_list("total", flat=True).get(pk=contact.pk)


def _queue_is_long() -> bool:
    return ChangedContact.objects.all()[:11].count() > 10


def _wait(done: Callable[[], bool], patience: float = PATIENCE) -> float | None:
    """Milliseconds until it is so; none when it is not in time."""
    start = time.perf_counter()
    while not done():
        if time.perf_counter() - start > patience:
            return None
        time.sleep(0.002)
    return 1000 * (time.perf_counter() - start)


@contextmanager
def _crowd(people: list[Contact]) -> Iterator[None]:
    """1,000 page views a second by other people, in batches, as a busy collector stores them."""
    stop = threading.Event()
    stored = 0

    def run() -> None:
        nonlocal stored
        try:
            while not stop.wait(max(0.0, CROWD / 1000 - time.perf_counter() % (CROWD / 1000))):
                now = timezone.now()
                batch = [(f"c{number}", people[number % len(people)]) for number in range(stored, stored + CROWD)]
                record_events(
                    [NewEvent("page_view", ("email", one.email), now, "crowd", message, {}) for message, one in batch],
                    now=now,
                )
                stored += CROWD
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    start = time.perf_counter()
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        say(f"the crowd: {stored / (time.perf_counter() - start):.0f} events a second")


@contextmanager
def _worker(database: str) -> Iterator[psutil.Process]:
    """One worker of the fast queue, warm."""
    say("starting a worker")
    environment = os.environ | {"DATABASE_URL": url_of(database), "PYTHONUNBUFFERED": "1"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "fast", "-c", "1", "-l", "error", "-P", "prefork",
         "--without-gossip", "--without-mingle", "--without-heartbeat"],
        env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        contact = Contact.objects.exclude(email="").order_by("pk")[0]
        total = _total(contact)
        for kind in ("unsubscribed", "demo_requested", "referred"):  # whichever is not capped already
            _record(contact, kind)
            if _wait(lambda: _total(contact) != total, 30) is not None:
                break
        else:
            raise RuntimeError("the worker did not score an event")
        yield psutil.Process(worker.pid)
    finally:
        worker.terminate()
        worker.wait(20)


def _memory(process: psutil.Process) -> float:
    """Of the worker and its child, in MB."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6
