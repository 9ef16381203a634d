"""The one evaluator: a definition, a day and a set of contacts become one SQL statement.

A line is the capped sum of `decay.weights` over its events, in exact thousandths; a category is the rounded sum of its
lines; the total is fit plus the categories. Fit is the general rules plus the best persona's, if that is more than
nothing. Whoever an exclusion holds for is never qualified. The weights stand in the statement as arrays indexed by age, so that SQL
does no floating-point arithmetic. Quarantined events do not exist here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from leads import conditions
from scoring import engaged
from scoring.definitions import Required, Spec
from scoring.engaged import CATEGORIES

COLUMNS = ("fit", *CATEGORIES, "total", "grade", "is_qualified")
_CONTACT, _COMPANY = re.compile(r"\bc\.[a-z]"), re.compile(r"\bo\.[a-z]")
_ENGAGEMENT = "(" + " + ".join(f"k.{category}" for category in CATEGORIES) + ")"


@dataclass(frozen=True)
class Targets:
    """Which contacts: a predicate on a column, and whether they are so few that all their events may be read."""

    predicate: str  # with {column}
    is_narrow: bool = False
    is_one: bool = False
    whose: str = ""  # a condition on their owner, u (Active.whose)

    def of(self, column: str) -> str:
        found = self.predicate.format(column=column)
        if not self.whose:
            return found
        return f"""{found} AND {column} IN (
      SELECT w.contact_id FROM leads_standing w LEFT JOIN users_user u ON u.id = w.owner_id
      WHERE {self.predicate.format(column="w.contact_id")} AND {self.whose})"""

    def only(self, whose: str) -> "Targets":
        """Those of them whose owner is as it says; all for nothing."""
        return replace(self, whose=" AND ".join(filter(None, (self.whose, whose)))) if whose else self


ONE = Targets("{column} = ($1::bigint[])[1]", is_narrow=True, is_one=True)
IDS = Targets("{column} = ANY ($1::bigint[])", is_narrow=True)
RANGE = Targets("{column} BETWEEN ($1::bigint[])[1] AND ($1::bigint[])[2]")
EVERYBODY = Targets("true")


class Statement:
    """The SQL of one definition. $1 is bigint[] (ids, or the ends of a range), $2 the day; `literal` quotes values."""

    def __init__(self, spec: Spec, literal: "Any") -> None:
        self.spec = spec
        self.literal = literal

    def select(
        self, targets: Targets, *, with_lines: bool = False, day: str = "$2::int", only_changed: bool = False
    ) -> str:
        """One row per contact: COLUMNS, days of the newest and the newest two-way event, ids of the criteria that are met.

        `with_lines` adds `lines` (`engaged.in_rows`) and `fits`, each fit rule's points: nothing for the rules of a
        persona that did not win, whose points are in `points` (when there are personas), and what is met of everybody's
        criteria (`met_0`) and of each persona's own. `only_changed` leaves out whose Standing says the same already. A
        definition with personas or exclusions adds their ids.
        """
        judged = {
            "fit": "s.fits_now",
            **{category: f"k.{category}" for category in CATEGORIES},
            "total": f"s.fits_now + {_ENGAGEMENT}",
            "grade": self._grade(),
            "is_qualified": self._verdict(day),
        }
        judged |= {
            f"{name}_id": f"s.{name}_now" if name in self._marks else "NULL::int" for name in self._written_marks
        }
        # the newest event may be too old to count, and yet somebody wants to know when it was
        is_exact = targets.is_narrow or with_lines
        seen = {
            "last_day": "n.day" if is_exact else "greatest(s.last_day, e.last_day)",
            "two_way_day": self._talked(day),
        }
        newest = (
            "LEFT JOIN LATERAL (SELECT v.day FROM leads_engagementevent v WHERE v.contact_id = s.contact_id "
            f"AND NOT v.is_quarantined AND v.day <= {day} ORDER BY v.day DESC LIMIT 1) n ON true"
        )
        where = ""
        if only_changed:
            before = ", ".join(f"s.{column}" for column in (*judged, *seen, "definition_version"))
            after = ", ".join((*judged.values(), *seen.values(), str(self.spec.version)))
            where = f"WHERE ({before}) IS DISTINCT FROM ({after})"
        columns = ", ".join(f"{value} AS {name}" for name, value in (judged | seen).items())
        lines = ", e.lines, s.fits" + (", s.points" if self.spec.personas else "") if with_lines else ""
        if with_lines:
            lines += ", a.met AS met_0" + "".join(f", a.met_{persona_id}" for persona_id in self.spec.own_required)
        on = {"e": "", "a": ""} if targets.is_one else {part: f" ON {part}.contact_id = s.contact_id" for part in "ea"}
        join = "CROSS JOIN" if targets.is_one else "LEFT JOIN"
        return f"""
SELECT s.contact_id, {columns}, s.is_qualified AS was_qualified, {self._met} AS met{lines}
FROM ({self._people(targets, with_lines)}) s
{join} ({self._engaged(targets, with_lines, day)}) e{on["e"]}
{join} ({self._answered(targets, day)}) a{on["a"]}
{newest if is_exact else ""}
CROSS JOIN LATERAL (SELECT {", ".join(f"coalesce(e.{c}, 0) AS {c}" for c in CATEGORIES)}) k
{where}"""

    def update(self, targets: Targets) -> str:
        """Write what changed into Standing; returns one row per contact whose judgement changed.

        Several rows are locked in key order before the first one is written, as everybody locks them.
        """
        marks = tuple(f"{name}_id" for name in self._written_marks)
        written = (*COLUMNS, *marks, "last_day", "two_way_day")
        values = ", ".join(f"{column} = x.{column}" for column in written)
        locked = """, locked AS (
  SELECT contact_id FROM leads_standing WHERE contact_id IN (SELECT contact_id FROM x)
  ORDER BY contact_id FOR NO KEY UPDATE)"""
        found = ", ".join(f"x.{name}_id" if name in self._marks else "NULL::int" for name in ("persona", "exclusion"))
        after = " AND (SELECT count(*) FROM locked) > 0"
        return f"""
WITH x AS MATERIALIZED ({self.select(targets, only_changed=True)}){"" if targets.is_one else locked}
UPDATE leads_standing s
SET {values}, day = $2, definition_version = {self.spec.version}
FROM x WHERE s.contact_id = x.contact_id{"" if targets.is_one else after}
RETURNING s.contact_id, x.was_qualified, s.is_qualified, s.total, s.grade, x.two_way_day, x.met, {found}"""

    def engagement_only(self, targets: Targets, day: int) -> str:
        """The events' part alone: categories per contact that has events."""
        return self._engaged(targets, False, str(day))

    def totals(self) -> str:
        """The total of ONE contact on the days from $2 to $3 in steps of $4, if nothing happens."""
        return f"""
SELECT d.day, s.fits_now + {_ENGAGEMENT} AS total
FROM ({self._people(ONE, False)}) s
CROSS JOIN generate_series($2, $3, $4) AS d(day)
CROSS JOIN LATERAL ({self._engaged(ONE, False, "d.day")}) k
ORDER BY d.day"""

    # --- parts ---

    def _people(self, targets: Targets, with_lines: bool) -> str:
        """Standings with their fit; contact and company only when a condition looks at them: they are wide."""
        held = [rule.conditions for rule in self.spec.fit] + [row.conditions for row in self.spec.exclusions]
        asked = {key for one in held for key in conditions.fields_of(one)}
        used = " ".join(conditions.field(key).sql for key in asked)
        joins = ""
        if _CONTACT.search(used) or _COMPANY.search(used):
            joins += f"\n  JOIN ({self._part('leads_contact', 'id', targets)}) c ON c.id = s.contact_id"
        if _COMPANY.search(used):
            joins += "\n  LEFT JOIN leads_company o ON o.id = c.company_id"
        if self._marks:
            return self._marked(targets, joins, with_lines)
        fits = f", ARRAY[{', '.join(self._points)}]::int[] AS fits" if with_lines else ""
        # OFFSET 0 keeps the sum of points in one place, or it would be worked out wherever the fit is named
        return f"""
  SELECT s.*, {" + ".join(self._points) or "0"} AS fits_now{fits}
  FROM ({self._part("leads_standing", "contact_id", targets)}) s{joins} OFFSET 0"""

    @property
    def _marks(self) -> tuple[str, ...]:
        """What is found out about a person besides their points."""
        found = {"persona": self.spec.personas, "exclusion": self.spec.exclusions}
        return tuple(name for name, rows in found.items() if rows)

    @property
    def _written_marks(self) -> tuple[str, ...]:
        """Those, and what another active definition may have found out about who is this one's now."""
        return ("persona", "exclusion") if self.spec.is_shared else self._marks

    def _marked(self, targets: Targets, joins: str, with_lines: bool) -> str:
        """The same with the persona that suits best and the exclusion that holds, worked out once for each person."""
        spec = self.spec
        columns = [f"{self._sum(None)} AS general"]
        columns += [f"{self._sum(persona.id)} AS p{persona.id}" for persona in spec.personas]
        if spec.exclusions:
            cases = " ".join(
                f"WHEN {self.literal(*conditions.to_sql(row.conditions))} THEN {row.id}" for row in spec.exclusions
            )
            columns.append(f"CASE {cases} END AS exclusion_now")
        if with_lines:
            columns.append(f"ARRAY[{', '.join(self._points)}]::int[] AS points")
        inner = f"""
    SELECT s.*, {", ".join(columns)}
    FROM ({self._part("leads_standing", "contact_id", targets)}) s{joins} OFFSET 0"""
        if not spec.personas:
            return f"SELECT f.*, f.general AS fits_now{', f.points AS fits' if with_lines else ''} FROM ({inner}) f"
        best = f"greatest(0, {', '.join(f'f.p{row.id}' for row in spec.personas)})"
        # the first of equals wins
        won = " ".join(f"WHEN f.p{row.id} = {best} THEN {row.id}" for row in spec.personas)
        fits = ", ".join(
            f"f.points[{number}]"
            if rule.persona_id is None
            else f"CASE WHEN w.persona_now = {rule.persona_id} THEN f.points[{number}] ELSE 0 END"
            for number, rule in enumerate(spec.fit, 1)
        )
        lines = f", ARRAY[{fits}]::int[] AS fits" if with_lines else ""
        return f"""
  SELECT f.*, f.general + {best} AS fits_now, w.persona_now{lines}
  FROM ({inner}) f CROSS JOIN LATERAL (SELECT CASE WHEN {best} > 0 THEN CASE {won} END END AS persona_now) w OFFSET 0"""

    def _sum(self, persona_id: int | None) -> str:
        own = [
            points for rule, points in zip(self.spec.fit, self._points, strict=True) if rule.persona_id == persona_id
        ]
        return " + ".join(own) or "0"

    @staticmethod
    def _part(table: str, key: str, targets: Targets) -> str:
        """The targets' rows of a table, apart: PostgreSQL takes two ranges of one key for independent, and plans for few."""
        return f"SELECT * FROM {table} WHERE {targets.of(key)} OFFSET 0"

    @cached_property
    def _points(self) -> list[str]:
        """Each fit rule's points, as SQL."""
        return [
            f"CASE WHEN {self.literal(*conditions.to_sql(rule.conditions))} THEN {rule.points} ELSE 0 END"
            for rule in self.spec.fit
        ]

    def _engaged(self, targets: Targets, with_lines: bool, day: str) -> str:
        who = targets.of("e.contact_id")
        if targets.is_one or with_lines:
            return engaged.in_rows(self.spec, who, day, is_one=targets.is_one, with_lines=with_lines)
        return engaged.in_columns(self.spec, who, day)

    def _answered(self, targets: Targets, day: str) -> str:
        """Per contact: ids of required criteria whose newest unexpired evidence is good enough.

        Those that personas require instead of everybody's stand beside them, as `met_` and the persona's id.
        """
        key = "" if targets.is_one else "contact_id, "
        sets = {"met": self.spec.required} | {f"met_{pk}": rows for pk, rows in self.spec.own_required.items()}
        required = self.spec.all_required
        if not required:
            nobody = "" if targets.is_one else " WHERE false"
            return f"SELECT {'' if targets.is_one else 'NULL::bigint AS contact_id, '}NULL::bigint[] AS met{nobody}"
        number = "({} AT TIME ZONE 'UTC')::date - DATE '2020-01-01'"

        def good(rows: tuple[Required, ...]) -> str:
            tests = " OR ".join(
                f"criterion_id = {row.criterion_id} AND verdict IN ({', '.join(repr(v) for v in row.accepted)})"
                + (f" AND {number.format('observed_at')} > {day} - {row.fresh_days}" if row.fresh_days else "")
                for row in rows
            )
            return f"array_agg(criterion_id ORDER BY criterion_id) FILTER (WHERE {tests or 'false'})"

        met = ", ".join(f"{good(rows)} AS {name}" for name, rows in sets.items())
        observed = ", observed_at" if any(row.fresh_days for row in required) else ""
        criteria = ",".join(str(pk) for pk in dict.fromkeys(row.criterion_id for row in required))
        return f"""
    SELECT {key}{met} FROM (
      SELECT DISTINCT ON ({key}criterion_id) {key}criterion_id, verdict{observed}
      FROM leads_evidence v
      WHERE {targets.of("v.contact_id")} AND criterion_id IN ({criteria})
        AND {number.format("observed_at")} <= {day}
        AND (expires_at IS NULL OR {number.format("expires_at")} > {day})
      ORDER BY {key}criterion_id, observed_at DESC, id DESC) newest
    {"" if targets.is_one else "GROUP BY contact_id"}"""

    def _grade(self) -> str:
        a, b, one, two = self.spec.grades
        letter = f"CASE WHEN s.fits_now >= {a} THEN 'A' WHEN s.fits_now >= {b} THEN 'B' ELSE 'C' END"
        return (
            f"{letter} || CASE WHEN {_ENGAGEMENT} >= {one} THEN '1' WHEN {_ENGAGEMENT} >= {two} THEN '2' ELSE '3' END"
        )

    def _talked(self, day: str) -> str:
        """Day of the newest two-way event; one older than the days that count is not read, and so not forgotten."""
        if not self.spec.two_way_days:
            return "coalesce(e.two_way_day, s.two_way_day)"
        old = f"CASE WHEN s.two_way_day <= {day} - {self.spec.two_way_days} THEN s.two_way_day END"
        return f"coalesce(e.two_way_day, {old})"

    @property
    def _met(self) -> str:
        """The criteria that are met, of those that the person's persona asks for."""
        return self._of_persona({pk: f"a.met_{pk}" for pk in self.spec.own_required}, "a.met")

    @staticmethod
    def _of_persona(own: Mapping[int, str], general: str) -> str:
        cases = " ".join(f"WHEN {pk} THEN {value}" for pk, value in own.items())
        return f"CASE s.persona_now {cases} ELSE {general} END" if own else general

    def _verdict(self, day: str) -> str:
        tests = [f"s.fits_now + {_ENGAGEMENT} >= {self.spec.threshold}", "s.lifecycle <> 'disqualified'"]
        if self.spec.two_way_days:
            tests.append(f"coalesce(e.two_way_day > {day} - {self.spec.two_way_days}, false)")
        if self.spec.all_required:
            own = {pk: str(len(rows)) for pk, rows in self.spec.own_required.items()}
            number = self._of_persona(own, str(len(self.spec.required)))
            tests.append(f"coalesce(cardinality({self._met}), 0) = {number}")
        if self.spec.exclusions:
            tests.append("s.exclusion_now IS NULL")
        return " AND ".join(tests)
