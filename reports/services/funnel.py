"""The rollup behind the funnel: months are recounted from the facts when something happened to their contacts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.locks import hold
from leads.models import Standing
from reports.models import FunnelCell, Rollup
from reports.queries.funnel import ROLLUP
from reports.queries.steps import STEPS, counted, in_months

FUNNEL = 0x46554E  # core.locks: this work is done by one at a time
# What no new row tells (a contact deleted, a source corrected, old events that got their contact later) heals hourly.
ALL_EVERY = timedelta(hours=1)

FACTS = ("contact", "event", "verdict", "lifecycle", "move")
_MARKS = """
SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint,
       (SELECT coalesce(max(id), 0) FROM leads_contact),
       (SELECT coalesce(max(id), 0) FROM leads_engagementevent),
       (SELECT coalesce(max(id), 0) FROM scoring_verdict),
       (SELECT coalesce(max(id), 0) FROM leads_lifecyclechange),
       (SELECT coalesce(max(id), 0) FROM pipeline_stagemove)
FROM pg_current_snapshot() s
"""
_TOUCHED = """
SELECT DISTINCT date_trunc('month', c.created_at AT TIME ZONE 'UTC')::date
FROM leads_contact c
JOIN (
    SELECT id FROM leads_contact WHERE id > %(contact)s
    UNION
    SELECT e.contact_id FROM leads_engagementevent e
    WHERE e.id > %(event)s AND e.contact_id IS NOT NULL AND NOT EXISTS (
        -- only the first event of a contact changes the funnel
        SELECT FROM leads_engagementevent f WHERE f.contact_id = e.contact_id AND f.id <= %(event)s)
    UNION
    SELECT contact_id FROM scoring_verdict WHERE id > %(verdict)s AND is_qualified
    UNION
    SELECT contact_id FROM leads_lifecyclechange WHERE id > %(lifecycle)s AND to_stage = 'prospect'
    UNION
    SELECT o.contact_id FROM pipeline_stagemove m JOIN pipeline_opportunity o ON o.id = m.opportunity_id
    WHERE m.id > %(move)s
) touched ON touched.id = c.id
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """The newest ids that one snapshot sees, and which transactions it does not see the end of."""

    ids: dict[str, int]
    oldest_running: int
    next_transaction: int


def _marks() -> Marks:
    with connection.cursor() as cursor:
        cursor.execute(_MARKS)
        oldest, following, *ids = cursor.fetchone()
    return Marks(dict(zip(FACTS, ids, strict=True)), oldest, following)


def advanced(cursor: dict[str, Any], marks: Marks) -> dict[str, Any]:
    """The cursor after a run that saw `marks`.

    Ids are drawn before their transaction commits: a row with a smaller id than one already seen may appear later. So
    "after the greatest id" would lose it. A mark becomes `safe`, the place to read on from, only when every
    transaction that was running when it was taken has ended; until then rows behind it are simply read again. The
    limit is taken one run after the mark, because a row may draw its id a moment before its transaction gets a number.
    """
    safe, waiting = cursor.get("safe", dict.fromkeys(FACTS, 0)), cursor.get("waiting")
    if waiting is None:
        waiting = {"ids": marks.ids, "until": None}
    elif waiting["until"] is None:
        waiting = waiting | {"until": marks.next_transaction}
    elif marks.oldest_running >= waiting["until"]:
        safe, waiting = waiting["ids"], {"ids": marks.ids, "until": None}
    return cursor | {"safe": safe, "waiting": waiting}


@transaction.atomic
def refresh_funnel(*, now: datetime, everything: bool = False) -> list[date]:
    """Recount what may have changed since the last run; returns the months that were recounted (empty: maybe all)."""
    hold(FUNNEL)
    rollup = Rollup.objects.filter(name=ROLLUP).first() or Rollup(name=ROLLUP, at=now)
    cursor: dict[str, Any] = rollup.cursor
    marks = _marks()  # before the facts are read: what commits in between is read again next time
    counted_all_at = cursor.get("counted_all_at")
    if everything or counted_all_at is None or now - datetime.fromisoformat(counted_all_at) >= ALL_EVERY:
        months = None
        cursor = cursor | {"counted_all_at": now.isoformat()}
    else:
        months = _touched(cursor["safe"])
    _recount(months)
    rollup.cursor, rollup.at = advanced(cursor, marks), now
    rollup.save()
    return months or []


def _touched(safe: dict[str, int]) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, safe)
        return sorted(row[0] for row in cursor.fetchall())


def _recount(months: list[date] | None) -> None:
    """Write the cells of these months (None: of all) anew."""
    if months == []:
        return
    rows, old = Standing.objects.all(), FunnelCell.objects.all()
    if months is not None:
        rows, old = rows.filter(in_months(months)), old.filter(month__in=months)
    cells = counted(rows)
    kept = {(cell.month, cell.source) for cell in cells}
    gone = [pk for pk, month, source in old.values_list("pk", "month", "source") if (month, source) not in kept]
    FunnelCell.objects.filter(pk__in=gone).delete()
    FunnelCell.objects.bulk_create(
        cells,
        update_conflicts=True,
        unique_fields=["month", "source"],
        update_fields=[step.column for step in STEPS],
        batch_size=1000,
    )
