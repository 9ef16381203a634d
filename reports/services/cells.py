"""The rollup is counted anew from journeys, by months."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection

from reports.attribution import MODELS
from reports.models import FunnelCell, FunnelPace, FunnelSpan

_COUNTS = {
    "leads": "true",
    "engaged": "j.engaged_at IS NOT NULL",
    "two_way": "j.two_way_at IS NOT NULL",
    "qualified": "j.qualified_at IS NOT NULL",
    "accepted": "j.accepted_at IS NOT NULL",
    "opportunities": "j.opportunity_at IS NOT NULL",
    "won": "j.won_at IS NOT NULL",
    "skipped": "j.skipped <> 0",
    "sent_back": "j.sent_back > 0",
    "came_again": "j.came_again > 0",
}
_SUMS = ", ".join(f"coalesce(sum(g.part) FILTER (WHERE {holds}), 0)" for holds in _COUNTS.values())
_SUMS += ", coalesce(sum(j.revenue * g.part / 1000), 0)"
_INTO = f"INSERT INTO reports_funnelcell (month, by, key, {', '.join(_COUNTS)}, revenue)"
# one division per line; the key is text, empty for "none"
_DIVIDED = f"""
{_INTO}
SELECT j.month, g.by, g.key, {_SUMS}
FROM reports_journey j
CROSS JOIN LATERAL (VALUES
    ('source', j.source::text, 1000),
    ('owner', coalesce(j.owner_id::text, ''), 1000),
    ('form', j.form::text, 1000),
    ('persona', coalesce(j.persona_id::text, ''), 1000),
    ('version', coalesce(j.version::text, ''), 1000)
) g(by, key, part)
WHERE j.month = ANY (%s)
GROUP BY j.month, g.by, g.key
"""  # noqa: S608
_SHARED = f"""
{_INTO}
SELECT j.month, g.by, g.key, {_SUMS}
FROM reports_journey j
LEFT JOIN reports_credit c ON c.contact_id = j.contact_id
LEFT JOIN reports_channel h ON h.id = c.channel_id
CROSS JOIN LATERAL (VALUES
    {
    ", ".join(
        f"('channel.{model}', coalesce(h.source || ' / ' || h.medium, ''), coalesce(c.{model}, 1000)), "
        f"('campaign.{model}', coalesce(h.campaign, ''), coalesce(c.{model}, 1000))"
        for model in MODELS
    )
}
) g(by, key, part)
WHERE j.month = ANY (%s) AND g.part > 0
GROUP BY j.month, g.by, g.key
"""  # noqa: S608
# step, since when its time is measured, when it was reached, and which skipped steps forbid to measure it
_STEPS = """
CROSS JOIN LATERAL (VALUES
    ('lead', j.identified_at, j.identified_at, -1),
    ('engaged', j.identified_at, j.engaged_at, 1),
    ('two_way', j.engaged_at, j.two_way_at, 3),
    ('qualified', j.two_way_at, j.qualified_at, 6),
    ('accepted', j.qualified_at, j.accepted_at, 12),
    ('opportunity', j.accepted_at, j.opportunity_at, 24),
    ('won', j.opportunity_at, j.won_at, 16),
    ('whole', j.identified_at, j.won_at, 0)
) s(step, since, at, mask)
"""
_PACE = f"""
SELECT j.month, j.source, s.step,
    (extract(year FROM s.at AT TIME ZONE 'UTC') * 12 + extract(month FROM s.at AT TIME ZONE 'UTC')
        - extract(year FROM j.month) * 12 - extract(month FROM j.month))::int AS age,
    count(*)
FROM reports_journey j {_STEPS}
WHERE j.month = ANY (%s) AND s.at IS NOT NULL AND s.step <> 'whole'
GROUP BY 1, 2, 3, 4
"""  # noqa: S608
_SPAN = f"""
INSERT INTO reports_funnelspan (month, step, days, people)
SELECT d.month, d.step, array_agg(d.days ORDER BY d.days), array_agg(d.people ORDER BY d.days)
FROM (
    SELECT j.month, s.step, floor(extract(epoch FROM s.at - s.since) / 86400)::int AS days, count(*)::int AS people
    FROM reports_journey j {_STEPS}
    WHERE j.month = ANY (%s) AND s.at IS NOT NULL AND s.mask >= 0 AND (j.skipped & s.mask) = 0
    GROUP BY 1, 2, 3
) d GROUP BY d.month, d.step
"""  # noqa: S608


def recount(months: Collection[date]) -> None:
    """Write everything that is kept of these months anew."""
    wanted = sorted(months)
    if not wanted:
        return
    for model in (FunnelCell, FunnelPace, FunnelSpan):
        model.objects.filter(month__in=wanted).delete()
    with connection.cursor() as cursor:
        cursor.execute(_DIVIDED, [wanted])
        cursor.execute(_SHARED, [wanted])
        cursor.execute(_SPAN, [wanted])
        cursor.execute(_PACE, [wanted])
        ages: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
        for month, source, step, age, people in cursor.fetchall():
            ages[month, source, step][age] = people
    FunnelPace.objects.bulk_create(
        [
            FunnelPace(month=month, source=source, step=step, ages=[of.get(age, 0) for age in range(max(of) + 1)])
            for (month, source, step), of in ages.items()
        ],
        batch_size=1000,
    )


def all_months() -> list[date]:
    """Of which anything is kept, or should be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT month FROM reports_journey UNION SELECT DISTINCT month FROM reports_funnelcell")
        return [row[0] for row in cursor.fetchall()]
