"""What will come from leads: those that are no opportunity yet, and those that are still to arrive."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from leads.models import Lifecycle
from pipeline.periods import Unit, around
from reports.models import Basis, Outlook, OutlookRange

if TYPE_CHECKING:
    from reports.services.outlook import Known

LATELY = 90
# the first opportunity of each lead of the last two years, in steps of thirty days
_COUNTS = """
SELECT least(known, 24), CASE WHEN opened IS NULL THEN -1 ELSE opened END, count(*),
       count(*) FILTER (WHERE created_at >= %(lately)s)
FROM (
    SELECT c.created_at, floor(extract(epoch FROM %(now)s - c.created_at) / 2592000)::int AS known,
           CASE WHEN o.opened IS NOT NULL  -- greatest() takes nothing for the least
                THEN greatest(0, floor(extract(epoch FROM o.opened - c.created_at) / 2592000))::int END AS opened
    FROM leads_contact c
    JOIN leads_standing s ON s.contact_id = c.id
    LEFT JOIN (
        SELECT contact_id, min(created_at) AS opened FROM pipeline_opportunity
        WHERE currency = %(currency)s GROUP BY contact_id
    ) o ON o.contact_id = c.id
    WHERE c.created_at >= %(since)s AND c.created_at < %(now)s
      AND (o.opened IS NOT NULL OR s.lifecycle <> %(disqualified)s)
) leads
GROUP BY 1, 2
"""


def through(outlook: Outlook, known: "Known") -> list[OutlookRange]:
    """The ranges by month, quarter and year; and on the outlook the figures they rest on, to be saved with it."""
    from pipeline.arrivals import STEP, STEPS, Leads, arrivals
    from pipeline.forecast import futures
    from reports.services.outlook import RUNS, SEED, coming, quantiles, range_row, together

    now = datetime.combine(known.day, datetime.min.time(), UTC) + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "now": now,
                "lately": now - timedelta(days=LATELY),
                "since": now - timedelta(days=STEP * STEPS),
                "currency": outlook.currency,
                "disqualified": Lifecycle.DISQUALIFIED.value,
            },
        )
        rows = cursor.fetchall()
    leads = Leads({(age, opened): count for age, opened, count, _ in rows}, sum(row[3] for row in rows), LATELY)
    if not leads.counts:
        return []
    day, months = known.day, coming(known.day)
    ends = [float(month.end.toordinal() - day.toordinal()) for month in months]
    came = arrivals(leads, ends=ends, runs=RUNS, seed=SEED)
    pipeline = max(known.deals, key=lambda pk: len(known.deals[pk]))  # most of them go the way that most have gone
    made = futures(
        known.deals[pipeline],
        day=day.toordinal(),
        bounds=[month.end.toordinal() for month in months],
        stages=known.stages[pipeline],
        owners=len(known.owners),
        seed=SEED,
        runs=RUNS,
        amounts_known=True,
        arrivals=came.counts,
        only_new=True,
    )
    ended = [deal for deal in known.deals[pipeline] if deal.closed is not None]
    won = [deal for deal in ended if deal.is_won]
    amounts = [deal.amount for deal in won if deal.amount is not None]
    outlook.leads_a_month = leads.a_month
    outlook.lead_conversion_low, outlook.lead_conversion, outlook.lead_conversion_high = came.conversion
    outlook.win_rate = len(won) / len(ended) if ended else None
    outlook.deal_size = sum(amounts) / len(amounts) if amounts else None
    everybody = list(range(len(known.owners)))
    found = []
    for period in (*months, *around(day, Unit.QUARTER, before=0, after=3, opens=months[0].opens)):
        chosen = [number for number, month in enumerate(months) if month.start in period.months]
        found.append(range_row(outlook, Basis.LEADS, period, quantiles(together([made], chosen), everybody, 0.0)))
    return found
