"""The record: once a day what we believe is written down, and never touched again."""

from datetime import UTC, date, datetime

from django.db import connection, transaction

from core.locks import hold
from reports.models import ForecastSnapshot, OutlookRange, SnapshotRange

SNAPSHOT = 0x534E41  # core.locks: this work is done by one at a time

# how each deal stands now, and how it stood when it was last written down
_STANDS = """
WITH stands AS (
    SELECT o.id AS opportunity_id,
           CASE WHEN o.closed_at IS NULL THEN 'open' WHEN s.kind = 'won' THEN 'won' ELSE 'lost' END AS state,
           o.owner_id, o.currency, o.amount, s.probability, coalesce(nullif(o.category, ''), s.category) AS category,
           (o.created_at AT TIME ZONE 'UTC')::date AS created_on, o.expected_close,
           (o.closed_at AT TIME ZONE 'UTC')::date AS closed_on
    FROM pipeline_opportunity o JOIN pipeline_stage s ON s.id = o.stage_id
), last AS (
    SELECT DISTINCT ON (opportunity_id) * FROM reports_forecastline ORDER BY opportunity_id, snapshot_id DESC
)
"""
_LINES = (
    _STANDS
    + """
INSERT INTO reports_forecastline (snapshot_id, opportunity_id, state, owner_id, currency, amount, probability, category,
                                  created_on, expected_close, closed_on)
SELECT %(day)s, s.opportunity_id, s.state, s.owner_id, s.currency, s.amount, s.probability, s.category, s.created_on,
       s.expected_close, s.closed_on
FROM stands s LEFT JOIN last l ON l.opportunity_id = s.opportunity_id
WHERE l.id IS NULL
   OR (s.state, s.owner_id, s.currency, s.amount, s.probability, s.category, s.expected_close, s.closed_on)
      IS DISTINCT FROM
      (l.state, l.owner_id, l.currency, l.amount, l.probability, l.category, l.expected_close, l.closed_on)
UNION ALL
SELECT %(day)s, l.opportunity_id, 'gone', l.owner_id, l.currency, l.amount, l.probability, l.category, l.created_on,
       l.expected_close, l.closed_on
FROM last l
WHERE l.state <> 'gone' AND NOT EXISTS (SELECT FROM pipeline_opportunity o WHERE o.id = l.opportunity_id)
"""
)
# sums of the lines as of each of the days, for the months that are still to come and the two that have just been
_TOTALS = """
WITH spans AS (
    SELECT *, lead(snapshot_id) OVER (PARTITION BY opportunity_id ORDER BY snapshot_id) AS until
    FROM reports_forecastline
)
INSERT INTO reports_forecasttotal
    (snapshot_id, currency, owner_id, month, closed, "commit", best, pipeline, weighted)
SELECT d.day, s.currency, s.owner_id,
       date_trunc('month', CASE s.state WHEN 'won' THEN s.closed_on ELSE s.expected_close END)::date,
       coalesce(sum(s.amount) FILTER (WHERE s.state = 'won'), 0),
       coalesce(sum(s.amount) FILTER (WHERE s.state = 'open' AND s.category = 'commit'), 0),
       coalesce(sum(s.amount) FILTER (WHERE s.state = 'open' AND s.category = 'best'), 0),
       coalesce(sum(s.amount) FILTER (WHERE s.state = 'open' AND s.category = 'pipeline'), 0),
       coalesce(sum(s.amount * s.probability / 100.0) FILTER (WHERE s.state = 'open'), 0)
FROM unnest(%(days)s::date[]) AS d(day)
JOIN spans s ON s.snapshot_id <= d.day AND (s.until IS NULL OR s.until > d.day)
WHERE (s.state = 'won' AND s.closed_on >= date_trunc('month', d.day) - interval '1 month')
   OR (s.state = 'open' AND s.category <> 'omitted' AND s.expected_close >= d.day)
GROUP BY 1, 2, 3, 4
"""


@transaction.atomic
def take_snapshot(*, now: datetime) -> bool:
    """Write down how things stand on this UTC day; false when that has been done."""
    hold(SNAPSHOT)
    day = now.astimezone(UTC).date()
    if ForecastSnapshot.objects.filter(day__gte=day).exists():  # a clock that was put back writes nothing into the past
        return False
    ForecastSnapshot.objects.create(day=day, taken_at=now)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"day": day})
    sum_up([day])
    ranges = OutlookRange.objects.filter(
        outlook__day=day, outlook__is_together=False, basis="deals", owner=None, team=None
    )
    SnapshotRange.objects.bulk_create(
        SnapshotRange(
            snapshot_id=day,
            currency=row.outlook.currency,
            unit=row.unit,
            start=row.start,
            p10=row.p10,
            p50=row.p50,
            p90=row.p90,
        )
        for row in ranges.select_related("outlook")
    )
    return True


def sum_up(days: list[date]) -> None:
    """Keep the sums of the lines as they stood on these days, which have none yet."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"days": days})
