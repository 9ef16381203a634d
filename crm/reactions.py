"""The story of the product on one page: what was announced, and which task of which app above follows.

Every task here has a sweep in crm/schedule.py that does the same work when an announcement got lost.
"""

from functools import partial
from typing import Any

from celery import Task
from django.dispatch import Signal
from django.utils import timezone

import api.services.webhooks
import api.tasks
import capture.signals
import capture.tasks
import leads.signals
import leads.tasks
import pipeline.signals
import pipeline.tasks
import reports.tasks
import scoring.signals
import scoring.tasks
import users.signals
from core.tasks import enqueue, gather, wake

REACTIONS: "list[tuple[Signal, Task[Any, Any]]]" = [
    (leads.signals.engagement_recorded, scoring.tasks.rescore),
    (leads.signals.contact_created, scoring.tasks.rescore),
    (leads.signals.contact_changed, scoring.tasks.rescore),
    (leads.signals.contact_changed, pipeline.tasks.refresh_search),
    (leads.signals.evidence_recorded, scoring.tasks.rescore),
    (leads.signals.evidence_recorded, pipeline.tasks.place_at_desk),
    (leads.signals.contact_disqualified, pipeline.tasks.let_rest),
    (leads.signals.owner_changed, scoring.tasks.rescore),
    (leads.signals.owner_changed, pipeline.tasks.place_at_desk),
    (users.signals.team_changed, scoring.tasks.follow_team),
    (leads.signals.human_rule_changed, leads.tasks.rejudge),
    (leads.signals.consent_changed, leads.tasks.apply_profiling),
    (leads.signals.consent_changed, scoring.tasks.rescore),
    (leads.signals.erasure_requested, leads.tasks.erase),
    (leads.signals.copy_requested, leads.tasks.collect_copy),
    (scoring.signals.definition_activated, scoring.tasks.refresh_stale),
    (scoring.signals.preview_asked, scoring.tasks.run_preview),
    (scoring.signals.back_test_asked, scoring.tasks.run_back_test),
    (scoring.signals.load_trial_asked, scoring.tasks.run_load_trial),
    (scoring.signals.shadow_started, scoring.tasks.run_shadow),
    (scoring.signals.contact_qualified, pipeline.tasks.promote),
    (scoring.signals.judgement_changed, pipeline.tasks.place_at_desk),
    (pipeline.signals.worth_changed, reports.tasks.refresh_funnel),
    (capture.signals.invitation_made, capture.tasks.mail_invitation),
    (capture.signals.confirmation_asked, capture.tasks.mail_confirmation),
]
# They find their work themselves: one that waits does it for all.
WOKEN = {scoring.tasks.rescore.name, api.tasks.spread.name}
# Once a second at most, for all contacts of that second together; beat calls them for the last ones.
GATHERED = {pipeline.tasks.place_at_desk.name}
# What other programs are told (api/webhooks.py): kept in the transaction in which it happens, sent by tasks afterwards.
TOLD: "list[tuple[Signal, str, str]]" = [
    (leads.signals.contact_created, "contact.created", "contact_ids"),
    (leads.signals.evidence_recorded, "evidence.recorded", "contact_ids"),
    (scoring.signals.contact_qualified, "contact.qualified", "contact_id"),
    (pipeline.signals.hand_off_offered, "hand_off.offered", "hand_off_id"),
    (pipeline.signals.hand_off_accepted, "hand_off.accepted", "hand_off_id"),
    (pipeline.signals.hand_off_rejected, "hand_off.rejected", "hand_off_id"),
    (pipeline.signals.hand_off_expired, "hand_off.expired", "hand_off_id"),
    (pipeline.signals.opportunity_opened, "opportunity.opened", "opportunity_id"),
    (pipeline.signals.opportunity_won, "opportunity.won", "opportunity_id"),
    (pipeline.signals.opportunity_lost, "opportunity.lost", "opportunity_id"),
]


def connect() -> None:
    for signal, task in REACTIONS:
        signal.connect(partial(_react, task), weak=False, dispatch_uid=task.name)
    for signal, type_key, name in TOLD:
        signal.connect(partial(_tell, type_key, name), weak=False, dispatch_uid=type_key)


def _react(task: "Task[Any, Any]", sender: object, signal: Signal, **ids: Any) -> None:
    if task.name in WOKEN:
        wake(task)
    elif task.name in GATHERED:
        gather(task, ids["contact_ids"])
    else:
        enqueue(task, **ids)


def _tell(type_key: str, name: str, sender: object, signal: Signal, **given: Any) -> None:
    ids = given[name] if name.endswith("ids") else [given[name]]
    if api.services.webhooks.keep(type_key, ids, now=timezone.now()):
        wake(api.tasks.spread)
