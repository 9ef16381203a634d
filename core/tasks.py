"""The one way to write a task and the one way to queue it."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
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


def _publish(task: "Task[Any, Any]", ids: dict[str, Any]) -> None:
    try:
        task.apply_async(kwargs=ids)
    except task.OperationalError as error:
        log.warning("%s not queued, its sweep will do it: %s", task.name, error)
