"""Why somebody has the score they have."""

import json
from datetime import date
from typing import Any

from leads import conditions
from leads.days import date_of
from scoring import decay
from scoring.definitions import Required, Spec
from scoring.engaged import CATEGORIES
from scoring.explanation import Explanation, Line, Missing
from scoring.missing.cases import fields_of
from scoring.models import Definition
from scoring.queries.specs import fetch, load_spec, prepared, spec_for
from scoring.statement import ONE, Statement

LOOK_AHEAD_WEEKS = 26


def why(
    contact_id: int, day: int, *, definition: Definition | None = None, is_past: bool = False
) -> Explanation | None:
    """The score of a contact on a day with all its lines and what is missing; none without a definition or contact.

    One query for the definition that judges them, one for the score, two more to find when it fades. Of a past day
    nobody asks when it would have faded: what happened since is known.
    """
    spec = load_spec(definition) if definition else spec_for(contact_id)
    if spec is None:
        return None
    name = prepared(spec, "why", "bigint[], int", _with_facts)
    rows = fetch(f"EXECUTE {name} (%s::bigint[], %s)", [[contact_id], day])
    if not rows:
        return None
    row = rows[0]
    return Explanation(
        contact_id=contact_id,
        day=day,
        version=spec.version,
        total=row["total"],
        grade=row["grade"],
        fit=row["fit"],
        categories={category: row[category] for category in CATEGORIES},
        threshold=spec.threshold,
        is_qualified=row["is_qualified"],
        team=spec.team,
        persona=spec.persona(row.get("persona_id")),
        excluded=spec.exclusion(row.get("exclusion_id")),
        required=spec.required_of(row.get("persona_id")),
        lines=_lines(spec, row, day),
        missing=_missing(spec, row, day),
        fades_on=None if is_past else _fades_on(spec, contact_id, row["total"], day),
        spec=spec,
        facts=None if is_past else dict(zip(fields_of(spec), json.loads(row["facts"]), strict=True)),
        open=_open(spec, row),
    )


def _with_facts(statement: Statement) -> str:
    """The explained score, and what is known of the person beside it: what may be asked is what is not."""
    facts = ", ".join(conditions.fact_sql(key) for key in fields_of(statement.spec))
    return f"""
SELECT w.*, jsonb_build_array({facts})::text AS facts FROM ({statement.select(ONE, with_lines=True)}) w
JOIN leads_standing s ON s.contact_id = w.contact_id JOIN leads_contact c ON c.id = w.contact_id
LEFT JOIN leads_company o ON o.id = c.company_id"""


def _lines(spec: Spec, row: dict[str, Any], day: int) -> list[Line]:
    lines = [
        Line(
            rule_id=rule.id,
            name=rule.name,
            category="fit",
            thousandths=1000 * points,
            uncapped=1000 * points,
            persona=spec.persona(rule.persona_id),
        )
        for rule, points in zip(spec.fit, row["fits"], strict=True)
        if points
    ]
    for number, thousandths, events, newest, uncapped in row["lines"] or []:
        rule = spec.engagement[number]
        left = decay.fades_after(rule.points, rule.half_life_days, rule.window_days, day - newest)
        lines.append(
            Line(
                rule_id=rule.id,
                name=rule.name,
                category=rule.category,
                thousandths=thousandths,
                events=events,
                newest=date_of(newest),
                fades_on=date_of(day + left),
                half_life_days=rule.half_life_days,
                is_capped=rule.cap is not None and abs(thousandths) == 1000 * rule.cap,
                uncapped=uncapped,
            )
        )
    return sorted(lines, key=lambda line: (line.category != "fit", line.category, -line.thousandths))


def _lately(required: Required) -> str:
    return f"in the last {required.fresh_days} days" if required.fresh_days else "yet"


def _unmet(required: tuple[Required, ...], met: list[int] | None) -> tuple[Required, ...]:
    return tuple(one for one in required if one.criterion_id not in (met or []))


def _open(spec: Spec, row: dict[str, Any]) -> dict[int, tuple[Required, ...]]:
    """What is not answered of everybody's criteria (0), and of those of the personas that have their own."""
    sets = {0: spec.required} | spec.own_required
    return {pk: _unmet(required, row[f"met_{pk}"]) for pk, required in sets.items()}


def _missing(spec: Spec, row: dict[str, Any], day: int) -> list[Missing]:
    missing = [
        Missing(
            required.label,
            f"{required.label} is not answered {_lately(required)}.",
            criterion_id=required.criterion_id,
            question=required.question,
        )
        for required in _unmet(spec.required_of(row.get("persona_id")), row["met"])
    ]
    if spec.two_way_days and (row["two_way_day"] is None or row["two_way_day"] <= day - spec.two_way_days):
        missing.append(Missing("two_way", f"They have not talked to us in the last {spec.two_way_days} days."))
    if row["total"] < spec.threshold:
        missing.append(Missing("score", f"The score is {spec.threshold - row['total']} below the line."))
    return missing


def _fades_on(spec: Spec, contact_id: int, total: int, day: int) -> date | None:
    """The first day on which the score is below the threshold if nothing happens; none within half a year."""
    if total < spec.threshold:
        return None
    name = prepared(spec, "totals", "bigint[], int, int, int", lambda statement: statement.totals())

    def first_below(start: int, stop: int, step: int) -> int | None:
        rows = fetch(f"EXECUTE {name} (%s::bigint[], %s, %s, %s)", [[contact_id], start, stop, step])
        return next((row["day"] for row in rows if row["total"] < spec.threshold), None)

    week = first_below(day + 7, day + 7 * LOOK_AHEAD_WEEKS, 7)
    if week is None:
        return None
    return date_of(first_below(week - 6, week, 1) or week)
