"""The story of the product on one page: what was announced, and which task of which app above follows.

Every task here has a sweep in CELERY_BEAT_SCHEDULE that does the same work when an announcement got lost.
"""

from functools import partial
from typing import Any

from celery import Task
from django.dispatch import Signal

import capture.signals
import capture.tasks
import leads.signals
import leads.tasks
import pipeline.tasks
import scoring.signals
import scoring.tasks
from core.tasks import enqueue, wake

REACTIONS: "list[tuple[Signal, Task[Any, Any]]]" = [
    (leads.signals.engagement_recorded, scoring.tasks.rescore),
    (leads.signals.contact_created, scoring.tasks.rescore),
    (leads.signals.contact_changed, scoring.tasks.rescore),
    (leads.signals.contact_changed, pipeline.tasks.refresh_search),
    (leads.signals.evidence_recorded, scoring.tasks.rescore),
    (leads.signals.human_rule_changed, leads.tasks.rejudge),
    (leads.signals.consent_changed, leads.tasks.apply_profiling),
    (leads.signals.erasure_requested, leads.tasks.erase),
    (leads.signals.copy_requested, leads.tasks.collect_copy),
    (scoring.signals.definition_activated, scoring.tasks.refresh_stale),
    (scoring.signals.preview_asked, scoring.tasks.run_preview),
    (scoring.signals.back_test_asked, scoring.tasks.run_back_test),
    (scoring.signals.shadow_started, scoring.tasks.run_shadow),
    (scoring.signals.contact_qualified, pipeline.tasks.promote),
    (capture.signals.confirmation_asked, capture.tasks.mail_confirmation),
]
# They find their work themselves: one that waits does it for all.
WOKEN = {scoring.tasks.rescore.name}


def connect() -> None:
    for signal, task in REACTIONS:
        signal.connect(partial(_react, task), weak=False, dispatch_uid=task.name)


def _react(task: "Task[Any, Any]", sender: object, signal: Signal, **ids: Any) -> None:
    if task.name in WOKEN:
        wake(task)
    else:
        enqueue(task, **ids)
