"""What we think of somebody, and why."""

import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from leads.days import date_of
from leads.models import Contact, Direction, EventKind
from scoring import decay
from scoring.definitions import EngagementLine, FitLine, Required, Spec
from scoring.models import Definition, DefinitionStatus, Verdict
from scoring.statement import CATEGORIES, IDS, Statement

LOOK_AHEAD_WEEKS = 26


def load_spec(definition: Definition) -> Spec:
    """The definition as plain values. Five small queries."""
    return Spec(
        id=definition.pk,
        version=definition.version,
        threshold=definition.threshold,
        two_way_days=definition.two_way_days,
        two_way_kinds=tuple(
            EventKind.objects.filter(direction=Direction.TWO_WAY).order_by("pk").values_list("pk", flat=True)
        ),
        grades=(
            definition.grade_a_fit,
            definition.grade_b_fit,
            definition.grade_1_engagement,
            definition.grade_2_engagement,
        ),
        engagement=tuple(
            EngagementLine(
                id=rule.pk,
                name=rule.name,
                category=rule.kind.category,
                kind_id=rule.kind_id,
                facet_ids=tuple(rule.facet_ids),
                points=rule.points,
                half_life_days=rule.half_life_days,
                window_days=rule.window_days,
                cap=rule.cap,
            )
            for rule in definition.engagement_rules.select_related("kind")
        ),
        fit=tuple(
            FitLine(id=rule.pk, name=rule.name, points=rule.points, conditions=rule.conditions)
            for rule in definition.fit_rules.all()
        ),
        required=tuple(
            Required(
                criterion_id=row.criterion_id,
                label=row.criterion.label,
                question=row.criterion.question,
                least=row.least,
            )
            for row in definition.required.select_related("criterion")
        ),
    )


@lru_cache(maxsize=8)
def _spec_of(definition_id: int) -> Spec:
    """An activated definition never changes, so a process reads it once."""
    return load_spec(Definition.objects.get(pk=definition_id))


def forget_specs() -> None:
    """Read definitions afresh (after tests changed one in place)."""
    _spec_of.cache_clear()


def active_spec() -> Spec | None:
    """The definition by which everybody is judged now. One query."""
    active = (
        Definition.objects.filter(status=DefinitionStatus.ACTIVE).values_list("pk", flat=True).order_by("pk").first()
    )
    return _spec_of(active) if active else None


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule gives to a score, in thousandths of a point (fit rules: whole points × 1000)."""

    rule_id: int
    name: str
    category: str
    thousandths: int
    events: int = 0
    newest: date | None = None
    fades_on: date | None = None
    half_life_days: int | None = None
    is_capped: bool = False

    @property
    def points(self) -> str:
        """The exact points, as text: 12, 4.25, −5.125."""
        return self.whole + self.decimals

    @property
    def whole(self) -> str:
        """The points before the decimal point, with their sign."""
        return f"{'−' if self.thousandths < 0 else ''}{abs(self.thousandths) // 1000}"

    @property
    def decimals(self) -> str:
        """The decimal point and what follows it, or nothing."""
        digits = f"{abs(self.thousandths) % 1000:03d}".rstrip("0")
        return f".{digits}" if digits else ""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands between a lead and being a prospect."""

    what: str  # "score", "two_way" or a criterion's label
    sentence: str
    criterion_id: int | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with all its reasons, for a day."""

    contact_id: int
    day: int
    version: int
    total: int
    grade: str
    fit: int
    categories: dict[str, int]
    threshold: int
    is_qualified: bool
    lines: list[Line] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    fades_on: date | None = None

    @property
    def engagement(self) -> int:
        return self.total - self.fit

    @property
    def on(self) -> date:
        return date_of(self.day)

    def groups(self) -> list[tuple[str, int, list[Line]]]:
        """(category, its rounded points, its lines) for each part that has lines; the points add up to the total."""
        parts = [("fit", self.fit), *self.categories.items()]
        return [
            (name, points, [row for row in self.lines if row.category == name])
            for name, points in parts
            if points or any(row.category == name for row in self.lines)
        ]

    def as_json(self) -> dict[str, Any]:
        """For the API and for snapshots."""
        return {
            "contact": self.contact_id,
            "on": self.on.isoformat(),
            "definition": self.version,
            "total": self.total,
            "grade": self.grade,
            "fit": self.fit,
            "categories": self.categories,
            "threshold": self.threshold,
            "is_qualified": self.is_qualified,
            "fades_on": self.fades_on.isoformat() if self.fades_on else None,
            "missing": [asdict(row) for row in self.missing],
            "lines": [
                asdict(row)
                | {
                    "newest": row.newest.isoformat() if row.newest else None,
                    "fades_on": row.fades_on.isoformat() if row.fades_on else None,
                }
                for row in self.lines
            ],
        }


def _rows(sql: str, ids: list[int], day: int) -> list[dict[str, Any]]:
    """Run a statement that is not worth preparing: its two parameters are put in as literals."""
    return _fetch(sql.replace("$1::bigint[]", f"'{{{','.join(map(str, ids))}}}'::bigint[]").replace("$2", str(day)))


def _fetch(sql: str, params: list[Any] | None = None) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Planning costs more than running for one contact, so each connection prepares a statement once.
_prepared: "weakref.WeakKeyDictionary[Any, dict[tuple[Spec, str], str]]" = weakref.WeakKeyDictionary()


def prepared(spec: Spec, purpose: str, types: str, sql: Callable[[Statement], str]) -> str:
    """The name under which the statement is prepared on this connection.

    PREPARE survives a rollback, so what we remember of a connection stays true whatever becomes of a transaction.
    """
    connection.ensure_connection()
    names = _prepared.setdefault(connection.connection, {})
    if (spec, purpose) not in names:
        name = f"score_{len(names)}"
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE {name} ({types}) AS {sql(statement_of(spec))}")
        names[spec, purpose] = name
    return names[spec, purpose]


def statement_of(spec: Spec) -> Statement:
    """The evaluator of a definition."""
    return Statement(spec, _literal)


def _literal(sql: str, params: list[Any]) -> str:
    """SQL with its values quoted by the driver."""
    with connection.cursor() as cursor:
        return str(cursor.cursor.mogrify(sql, params or None).decode())


def why(contact_id: int, day: int, *, definition: Definition | None = None) -> Explanation | None:
    """The score of a contact on a day with all its lines and what is missing; none without a definition or contact.

    One query for the active definition, one for the score, two more to find when it fades.
    """
    spec = load_spec(definition) if definition else active_spec()
    if spec is None:
        return None
    name = prepared(spec, "why", "bigint[], int", lambda statement: statement.select(IDS, with_lines=True))
    rows = _fetch(f"EXECUTE {name} (%s::bigint[], %s)", [[contact_id], day])
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
        lines=_lines(spec, row, day),
        missing=_missing(spec, row, day),
        fades_on=_fades_on(spec, contact_id, row["total"], day),
    )


def _lines(spec: Spec, row: dict[str, Any], day: int) -> list[Line]:
    lines = [
        Line(rule_id=rule.id, name=rule.name, category="fit", thousandths=1000 * row[f"f{n}"])
        for n, rule in enumerate(spec.fit)
        if row[f"f{n}"]
    ]
    for n, rule in enumerate(spec.engagement):
        if not row[f"n{n}"]:
            continue
        newest = row[f"d{n}"]
        left = decay.fades_after(rule.points, rule.half_life_days, rule.window_days, day - newest)
        lines.append(
            Line(
                rule_id=rule.id,
                name=rule.name,
                category=rule.category,
                thousandths=row[f"l{n}"],
                events=row[f"n{n}"],
                newest=date_of(newest),
                fades_on=date_of(day + left),
                half_life_days=rule.half_life_days,
                is_capped=rule.cap is not None and abs(row[f"l{n}"]) == 1000 * rule.cap,
            )
        )
    return sorted(lines, key=lambda line: (line.category != "fit", line.category, -line.thousandths))


def _missing(spec: Spec, row: dict[str, Any], day: int) -> list[Missing]:
    missing = [
        Missing(
            required.label,
            f"{required.label} is not answered yet.",
            criterion_id=required.criterion_id,
            question=required.question,
        )
        for required in spec.required
        if required.criterion_id not in (row["met"] or [])
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
    name = prepared(
        spec,
        "fades",
        "bigint[], int, int, int",
        lambda statement: (
            "SELECT d.day, q.total FROM generate_series($2, $3, $4) AS d(day) "
            f"CROSS JOIN LATERAL ({statement.select(IDS, day='d.day')}) q ORDER BY d.day"
        ),
    )

    def first_below(start: int, stop: int, step: int) -> int | None:
        rows = _fetch(f"EXECUTE {name} (%s::bigint[], %s, %s, %s)", [[contact_id], start, stop, step])
        return next((row["day"] for row in rows if row["total"] < spec.threshold), None)

    week = first_below(day + 7, day + 7 * LOOK_AHEAD_WEEKS, 7)
    if week is None:
        return None
    return date_of(first_below(week - 6, week, 1) or week)


def hot_but_incomplete(threshold_margin: int = 10) -> int | None:
    """Least score of leads that are worth a question: a little below the active threshold."""
    spec = active_spec()
    return spec.threshold - threshold_margin if spec else None


def verdicts_of(contact: Contact) -> list[Verdict]:
    """How the judgement of a contact turned, newest first."""
    return list(contact.verdicts.select_related("definition").order_by("-pk")[:20])
