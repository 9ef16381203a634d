"""Definitions as plain values, and their statement prepared on each connection."""

import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any

from django.db import connection

from leads.models import Direction, EventKind
from scoring.definitions import EngagementLine, ExclusionLine, FitLine, PersonaLine, Required, Spec
from scoring.models import Definition
from scoring.past import PastStatement
from scoring.statement import Statement


def load_spec(definition: Definition) -> Spec:
    """The definition as plain values; general fit rules first, then those of each persona. Six small queries."""
    required: dict[int | None, list[Required]] = {}
    for row in definition.required.select_related("criterion"):
        required.setdefault(row.persona_id, []).append(
            Required(
                criterion_id=row.criterion_id,
                label=row.criterion.label,
                question=row.criterion.question,
                least=row.least,
                fresh_days=row.fresh_days,
            )
        )
    personas = tuple(
        PersonaLine(row.pk, row.name, tuple(required.get(row.pk, ()))) for row in definition.personas.all()
    )
    places = {None: -1} | {persona.id: place for place, persona in enumerate(personas)}
    fit = sorted(definition.fit_rules.all(), key=lambda rule: places[rule.persona_id])
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
                first_only=rule.first_only,
            )
            for rule in definition.engagement_rules.select_related("kind")
        ),
        fit=tuple(
            FitLine(rule.pk, rule.name, rule.points, rule.conditions, persona_id=rule.persona_id) for rule in fit
        ),
        required=tuple(required.get(None, ())),
        personas=personas,
        exclusions=tuple(ExclusionLine(row.pk, row.name, row.conditions) for row in definition.exclusions.all()),
        team_id=definition.team_id,
        team=str(definition.team or ""),
    )


@lru_cache(maxsize=64)
def _spec_of(definition_id: int, team: str, is_shared: bool, wording: str, kinds: tuple[str, ...]) -> Spec:
    """An activated definition never changes, so a process reads it once for each state of the registry of kinds.

    Its team may get another name, and criteria may be called and asked for otherwise.
    """
    return replace(load_spec(Definition.objects.select_related("team").get(pk=definition_id)), is_shared=is_shared)


_ACTIVE = """
SELECT d.id, coalesce((SELECT t.name FROM users_team t WHERE t.id = d.team_id), ''),
  EXISTS (SELECT FROM scoring_definition o WHERE o.status = 'active' AND o.id <> d.id),
  coalesce((SELECT md5(string_agg(concat_ws(chr(1), c.id, c.label, c.question), chr(2) ORDER BY c.id))
    FROM leads_criterion c), ''),
  ARRAY(SELECT k.id || ' ' || k.direction || ' ' || k.category FROM leads_eventkind k ORDER BY k.id)
FROM scoring_definition d WHERE d.status = 'active'"""
_APPLIES = f"""{_ACTIVE} AND (d.team_id IS NULL OR d.team_id = (
  SELECT u.team_id FROM leads_standing s JOIN users_user u ON u.id = s.owner_id WHERE s.contact_id = $1))
ORDER BY d.team_id NULLS LAST LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Active:
    """The definitions in force: the one for all, and those of teams, by team."""

    common: Spec | None
    teams: Mapping[int, Spec]

    def __iter__(self) -> Iterator[Spec]:
        yield from (self.common,) if self.common else ()
        yield from self.teams.values()

    def of_team(self, team_id: int | None) -> Spec | None:
        """By which somebody is judged whose owner is in this team; none: in no team, or nobody owns them."""
        return self.common if team_id is None else self.teams.get(team_id, self.common)

    def whose(self, team_id: int | None) -> str:
        """Who would be judged by a definition of this team (none: the one for all): a condition on their owner, u.

        Nothing when that is everybody.
        """
        if team_id is not None:
            return f"u.team_id = {team_id}"
        return f"(u.team_id IS NULL OR u.team_id NOT IN ({', '.join(map(str, self.teams))}))" if self.teams else ""


def forget_specs() -> None:
    """Read definitions afresh (after tests changed one in place)."""
    _spec_of.cache_clear()


def active_specs() -> Active:
    """The definitions by which people are judged now. One small query."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {_prepare('active', '', lambda: _ACTIVE)}")
        found = [_spec_of(*known, tuple(kinds)) for *known, kinds in cursor.fetchall()]
    return Active(
        next((spec for spec in found if spec.team_id is None), None),
        {spec.team_id: spec for spec in sorted(found, key=lambda spec: spec.id) if spec.team_id is not None},
    )


def active_spec() -> Spec | None:
    """The definition for all. One small query."""
    return active_specs().common


def spec_for(contact_id: int) -> Spec | None:
    """The definition by which somebody is judged now: their owner's team's, else the one for all. One small query."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {_prepare('applies', '(bigint)', lambda: _APPLIES)} (%s)", [contact_id])
        row = cursor.fetchone()
    return _spec_of(*row[:-1], tuple(row[-1])) if row else None


def judged_by(active: Active, contact_ids: Sequence[int]) -> list[tuple[Spec, list[int]]]:
    """Who of these is judged by which definition. A query when a team has its own; else none."""
    if not active.teams:
        return [(active.common, list(contact_ids))] if active.common and contact_ids else []
    rows = fetch(
        "SELECT s.contact_id, u.team_id FROM leads_standing s LEFT JOIN users_user u ON u.id = s.owner_id "
        "WHERE s.contact_id = ANY (%s) ORDER BY s.contact_id FOR NO KEY UPDATE OF s",
        [list(contact_ids)],
    )
    parts: dict[int, tuple[Spec, list[int]]] = {}
    for row in rows:
        if (spec := active.of_team(row["team_id"])) is not None:
            parts.setdefault(spec.id, (spec, []))[1].append(row["contact_id"])
    return list(parts.values())


def statement_of(spec: Spec) -> Statement:
    """The evaluator of a definition."""
    return Statement(spec, literal)


def literal(sql: str, params: list[Any]) -> str:
    """SQL with its values quoted by the driver."""
    with connection.cursor() as cursor:
        return str(cursor.cursor.mogrify(sql, params or None).decode())


def filled(sql: str, numbers: Sequence[int], day: int) -> str:
    """A statement that is not worth preparing, with its two parameters as literals."""
    return sql.replace("$1::bigint[]", f"'{{{','.join(map(str, numbers))}}}'::bigint[]").replace("$2", str(day))


def run(sql: str, numbers: Sequence[int], day: int) -> list[dict[str, Any]]:
    """The rows of such a statement."""
    return fetch(filled(sql, numbers, day))


def known_then(spec: Spec, contact_ids: Sequence[int], day: int, *, whose: str = "") -> list[dict[str, Any]]:
    """How these contacts stood on the evening of a past day, with lines, by what we knew then; who was there."""
    return run(PastStatement(spec, literal, day).some(whose), contact_ids, day)


def fetch(sql: str, params: Any = None) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Planning costs more than running for one contact, so each connection prepares a statement once. PREPARE survives a
# rollback, so what we remember of a connection stays true whatever becomes of a transaction.
_prepared: "weakref.WeakKeyDictionary[Any, dict[Hashable, str]]" = weakref.WeakKeyDictionary()
_numbers = count()
# Each holds 0.6 to 0.9 MB of the server's memory, with sixty rules 1.9 MB; to plan it again costs 20 to 50 ms where
# running it costs half a millisecond. Web processes ask two of each definition, workers one: this is enough for thirty
# teams with their own, at most 50 MB a connection. Beyond it what was used longest ago is planned again.
MOST_PREPARED = 64


def prepared(spec: Spec, purpose: str, types: str, sql: Callable[[Statement], str]) -> str:
    """The name under which a statement of the definition is prepared on this connection."""
    return _prepare((spec, purpose), f"({types})", lambda: sql(statement_of(spec)))


def _prepare(key: Hashable, types: str, sql: Callable[[], str]) -> str:
    connection.ensure_connection()
    names = _prepared.setdefault(connection.connection, {})
    if key in names:
        names[key] = names.pop(key)  # the newest used stands last
        return names[key]
    text = sql()
    with connection.cursor() as cursor:
        while len(names) >= MOST_PREPARED:
            oldest = next(iter(names))
            cursor.execute(f"DEALLOCATE {names[oldest]}")
            del names[oldest]
        name = f"score_{next(_numbers)}"
        cursor.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE {name} {types} AS {text}")
    names[key] = name
    return name
