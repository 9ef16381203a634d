"""The two races of DESIGN §4: reproduced on a broken variant, gone in ours; and scorers that die at any moment."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection, transaction

from core import locks
from leads.days import day_of
from leads.models import ChangedContact, Contact, EngagementEvent, Standing
from leads.services import NewEvent, record_events
from scoring import queries
from scoring.models import RefreshRange
from scoring.services import judging as services
from scoring.statement import COLUMNS, EVERYBODY, ONE
from tests import factories
from tests.conftest import NOW
from tests.crm.product import database_url
from tests.scoring.test_services import in_thread, score

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql: str, *params: int) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else []


def fresh() -> dict[int, tuple[object, ...]]:
    """Everybody's judgement as the facts have it now, by the statement, nothing written."""
    spec = queries.active_spec()
    assert spec is not None
    rows = queries.run(queries.statement_of(spec).select(EVERYBODY), [], day_of(NOW))
    return {row["contact_id"]: tuple(row[column] for column in COLUMNS) for row in rows}


def standing() -> dict[int, tuple[object, ...]]:
    return {row[0]: tuple(row[1:]) for row in Standing.objects.values_list("pk", *COLUMNS)}


@pytest.mark.parametrize("is_set", [True, False], ids=["a set of marks", "our append-only queue"])
def test_a_set_of_marks_loses_the_fact_that_commits_late_and_the_queue_does_not(is_set: bool) -> None:
    contact = factories.contact()
    services.rescore_changed(now=NOW)
    before = score(contact)
    mark, take = "INSERT INTO leads_changedcontact (contact_id) VALUES (%s)", "DELETE FROM leads_changedcontact"
    if is_set:
        run("CREATE TABLE marks (contact_id bigint PRIMARY KEY)")
        mark, take = "INSERT INTO marks VALUES (%s) ON CONFLICT DO NOTHING", "DELETE FROM marks"
    stored, may_commit = threading.Event(), threading.Event()

    def ingest() -> None:
        with transaction.atomic():
            record_events([NewEvent("demo_requested", ("email", contact.email), NOW, "late", "m", {})], now=NOW)
            # the mark of this way of queueing alone
            run("DELETE FROM leads_changedcontact WHERE xmin::text::bigint = txid_current()")
            run(mark, contact.pk)
            stored.set()
            assert may_commit.wait(20)

    def judge() -> None:
        with transaction.atomic():
            locks.hold(locks.SCORING)
            taken = [row[0] for row in run(f"{take} RETURNING contact_id")]
            spec = queries.active_spec()
            assert spec is not None
            for contact_id in set(taken):
                services._update(spec, ONE, [contact_id], day_of(NOW))

    try:
        run(mark, contact.pk)  # an earlier fact, committed
        thread = in_thread(ingest)
        assert stored.wait(20)
        judge()  # takes the earlier mark; cannot see the demo
        may_commit.set()
        thread.join(20)
        judge()
        assert score(contact) == (before if is_set else before + 25)
    finally:
        run("DROP TABLE IF EXISTS marks")


def wait_until_blocked(times: int = 1) -> None:
    end = time.monotonic() + 20
    while run("SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0")[0][0] < times:
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.01)


@pytest.mark.parametrize("is_locked", [False, True], ids=["without the lock", "ours"])
def test_a_slow_scorer_overwrites_a_quick_one_unless_the_lock_is_its_first_statement(
    is_locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = factories.contact(), factories.contact()
    services.rescore_changed(now=NOW)
    before = score(second)
    Standing.objects.update(total=-1)  # both have to be written
    services.plan_refresh(now=NOW)
    if not is_locked:
        monkeypatch.setattr(locks, "hold", lambda *args, **kwargs: None)
    held, may_go = threading.Event(), threading.Event()

    def hold_first() -> None:
        with transaction.atomic():
            locks.locked(Standing.objects.filter(pk=first.pk))
            held.set()
            assert may_go.wait(20)

    holder = in_thread(hold_first)
    assert held.wait(20)
    slow = in_thread(lambda: services.refresh_all(now=NOW))
    wait_until_blocked()  # it has read both, and waits to write the first
    factories.event(second, "demo_requested")
    quick = in_thread(lambda: services.rescore_changed(now=NOW))
    if is_locked:
        wait_until_blocked(2)
    else:
        quick.join(20)
        assert score(second) == before + 25
    may_go.set()
    for thread in (holder, slow, quick):
        thread.join(20)
    assert not ChangedContact.objects.exists()
    assert score(second) == (before + 25 if is_locked else before)


SCORER = f"""
import django
django.setup()
from datetime import datetime
from scoring.models import RefreshRange
from scoring.services import judging as services
now = datetime.fromisoformat({NOW.isoformat()!r})
services.RANGE_SIZE = 20
print("ready", flush=True)
while True:
    services.rescore_changed(now=now)
    RefreshRange.objects.filter(done_at__isnull=False).delete()
    services.refresh_all(now=now)
"""


def start_scorer() -> "subprocess.Popen[str]":
    environment = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "crm.settings"}
    environment |= {"SECRET_KEY": str(settings.SECRET_KEY)}
    scorer = subprocess.Popen(
        [sys.executable, "-c", SCORER], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert scorer.stdout and scorer.stdout.readline() == "ready\n"
    return scorer


def test_two_scorers_killed_at_random_beside_ingest_end_where_a_fresh_recompute_does() -> None:
    dice = random.Random(11)
    people = [factories.contact() for _ in range(60)]
    kinds = ["page_view", "demo_requested", "email_replied", "form_submitted", "unsubscribed"]
    stop = threading.Event()

    def ingest(share: list[Contact], seed: int) -> Callable[[], None]:
        def work() -> None:
            own = random.Random(seed)
            while not stop.is_set():
                contact = own.choice(share)
                event_id = factories.event(contact, own.choice(kinds), days_ago=own.randrange(0, 200))
                assert event_id is not None
                if own.random() < 0.2:
                    with transaction.atomic():
                        EngagementEvent.objects.filter(pk=event_id).update(is_quarantined=True)
                        ChangedContact.objects.create(contact_id=contact.pk)

        return work

    writers = [in_thread(ingest(people[:40], 1)), in_thread(ingest(people[20:], 2))]
    scorers = [start_scorer(), start_scorer()]
    killed = 0
    try:
        for _ in range(4):
            for place, scorer in enumerate(scorers):
                time.sleep(dice.uniform(0.05, 0.4))
                assert scorer.poll() is None, "a scorer ended by itself"
                scorer.kill()
                scorer.wait(10)
                killed += 1
                scorers[place] = start_scorer()
    finally:
        stop.set()
        for thread in writers:
            thread.join(20)
        for scorer in scorers:
            scorer.kill()
            scorer.wait(10)
    assert killed == 8
    services.rescore_changed(now=NOW)
    assert not ChangedContact.objects.exists()
    assert standing() == fresh()
    assert len({row[COLUMNS.index("total")] for row in fresh().values()}) > 5
    assert services.refresh_all(now=NOW) == 0
    assert not RefreshRange.objects.filter(done_at=None).exists()
