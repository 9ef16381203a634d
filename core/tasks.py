"""The one way to write a task and the one way to queue it."""

import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
from django.core.cache import cache
from django.db import OperationalError, transaction

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


def task(work: Callable[P, R]) -> "Task[P, R]":
    """A task that comes again, later and later, while the database is away or transactions block each other."""
    return shared_task(
        autoretry_for=(OperationalError,), retry_backoff=True, retry_backoff_max=60, retry_jitter=True, max_retries=8
    )(work)


def enqueue(task: "Task[Any, Any]", **ids: Any) -> None:
    """Queue `task` after the running transaction has committed.

    When the broker is away the fact that was saved stays saved and nobody sees an error: the task's sweep
    (crm/reactions.py) finds the work again.
    """
    transaction.on_commit(partial(_publish, task, ids), robust=True)


def _publish(task: "Task[Any, Any]", ids: dict[str, Any]) -> bool:
    try:
        task.apply_async(kwargs=ids)
    except task.OperationalError as error:
        log.warning("%s not queued, its sweep will do it: %s", task.name, error)
        return False
    return True


WAITING_SECONDS = 5


def wake(task: "Task[Any, Any]") -> None:
    """Queue `task`, which finds its work itself and says `begun`, unless one that has not begun is waiting already.

    Whoever finds one waiting has committed before it begins, so it sees their work.
    """
    transaction.on_commit(partial(_wake, task), robust=True)


def _wake(task: "Task[Any, Any]", seconds: int = WAITING_SECONDS) -> None:
    if cache.add(_waiting(task), 1, timeout=seconds) and not _publish(task, {}):
        cache.delete(_waiting(task))


def begun(task: "Task[Any, Any]") -> None:
    """The first words of a task that is woken: what comes from now on needs another one."""
    cache.delete(_waiting(task))


GATHERING_SECONDS = 1


def gather(task: "Task[Any, Any]", ids: Collection[int]) -> None:
    """Queue `task` for these ids at once, but no more than once a second: it takes them by `gathered`.

    What comes within that second waits for the next one, or for beat, which calls the task every few seconds. For what
    may be a moment late and costs little more for many than for one.
    """
    if ids:
        transaction.on_commit(partial(_gather, task, list(ids)), robust=True)


def _gather(task: "Task[Any, Any]", ids: list[int]) -> None:
    cache.put(_gathering(task), ids)  # type: ignore[attr-defined]
    _wake(task, seconds=GATHERING_SECONDS)


def gathered(task: "Task[Any, Any]", work: Callable[[list[int]], object], *, most: int) -> None:
    """Do `work` with what was gathered for a task, at most so many at a time; what it fails with is gathered again."""
    while ids := cache.take(_gathering(task), most):  # type: ignore[attr-defined]
        try:
            work(sorted(ids))
        except BaseException:
            cache.put(_gathering(task), ids)  # type: ignore[attr-defined]
            raise


def _gathering(task: "Task[Any, Any]") -> str:
    return f"gathering:{task.name}"


def _waiting(task: "Task[Any, Any]") -> str:
    return f"waiting:{task.name}"
