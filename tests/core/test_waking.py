"""Tasks that find their work themselves are queued once for all who ask before they begin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from core.tasks import begun, gather, gathered, wake
from core.throttle import counted
from crm.reactions import GATHERED
from crm.schedule import SCHEDULE
from scoring.tasks import rescore

Commit = Callable[..., Any]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(rescore, "apply_async", lambda **options: found.append(options["kwargs"]))
    return found


@pytest.mark.django_db
def test_one_that_waits_does_it_for_all(
    queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wake(rescore)
        wake(rescore)
        assert queued == []  # nobody has committed
    assert queued == [{}]


@pytest.mark.django_db
def test_one_that_has_begun_may_have_read_too_early(
    queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wake(rescore)
    begun(rescore)
    with django_capture_on_commit_callbacks(execute=True):
        wake(rescore)
    assert queued == [{}, {}]


@pytest.mark.django_db
def test_one_that_was_not_queued_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Commit
) -> None:
    def away(**options: Any) -> None:
        raise rescore.OperationalError("the broker is away")

    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(rescore, "apply_async", away)
        wake(rescore)
    with django_capture_on_commit_callbacks(execute=True):
        wake(rescore)
    assert queued == [{}]


@pytest.mark.django_db
def test_what_comes_within_a_moment_is_done_by_one(
    queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.GATHERING_SECONDS", 60)
    with django_capture_on_commit_callbacks(execute=True):
        gather(rescore, [3, 1])
        gather(rescore, [2, 3])
        gather(rescore, [])
    assert queued == [{}]
    done: list[list[int]] = []
    gathered(rescore, done.append, most=2)
    assert [len(ids) for ids in done] == [2, 1]
    assert sorted(one for ids in done for one in ids) == [1, 2, 3]


@pytest.mark.django_db
def test_what_failed_is_there_again(queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Commit) -> None:
    def fail(ids: list[int]) -> None:
        raise OperationalError("the database is away")

    with django_capture_on_commit_callbacks(execute=True):
        gather(rescore, [2, 1])
    with pytest.raises(OperationalError):
        gathered(rescore, fail, most=10)
    done: list[list[int]] = []
    gathered(rescore, done.append, most=10)
    assert done == [[1, 2]]


def test_beat_calls_for_what_was_gathered_last() -> None:
    often = {row["task"] for row in SCHEDULE.values() if row["schedule"] == 5.0}
    assert often >= GATHERED


def test_counts_within_the_window() -> None:
    assert [counted("a_thing", 60) for _ in range(3)] == [1, 2, 3]
    assert counted("another", 60) == 1
    client = cache._cache.get_client()  # type: ignore[attr-defined]
    assert 0 < client.ttl(cache.make_key("throttle:a_thing")) <= 60
