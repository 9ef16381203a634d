"""One stream of all that happened with a contact."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from activities import visits
from activities.queries.items import ACTIVITY, CONSENT, EVENT, EVIDENCE, LIFECYCLE, OWNER, Entry, Item, item
from core import keyset
from leads.models import Contact
from leads.sources import has_name

# filter -> label; what each takes from a source is in _WHERE
FILTERS = {
    "all": "All",
    "two_way": "Two-way",
    "web": "Web",
    "talks": "Conversations",
    "evidence": "Evidence",
    "changes": "Changes",
}
EVENTS_READ = 200  # many page views make one line


def _of_kinds(condition: str) -> str:
    """SQL for: an event of such a kind. The kinds are found first, so that the index keeps the events in order."""
    return f"x.kind_id = ANY (ARRAY(SELECT id FROM leads_eventkind WHERE {condition}))"  # noqa: S608


_WHERE: dict[str, dict[int, str]] = {
    "all": dict.fromkeys(range(6), "true"),
    "two_way": {ACTIVITY: "x.event_id IS NOT NULL", EVENT: _of_kinds("direction = 'two_way'")},
    "web": {EVENT: _of_kinds("category <> 'conversation'")},
    "talks": {
        ACTIVITY: "x.kind IN ('note', 'call', 'meeting', 'reply', 'mail')",
        EVENT: _of_kinds("category = 'conversation'"),
    },
    "evidence": {EVIDENCE: "true"},
    "changes": {
        ACTIVITY: "x.kind IN ('stage', 'score', 'lifecycle', 'owner')",
        LIFECYCLE: "true",
        CONSENT: "true",
        OWNER: "true",
    },
}
TOLD = "told"  # by its activity, which is a row of its own: a call, a meeting, a reply
# source -> (columns of the row as JSON, its table, what is joined to it, the instant's column)
_FROM = {
    ACTIVITY: (
        "'kind', x.kind, 'title', x.title, 'body', x.body, 'who', u.name, 'two_way', x.event_id IS NOT NULL",
        "activities_activity",
        "LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    EVIDENCE: (
        "'label', k.label, 'verdict', x.verdict, 'text', x.text, 'amount', x.amount, 'on', x.on_date, "
        "'quote', x.quote, 'who', u.name, 'source', x.source",
        "leads_evidence",
        "JOIN leads_criterion k ON k.id = x.criterion_id LEFT JOIN users_user u ON u.id = x.recorded_by_id",
        "observed_at",
    ),
    LIFECYCLE: (
        "'from', x.from_stage, 'to', x.to_stage, 'reason', x.reason, 'who', u.name",
        "leads_lifecyclechange",
        "LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    CONSENT: (
        "'purpose', x.purpose, 'given', x.given, 'waits', x.is_pending, 'source', x.source",
        "leads_consent",
        "",
        "at",
    ),
    OWNER: (
        "'from', f.name, 'to', t.name, 'who', u.name",
        "leads_ownerchange",
        "LEFT JOIN users_user f ON f.id = x.from_owner_id LEFT JOIN users_user t ON t.id = x.to_owner_id "
        "LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    EVENT: (
        "'kind', k.key, 'label', k.label, 'category', k.category, 'facet', k.facet_property, "
        "'two_way', k.direction = 'two_way', 'source', x.source, 'properties', x.properties, "
        "'held', x.is_quarantined, 'signs', x.human_reasons, "
        f"'{TOLD}', EXISTS (SELECT FROM activities_activity a WHERE a.event_id = x.id)",
        "leads_engagementevent",
        "JOIN leads_eventkind k ON k.id = x.kind_id",
        "occurred_at",
    ),
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stretch of the stream, newest first; `after` is where the next one starts, empty at the end."""

    items: list[Item]
    after: str


def timeline(
    contact: Contact,
    *,
    before: str = "",
    kinds: str = "all",
    limit: int = 50,
    names: Callable[[], Mapping[str, str]] = dict,
) -> Timeline:
    """A stretch of the stream that starts after the place `before`. One query, however long the stream is.

    `names` tells what sources are called (capture.queries.source_names); it is asked where a form or a site is shown.
    """
    wanted = _WHERE.get(kinds) or _WHERE["all"]
    entries, truncated = _read(contact.pk, wanted, keyset.decode(before, datetime, int, int), limit)
    # beyond the oldest row of a source that was cut off, rows of the others would come too early
    horizon = max(truncated, default=None)
    known = sorted((e for e in entries if horizon is None or e.place >= horizon), key=lambda e: e.place, reverse=True)
    runs = list(visits.grouped(known))
    has_more = horizon is not None
    if has_more and len(runs) > 1 and runs[-1][-1].is_step:
        runs.pop()  # this visit may go on below the horizon; the next stretch shows it whole
    if len(runs) > limit:
        runs, has_more = runs[:limit], True
    last = runs[-1][-1].place if runs else horizon
    after = keyset.encode([last[0], -last[1], last[2]]) if has_more and last else ""
    return Timeline(_items(runs, names), after)


def _items(runs: list[list[Entry]], names: Callable[[], Mapping[str, str]]) -> list[Item]:
    sources = {source for run in runs for entry in run if ":" in (source := entry.data.get("source") or "")}
    known = names() if any(has_name(source) for source in sources) else {}
    return [item(run, known) for run in runs]


def _read(
    contact_id: int, wanted: dict[int, str], place: tuple[Any, ...] | None, limit: int
) -> tuple[list[Entry], list[tuple[datetime, int, int]]]:
    """Rows of every wanted source, and the oldest place read of each source that has more."""
    parts, params = [], []
    sizes = {source: EVENTS_READ if source == EVENT else limit for source in wanted}
    for source, condition in wanted.items():
        columns, table, joined, at = _FROM[source]
        beside, values = _beside(place, source, f"x.{at}")
        # the rows are chosen first: of 5,000 events only those that are shown are put together
        parts.append(
            f"SELECT {source} AS source, x.id, x.{at} AS at, jsonb_build_object({columns})::text FROM "  # noqa: S608
            f"(SELECT x.* FROM {table} x WHERE x.contact_id = %s AND {condition}{beside} "
            f"ORDER BY x.{at} DESC, x.id DESC LIMIT %s) x {joined}"
        )
        params += [contact_id, *values, sizes[source] + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    entries: list[Entry] = []
    truncated = []
    for source, size in sizes.items():
        found = [Entry(at, source, pk, json.loads(data)) for of, pk, at, data in rows if of == source]
        found.sort(key=lambda entry: entry.place, reverse=True)
        if len(found) > size:
            found = found[:size]
            truncated.append(found[-1].place)
        entries += [entry for entry in found if not entry.data.get(TOLD)]
    return entries, truncated


def _beside(place: tuple[Any, ...] | None, source: int, at: str) -> tuple[str, list[Any]]:
    """SQL for: later in the stream than the place, which may be in another source."""
    if place is None:
        return "", []
    instant, where, pk = place
    if source == where:
        return f" AND ({at}, x.id) < (%s, %s)", [instant, pk]
    return f" AND {at} {'<=' if source > where else '<'} %s", [instant]
