"""The verbs of judgement: scores and verdicts (judging)."""

from scoring.services.judging import (
    BATCH,
    RANGE_SIZE,
    Changed,
    plan_refresh,
    prepared_update,
    queue_leads_of,
    refresh_all,
    refresh_range,
    rescore_changed,
)

__all__ = [
    "BATCH",
    "RANGE_SIZE",
    "Changed",
    "plan_refresh",
    "prepared_update",
    "queue_leads_of",
    "refresh_all",
    "refresh_range",
    "rescore_changed",
]
