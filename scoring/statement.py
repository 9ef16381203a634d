"""The one evaluator: a definition, a day and a set of contacts become one SQL statement.

A line is the capped sum of `decay.weights` over its events, in exact thousandths; a category is the rounded sum of its
lines; the total is fit plus the categories. The weights stand in the statement as an array indexed by age, so that SQL
does no floating-point arithmetic: an age beyond the array (too old, or in the future of the asked day) counts nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leads import conditions
from leads.vocabulary import Category
from scoring.definitions import EngagementLine, Spec

CATEGORIES = tuple(category.value for category in Category)
COLUMNS = ("fit", *CATEGORIES, "total", "grade", "is_qualified")
_ENGAGEMENT = "(" + " + ".join(f"k.{category}" for category in CATEGORIES) + ")"


@dataclass(frozen=True)
class Targets:
    """Which contacts: a predicate on a column, and whether it is so narrow that all their events are read."""

    predicate: str  # with {column}
    is_narrow: bool


IDS = Targets("{column} = ANY ($1::bigint[])", is_narrow=True)
RANGE = Targets("{column} BETWEEN ($1::bigint[])[1] AND ($1::bigint[])[2]", is_narrow=False)
EVERYBODY = Targets("true", is_narrow=False)


class Statement:
    """The SQL of one definition. $1 is bigint[] (ids, or the ends of a range), $2 the day; `literal` quotes values."""

    def __init__(self, spec: Spec, literal: "Any") -> None:
        self.spec = spec
        self.literal = literal

    def select(
        self, targets: Targets, *, with_lines: bool = False, day: str = "$2::int", only_changed: bool = False
    ) -> str:
        """One row per contact: COLUMNS, days of the newest and the newest two-way event, ids of the criteria that are met.

        `with_lines` adds per rule its thousandths (l), its events that count (n) and the newest one's day (d), and each
        fit rule's points (f). `only_changed` leaves out whose Standing says the same already.
        """
        judged = {
            "fit": "p.fit",
            **{category: f"k.{category}" for category in CATEGORIES},
            "total": f"p.fit + {_ENGAGEMENT}",
            "grade": self._grade(),
            "is_qualified": self._verdict(day),
        }
        details = [f"coalesce(e.l{n}, 0) AS l{n}, coalesce(e.n{n}, 0) AS n{n}, e.d{n}" for n in self._numbers]
        details += [f"p.f{n}" for n in range(len(self.spec.fit))]
        extra = "".join(f", {part}" for part in details) if with_lines else ""
        where = targets.predicate.format(column="s.contact_id")
        last_day, newest = "e.last_day", ""
        if targets.is_narrow:  # the newest event may be too old to count, and yet somebody wants to know when it was
            last_day = "n.day"
            newest = (
                "LEFT JOIN LATERAL (SELECT day FROM leads_engagementevent WHERE contact_id = s.contact_id "
                f"AND NOT is_quarantined AND day <= {day} ORDER BY day DESC LIMIT 1) n ON true"
            )
        if only_changed:
            judged_now = [
                *judged.values(),
                "greatest(s.last_day, e.last_day)",
                "greatest(s.two_way_day, e.two_way_day)",
            ]
            standing = [f"s.{column}" for column in (*judged, "last_day", "two_way_day", "definition_version")]
            where += f"\n  AND ({', '.join(standing)}) IS DISTINCT FROM ({', '.join(judged_now)}, {self.spec.version})"
        return f"""
SELECT s.contact_id, {", ".join(f"{value} AS {name}" for name, value in judged.items())},
  s.is_qualified AS was_qualified, {last_day} AS last_day, e.two_way_day, a.met{extra}
FROM leads_standing s
{self._joins}
LEFT JOIN ({self._engaged(targets, with_lines, day)}) e ON e.contact_id = s.contact_id
LEFT JOIN ({self._answered(targets, day)}) a ON a.contact_id = s.contact_id
{newest}
CROSS JOIN LATERAL (SELECT {self._fit(with_lines)} OFFSET 0) p
CROSS JOIN LATERAL (SELECT {", ".join(f"coalesce(e.{c}, 0) AS {c}" for c in CATEGORIES)}) k
WHERE {where}"""

    def update(self, targets: Targets) -> str:
        """Write what changed into Standing; returns one row per contact whose judgement changed.

        The rows are locked in key order before the first one is written, as everybody locks them.
        """
        values = ", ".join(f"{column} = x.{column}" for column in COLUMNS)
        return f"""
WITH x AS MATERIALIZED ({self.select(targets, only_changed=True)}),
locked AS (
  SELECT contact_id FROM leads_standing WHERE contact_id IN (SELECT contact_id FROM x)
  ORDER BY contact_id FOR NO KEY UPDATE)
UPDATE leads_standing s
SET {values}, last_day = greatest(s.last_day, x.last_day), two_way_day = greatest(s.two_way_day, x.two_way_day),
  day = $2, definition_version = {self.spec.version}
FROM x WHERE s.contact_id = x.contact_id AND (SELECT count(*) FROM locked) > 0
RETURNING s.contact_id, x.was_qualified, s.is_qualified, s.total, s.grade, x.two_way_day, x.met"""

    @property
    def _numbers(self) -> range:
        return range(len(self.spec.engagement))

    def _grade(self) -> str:
        a, b, one, two = self.spec.grades
        letter = f"CASE WHEN p.fit >= {a} THEN 'A' WHEN p.fit >= {b} THEN 'B' ELSE 'C' END"
        return (
            f"{letter} || CASE WHEN {_ENGAGEMENT} >= {one} THEN '1' WHEN {_ENGAGEMENT} >= {two} THEN '2' ELSE '3' END"
        )

    def engagement_only(self, targets: Targets, day: int) -> str:
        """The events' part alone: categories per contact that has events."""
        return self._engaged(targets, False, str(day))

    # --- parts ---

    @cached_property
    def _joins(self) -> str:
        """Contact and company only when a fit rule looks at them: they are wide."""
        asked = {key for rule in self.spec.fit for key in conditions.fields_of(rule.conditions)}
        used = " ".join(conditions.field(key).sql for key in asked)
        joins = []
        if "c." in used or "o." in used:
            joins.append("JOIN leads_contact c ON c.id = s.contact_id")
        if "o." in used:
            joins.append("LEFT JOIN leads_company o ON o.id = c.company_id")
        return "\n".join(joins)

    def _fit(self, with_lines: bool) -> str:
        parts = []
        for rule in self.spec.fit:
            sql, params = conditions.to_sql(rule.conditions)
            parts.append(f"CASE WHEN {self.literal(sql, params)} THEN {rule.points} ELSE 0 END")
        columns = [f"{' + '.join(parts) or '0'} AS fit"]
        if with_lines:
            columns += [f"{part} AS f{n}" for n, part in enumerate(parts)]
        return ", ".join(columns)

    def _event_filter(self, line: EngagementLine) -> str:
        if not line.facet_ids:
            return f"e.kind_id = {line.kind_id}"
        return f"e.kind_id = {line.kind_id} AND e.facet_id = ANY ('{{{','.join(map(str, line.facet_ids))}}}'::bigint[])"

    def _line(self, line: EngagementLine, day: str) -> str:
        worth = "'{" + ",".join(map(str, line.weights)) + "}'::int[]"
        total = f"coalesce(sum(CASE WHEN {self._event_filter(line)} THEN ({worth})[{day} - e.day + 1] END), 0)"
        if line.cap is None:
            return total
        return f"greatest({-1000 * line.cap}, least({1000 * line.cap}, {total}))"

    def _engaged(self, targets: Targets, with_lines: bool, day: str) -> str:
        """Per contact: the categories (and lines), from events grouped once; equal sums are computed once."""
        lines = [self._line(line, day) for line in self.spec.engagement]
        columns = []
        for category in CATEGORIES:
            own = [sql for sql, line in zip(lines, self.spec.engagement, strict=True) if line.category == category]
            columns.append(f"round(({' + '.join(own) or '0'}) / '1000'::float8)::int AS {category}")
        talked = f"e.kind_id = ANY ('{{{','.join(map(str, self.spec.two_way_kinds))}}}'::smallint[])"
        columns.append(f"max(e.day) AS last_day, max(e.day) FILTER (WHERE {talked}) AS two_way_day")
        if with_lines:
            for n, line in enumerate(self.spec.engagement):
                counts = f"{self._event_filter(line)} AND e.day BETWEEN {day} - {line.horizon - 1} AND {day}"
                columns.append(f"{lines[n]} AS l{n}, count(*) FILTER (WHERE {counts}) AS n{n}")
                columns.append(f"max(e.day) FILTER (WHERE {counts}) AS d{n}")
        return f"""
    SELECT e.contact_id, {", ".join(columns)}
    FROM leads_engagementevent e
    WHERE {targets.predicate.format(column="e.contact_id")} AND e.contact_id IS NOT NULL AND NOT e.is_quarantined
      AND {self._relevant(targets, day)}
    GROUP BY e.contact_id"""

    def _relevant(self, targets: Targets, day: str) -> str:
        """Events that can still count; for few contacts also as a stretch of the index on (contact, day)."""
        furthest: dict[int, int] = {}
        for line in self.spec.engagement:
            furthest[line.kind_id] = max(furthest.get(line.kind_id, 0), line.horizon)
        if self.spec.two_way_days:
            for kind in self.spec.two_way_kinds:
                furthest[kind] = max(furthest.get(kind, 0), self.spec.two_way_days)
        kinds_by_horizon: dict[int, list[int]] = {}
        for kind, days in furthest.items():
            kinds_by_horizon.setdefault(days, []).append(kind)
        parts = [
            f"e.day > {day} - {days} AND e.kind_id = ANY ('{{{','.join(map(str, sorted(kinds)))}}}'::smallint[])"
            for days, kinds in sorted(kinds_by_horizon.items())
        ]
        within = f"e.day <= {day} AND ({' OR '.join(parts) or 'false'})"
        if not targets.is_narrow:
            return within
        return f"{within} AND e.day > {day} - {max(furthest.values(), default=0)}"

    def _answered(self, targets: Targets, day: str) -> str:
        """Per contact: ids of required criteria whose newest unexpired evidence is good enough."""
        if not self.spec.required:
            return "SELECT NULL::bigint AS contact_id, NULL::bigint[] AS met WHERE false"
        number = "({} AT TIME ZONE 'UTC')::date - DATE '2020-01-01'"
        met = " OR ".join(
            f"criterion_id = {required.criterion_id} AND verdict IN ({', '.join(repr(v) for v in required.accepted)})"
            for required in self.spec.required
        )
        criteria = ",".join(str(required.criterion_id) for required in self.spec.required)
        return f"""
    SELECT contact_id, array_agg(criterion_id ORDER BY criterion_id) FILTER (WHERE {met}) AS met FROM (
      SELECT DISTINCT ON (contact_id, criterion_id) contact_id, criterion_id, verdict
      FROM leads_evidence v
      WHERE {targets.predicate.format(column="v.contact_id")} AND criterion_id IN ({criteria})
        AND {number.format("observed_at")} <= {day}
        AND (expires_at IS NULL OR {number.format("expires_at")} > {day})
      ORDER BY contact_id, criterion_id, observed_at DESC, id DESC) newest
    GROUP BY contact_id"""

    def _verdict(self, day: str) -> str:
        tests = [f"p.fit + {_ENGAGEMENT} >= {self.spec.threshold}", "s.lifecycle <> 'disqualified'"]
        if self.spec.two_way_days:
            tests.append(f"coalesce(e.two_way_day > {day} - {self.spec.two_way_days}, false)")
        if self.spec.required:
            tests.append(f"coalesce(cardinality(a.met), 0) = {len(self.spec.required)}")
        return " AND ".join(tests)
