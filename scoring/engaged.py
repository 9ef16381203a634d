"""What a contact's events add up to, as SQL in two shapes that mean the same.

`in_columns` sums every line in a column of its own: best for many contacts, because each event is touched once.
`in_rows` sums line by line in rows: best for one contact, because a plan with few expressions starts quickly, and for
an explanation, because the lines are there. Integers throughout (float8 holds them exactly), so order does not matter.

A rule that counts once ("first time only") is worth what its newest event is worth. Not the oldest: when that one left
the window the next would take its place and be worth more, so that a score rose by itself on a day when nothing happened.
By the newest a score only ever fades between two events, the window stays the memory, and a repeat adds nothing but
freshness.
"""

from collections.abc import Sequence

from leads.vocabulary import Category
from scoring.definitions import EngagementLine, Spec

CATEGORIES = tuple(category.value for category in Category)
_TWO_WAY = -1  # the number of the line that only says when they last talked to us


def in_columns(spec: Spec, who: str, day: str) -> str:
    """Per contact with events: the categories, the days of the newest event that can count and the newest two-way one.

    `who` is a predicate on e.contact_id, `day` an SQL integer.
    """
    columns = []
    for category in CATEGORIES:
        own = [_capped_sum(line, day) for line in spec.engagement if line.category == category]
        columns.append(f"round(({' + '.join(own) or '0'}) / '1000'::float8)::int AS {category}")
    talked = f"e.kind_id = ANY ({_smallints(spec.two_way_kinds)})"
    columns.append(f"max(e.day) AS last_day, max(e.day) FILTER (WHERE {talked}) AS two_way_day")
    return f"""
    SELECT e.contact_id, {", ".join(columns)}
    FROM leads_engagementevent e
    WHERE {_relevant(spec, who, day)}
    GROUP BY e.contact_id"""


def in_rows(spec: Spec, who: str, day: str, *, is_one: bool, with_lines: bool = False) -> str:
    """The same; with `is_one` a single row without the contact's id.

    `with_lines` adds `lines`: per rule with events that count its number, thousandths, events, day of the newest, and
    the thousandths before its cap.
    """
    weights, lines = _table(spec)
    worth, once, start = f"sum((({weights})[l.start + {day} - e.day] * e.events)::float8)", "", ""
    if any(line.first_only for line in spec.engagement):
        worth = f"CASE WHEN l.once THEN (({weights})[l.start + {day} - max(e.day)])::float8 ELSE {worth} END"
        once, start = ", once", ", l.start, l.once"
    uncapped = f", {worth} AS uncapped" if with_lines else ""
    key, column = ("", "") if is_one else ("contact_id, ", "e.contact_id, ")
    points = "round(coalesce(sum(q.worth) FILTER (WHERE q.category = {}), 0) / '1000'::float8)::int AS {}"
    columns = [points.format(number, category) for number, category in enumerate(CATEGORIES)]
    columns.append(f"max(q.newest) AS last_day, max(q.newest) FILTER (WHERE q.number = {_TWO_WAY}) AS two_way_day")
    if with_lines:
        line = "ARRAY[q.number, q.worth::bigint, q.events, q.newest, q.uncapped::bigint]"
        columns.append(f"array_agg({line}) FILTER (WHERE q.number <> {_TWO_WAY}) AS lines")
    return f"""
    SELECT {key}{", ".join(columns)}
    FROM (
      SELECT {column}l.number, l.category, sum(e.events)::bigint AS events, max(e.day) AS newest,
        greatest(-l.cap, least(l.cap, {worth})) AS worth{uncapped}
      FROM (
        SELECT {column}e.day, e.kind_id, e.facet_id, count(*) AS events
        FROM leads_engagementevent e
        WHERE {_relevant(spec, who, day)}
        GROUP BY {column}e.day, e.kind_id, e.facet_id) e
      JOIN (VALUES {lines}) l (number, kind_id, facet_id, horizon, start, cap, category{once})
        ON l.kind_id = e.kind_id AND (l.facet_id IS NULL OR l.facet_id = e.facet_id) AND {day} - e.day < l.horizon
      GROUP BY {column}l.number, l.category, l.cap{start}) q
    {"" if is_one else "GROUP BY contact_id"}"""


def _horizons(spec: Spec) -> dict[int, int]:
    """Per kind of event the days after which no rule and no condition looks at it."""
    furthest: dict[int, int] = {}
    for line in spec.engagement:
        furthest[line.kind_id] = max(furthest.get(line.kind_id, 0), line.horizon)
    if spec.two_way_days:
        for kind in spec.two_way_kinds:
            furthest[kind] = max(furthest.get(kind, 0), spec.two_way_days)
    return furthest


def _relevant(spec: Spec, who: str, day: str) -> str:
    """Events that can still count: a stretch of the index, then the horizon of each kind from an array."""
    horizons = _horizons(spec)
    by_kind = _ints([horizons.get(kind, 0) for kind in range(1, max(horizons, default=1) + 1)])
    return (
        f"{who} AND e.contact_id IS NOT NULL AND NOT e.is_quarantined\n"
        f"      AND e.day <= {day} AND e.day > {day} - {max(horizons.values(), default=0)}\n"
        f"      AND {day} - e.day < ({by_kind})[e.kind_id]"
    )


def _capped_sum(line: EngagementLine, day: str) -> str:
    mine = f"e.kind_id = {line.kind_id}"
    if line.facet_ids:
        mine += f" AND e.facet_id = ANY ('{{{','.join(map(str, line.facet_ids))}}}'::bigint[])"
    # an age beyond the array counts nothing
    if line.first_only:
        total = f"coalesce(({_ints(line.weights)})[{day} - max(e.day) FILTER (WHERE {mine}) + 1], 0)"
    else:
        total = f"coalesce(sum(CASE WHEN {mine} THEN ({_ints(line.weights)})[{day} - e.day + 1] END), 0)"
    return total if line.cap is None else f"greatest({-1000 * line.cap}, least({1000 * line.cap}, {total}))"


def _table(spec: Spec) -> tuple[str, str]:
    """All weights in one array, and the rows that say which line reads which stretch of it for which events."""
    weights: list[int] = []
    rows = []
    has_once = any(line.first_only for line in spec.engagement)
    for number, line in enumerate(spec.engagement):
        start, category = len(weights) + 1, CATEGORIES.index(line.category)
        weights += line.weights
        cap = "NULL::float8" if line.cap is None else f"{1000 * line.cap}::float8"
        for facet in line.facet_ids or [None]:
            wanted = "NULL::bigint" if facet is None else str(facet)
            once = f", {'true' if line.first_only else 'false'}" if has_once else ""
            rows.append(f"({number}, {line.kind_id}, {wanted}, {line.horizon}, {start}, {cap}, {category}{once})")
    horizons = _horizons(spec)
    for kind in spec.two_way_kinds:
        if kind in horizons:
            nobody = ", false" if has_once else ""
            horizon = horizons[kind]
            rows.append(f"({_TWO_WAY}, {kind}, NULL::bigint, {horizon}, NULL::int, NULL::float8, NULL::int{nobody})")
    nothing = "(NULL::int, NULL::int, NULL::bigint, NULL::int, NULL::int, NULL::float8, NULL::int)"
    return _ints(weights), ", ".join(rows or [nothing])


def _ints(numbers: Sequence[int]) -> str:
    return "'{" + ",".join(map(str, numbers)) + "}'::int[]"


def _smallints(numbers: tuple[int, ...]) -> str:
    return "'{" + ",".join(map(str, numbers)) + "}'::smallint[]"
