"""What was known about somebody at an instant, for the learned probability; nothing that came later.

One statement for the past and for now. Not looked at, because sales writes them afterwards: owner, tags,
opportunities and their stages, amounts. Company, country and title have no history: they are as they stand today, and
the search for leaks looks at them like at everything else.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from leads.models import Criterion
from leads.vocabulary import Category
from scoring import purchase

Value = str | float | None
MOST_ROWS = 60_000  # more do not make the model better, but slower

_COUNTS = ",\n    ".join(
    f"count(*) FILTER (WHERE k.category = '{name}' AND e.occurred_at > a.at - interval '30 days') AS {name}_30,\n"
    f"    count(*) FILTER (WHERE k.category = '{name}' AND e.occurred_at <= a.at - interval '30 days') AS {name}_before"
    for name in Category.values
)
_NAMES = [f"{name}_{part}" for name in Category.values for part in ("30", "before")]

# asked: (n, contact_id, at), one row per look at somebody
_KNOWN = f"""
events AS (
  SELECT a.n,
    {_COUNTS},
    count(*) FILTER (WHERE k.direction = 'two_way' AND e.occurred_at > a.at - interval '90 days') AS talks,
    max(e.occurred_at) AS last_seen,
    max(e.occurred_at) FILTER (WHERE k.direction = 'two_way') AS last_talked
  FROM asked a
  JOIN leads_engagementevent e ON e.contact_id = a.contact_id AND e.occurred_at <= a.at
    AND e.occurred_at > a.at - interval '365 days' AND e.received_at <= a.at AND NOT e.is_quarantined
  JOIN leads_eventkind k ON k.id = e.kind_id
  GROUP BY a.n),
answers AS (
  SELECT n, jsonb_object_agg(criterion_id, verdict) AS answered FROM (
    SELECT DISTINCT ON (a.n, v.criterion_id) a.n, v.criterion_id, v.verdict
    FROM asked a
    JOIN leads_evidence v ON v.contact_id = a.contact_id AND v.observed_at <= a.at
      AND (v.expires_at IS NULL OR v.expires_at > a.at)
    LEFT JOIN leads_engagementevent e ON e.id = v.event_id
    WHERE (e.received_at IS NULL OR e.received_at <= a.at) AND (v.recorded_at IS NULL OR v.recorded_at <= a.at)
    ORDER BY a.n, v.criterion_id, v.observed_at DESC, v.id DESC) newest
  GROUP BY n),
touches AS (
  SELECT DISTINCT ON (a.n) a.n, t.medium
  FROM asked a
  JOIN leads_identity i ON i.contact_id = a.contact_id
  JOIN leads_touch t ON t.identity_id = i.id AND t.position = 'first' AND t.at <= a.at
  ORDER BY a.n, t.at, t.id)
SELECT a.n, a.contact_id, a.at, c.company_id, {", ".join(f"coalesce(e.{name}, 0) AS {name}" for name in _NAMES)},
  coalesce(e.talks, 0) AS talks,
  extract(epoch FROM a.at - e.last_seen)::float8 / 86400 AS last_seen,
  extract(epoch FROM a.at - e.last_talked)::float8 / 86400 AS last_talked,
  extract(epoch FROM a.at - c.created_at)::float8 / 86400 AS age,
  v.answered, a.lifecycle, s.source, t.medium, coalesce(nullif(c.country, ''), o.country) AS country,
  o.industry, o.employees, c.job_title
FROM asked a
JOIN leads_contact c ON c.id = a.contact_id
JOIN leads_standing s ON s.contact_id = a.contact_id
LEFT JOIN leads_company o ON o.id = c.company_id
LEFT JOIN events e ON e.n = a.n
LEFT JOIN answers v ON v.n = a.n
LEFT JOIN touches t ON t.n = a.n
ORDER BY a.at, a.n"""

# Looked at on days spread over their life (never the same day of life for all, or the age would tell who was promoted)
# and when they were promoted, as long as they were no customer and not disqualified. The outcome is known only when the
# whole time in which they could buy has passed.
_PAST = """
bought AS (
  SELECT contact_id, min(at) AS at FROM leads_lifecyclechange WHERE to_stage = 'customer' GROUP BY contact_id),
looks AS (
  SELECT c.id AS contact_id, c.created_at + (d + c.id %% d) * interval '1 day' AS at
  FROM leads_contact c CROSS JOIN unnest(%(moments)s) d
  UNION ALL
  SELECT contact_id, min(at) FROM leads_lifecyclechange WHERE to_stage = 'prospect' GROUP BY contact_id),
asked AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY md5(l.contact_id::text), l.at) AS n, l.contact_id, l.at, h.lifecycle,
    coalesce(b.at <= l.at + %(horizon)s * interval '1 day', false) AS has_bought
  FROM looks l
  JOIN leads_contact c ON c.id = l.contact_id AND c.erased_at IS NULL
  LEFT JOIN bought b ON b.contact_id = l.contact_id
  CROSS JOIN LATERAL (
    SELECT coalesce((SELECT g.to_stage FROM leads_lifecyclechange g WHERE g.contact_id = l.contact_id AND g.at <= l.at
                     ORDER BY g.at DESC, g.id DESC LIMIT 1), 'lead') AS lifecycle) h
  WHERE l.at + %(horizon)s * interval '1 day' <= %(now)s AND l.at >= c.created_at
    AND (b.at IS NULL OR b.at > l.at)
    AND h.lifecycle IN ('lead', 'prospect')
  ORDER BY md5(l.contact_id::text), l.at LIMIT %(most)s),
"""

# customers and the disqualified are asked for nothing
_NOW = """
asked AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY s.contact_id) AS n, s.contact_id, %(now)s::timestamptz AS at, s.lifecycle
  FROM leads_standing s
  WHERE s.contact_id = ANY (%(ids)s) AND NOT s.is_erased AND s.lifecycle IN ('lead', 'prospect')),
"""


@dataclass(frozen=True)
class Known:
    """Rows of what was known, in the order of time; one column per feature."""

    contact_ids: list[int]
    at: list[datetime]
    groups: list[int]  # people of one company share a number
    frame: dict[str, list[Value]]
    bought: list[int]  # 1 when they became a customer in time; empty for rows of now

    def __len__(self) -> int:
        return len(self.contact_ids)


def training_rows(now: datetime) -> Known:
    """Everybody at their moments of the past, with what came of it."""
    params = {
        "now": now,
        "moments": list(purchase.MOMENTS),
        "horizon": purchase.HORIZON_DAYS,
        "most": MOST_ROWS,
    }
    sql = _KNOWN.replace("SELECT a.n, a.contact_id", "SELECT a.has_bought, a.n, a.contact_id", 1)
    return _read(f"WITH {_PAST.strip()} {sql}", params)


def rows_now(contact_ids: Sequence[int], now: datetime) -> Known:
    """These contacts as they are known at `now`, without customers and the disqualified."""
    return _read(f"WITH {_NOW.strip()} {_KNOWN}", {"ids": list(contact_ids), "now": now})


def too_young(now: datetime) -> int:
    """How many contacts are left out, because their time in which they could buy has not passed yet."""
    first = min(purchase.MOMENTS) + purchase.HORIZON_DAYS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM leads_contact WHERE erased_at IS NULL AND created_at > %s",
            [now - timedelta(days=first)],
        )
        return int(cursor.fetchone()[0])


def _read(sql: str, params: dict[str, Any]) -> Known:
    criteria = dict(Criterion.objects.order_by("position", "pk").values_list("pk", "key"))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    features = [_features(row, criteria) for row in rows]
    columns = [*purchase.LABELS, *(purchase.EVIDENCE + key for key in criteria.values())]
    return Known(
        contact_ids=[row["contact_id"] for row in rows],
        at=[row["at"] for row in rows],
        # people without a company stand for themselves
        groups=[row["company_id"] or -row["contact_id"] for row in rows],
        frame={name: [row[name] for row in features] for name in columns},
        bought=[int(row["has_bought"]) for row in rows if "has_bought" in row],
    )


def _features(row: dict[str, Any], criteria: dict[int, str]) -> dict[str, Value]:
    answered = json.loads(row["answered"] or "{}")
    return {
        **{name: float(row[name]) for name in (*_NAMES, "talks")},
        **{name: None if row[name] is None else round(row[name], 1) for name in ("age", "last_seen", "last_talked")},
        "lifecycle": row["lifecycle"],
        "source": row["source"],
        "medium": row["medium"] or None,
        "country": row["country"] or None,
        "industry": row["industry"] or None,
        "size": purchase.size_band(row["employees"]),
        "level": purchase.level(row["job_title"]),
        **{purchase.EVIDENCE + key: answered.get(str(pk)) for pk, key in criteria.items()},
    }
