"""The one way to queue a task."""

import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction

log = logging.getLogger(__name__)


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
