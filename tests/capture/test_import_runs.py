"""An import under way: nothing lost by a crash, by two workers, by cancelling."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from capture import services, tasks
from capture.models import Import, ImportStatus
from capture.services.importing import running as importing
from leads.models import Contact
from tests.capture.lists import counts, people, run, upload
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)


@pytest.mark.usefixtures("small_batches")
def test_a_killed_worker_loses_no_row_and_takes_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Like a kill -9: no except clause of ours sees it."""

    of = upload(people(45))
    services.start_import(of, now=timezone.now())
    real = importing.taker_of
    calls: Iterator[int] = iter(range(100))

    def dying(of: Import) -> Any:
        take = real(of)

        def taken(*args: Any) -> Any:
            results = take(*args)
            if next(calls) == 2:
                raise Killed
            return results

        return taken

    monkeypatch.setattr(importing, "taker_of", dying)
    with pytest.raises(Killed):
        services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert (of.status, of.done_rows, Contact.objects.count()) == (ImportStatus.RUNNING, 20, 20)

    tasks.resume_imports()  # the worker may still live
    of.refresh_from_db()
    assert of.done_rows == 20
    assert not services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert of.done_rows == 20

    services.run_import(of.pk, now=timezone.now() + timedelta(minutes=3))
    of.refresh_from_db()
    assert (of.status, of.done_rows) == (ImportStatus.DONE, 45)
    assert counts(of) == (45, 0, 0, 0)
    assert Contact.objects.count() == 45


@pytest.mark.usefixtures("small_batches")
def test_an_error_of_ours_is_said_and_the_import_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(25))
    real = importing.taker_of
    monkeypatch.setattr(
        importing,
        "taker_of",
        lambda of: lambda records, now: 1 / 0 if records[0].line > 10 else real(of)(records, now),
    )
    run(of)
    assert (of.status, of.done_rows) == (ImportStatus.FAILED, 10)
    assert "on our side" in of.error
    monkeypatch.setattr(importing, "taker_of", real)
    assert services.continue_import(of, now=timezone.now())
    assert not services.continue_import(of, now=timezone.now())
    tasks.run_import(import_id=of.pk)
    of.refresh_from_db()
    assert (of.status, counts(of), Contact.objects.count()) == (ImportStatus.DONE, (25, 0, 0, 0), 25)


def test_a_database_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(5))
    services.start_import(of, now=timezone.now())

    def away(*args: Any) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(importing, "taker_of", lambda of: away)
        with pytest.raises(OperationalError):
            services.run_import(of.pk, now=timezone.now())
    of.refresh_from_db()
    assert of.status == ImportStatus.QUEUED
    tasks.run_import(import_id=of.pk)
    assert Contact.objects.count() == 5


def test_the_sweep_starts_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, fresh, dead = (
        upload("E-mail\na@x.example\n", user)
        for user in User.objects.bulk_create(User(email=f"u{n}@x.example", name="U", role="marketer") for n in range(3))
    )
    now = timezone.now()
    rows = Import.objects
    rows.filter(pk=lost.pk).update(status=ImportStatus.QUEUED, touched_at=now - timedelta(minutes=1))
    rows.filter(pk=fresh.pk).update(status=ImportStatus.QUEUED, touched_at=now)
    rows.filter(pk=dead.pk).update(status=ImportStatus.RUNNING, touched_at=now - timedelta(minutes=3))
    queued: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, import_id: queued.append(import_id))
    tasks.resume_imports()
    assert queued == [lost.pk, dead.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches")
def test_two_workers_at_once_import_each_row_once() -> None:
    of = upload(people(200))
    services.start_import(of, now=timezone.now())
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        try:
            services.run_import(of.pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    of.refresh_from_db()
    assert (of.status, counts(of)) == (ImportStatus.DONE, (200, 0, 0, 0))
    assert Contact.objects.count() == 200


@pytest.mark.django_db(transaction=True)
def test_two_lists_with_the_same_people_at_once_make_each_person_once() -> None:
    user = User.objects.create(email="mara@lists.example", name="Mara", role="marketer")
    lists = [upload(people(300), user) for _ in range(2)]
    for of in lists:
        services.start_import(of, now=timezone.now())
    barrier = threading.Barrier(2)

    def work(pk: int) -> None:
        barrier.wait()
        try:
            services.run_import(pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(of.pk,)) for of in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for of in lists:
        of.refresh_from_db()
    assert [of.status for of in lists] == [ImportStatus.DONE, ImportStatus.DONE]
    assert sum(of.created for of in lists) == 300
    assert sum(of.skipped for of in lists) == 300
    assert Contact.objects.count() == 300


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_stops_after_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    of = upload(people(50))
    real = importing._take_batch

    def cancelling(*args: Any, **kwargs: Any) -> bool:
        taken = real(*args, **kwargs)
        services.cancel_import(of, now=timezone.now())
        return taken

    monkeypatch.setattr(importing, "_take_batch", cancelling)
    run(of)
    assert (of.status, of.done_rows, of.content) == (ImportStatus.CANCELLED, 10, b"")
    assert Contact.objects.count() == 10
    assert not services.cancel_import(of, now=timezone.now())


def test_a_batch_costs_the_same_for_few_rows_and_for_many(django_assert_max_num_queries: Any) -> None:
    for count in (5, 200):
        of = upload(people(count), User.objects.create(email=f"u{count}@x.example", name="U", role="marketer"))
        with django_assert_max_num_queries(36):
            services.start_import(of, now=timezone.now())
            services.run_import(of.pk, now=timezone.now())
