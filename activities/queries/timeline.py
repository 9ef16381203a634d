"""One stream of all that happened with a contact."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from activities import visits, wording
from activities.models import ActivityKind
from core import keyset
from leads.human import in_words
from leads.models import Contact, Lifecycle, Purpose, Verdict

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
# Sources in the order in which they stand when they happened at the same instant.
ACTIVITY, EVIDENCE, LIFECYCLE, CONSENT, EVENT, OWNER = range(6)
_WHERE: dict[str, dict[int, str]] = {
    "all": dict.fromkeys(range(6), "true"),
    "two_way": {ACTIVITY: "x.event_id IS NOT NULL", EVENT: "k.direction = 'two_way'"},
    "web": {EVENT: "k.category <> 'conversation'"},
    "talks": {
        ACTIVITY: "x.kind IN ('note', 'call', 'meeting', 'reply')",
        EVENT: "k.category = 'conversation'",
    },
    "evidence": {EVIDENCE: "true"},
    "changes": {
        ACTIVITY: "x.kind IN ('stage', 'score', 'lifecycle', 'owner')",
        LIFECYCLE: "true",
        CONSENT: "true",
        OWNER: "true",
    },
}
# source -> (columns of the row as JSON, tables, the instant's column)
_FROM = {
    ACTIVITY: (
        "'kind', x.kind, 'title', x.title, 'body', x.body, 'who', u.name, 'two_way', x.event_id IS NOT NULL",
        "activities_activity x LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    EVIDENCE: (
        "'label', k.label, 'verdict', x.verdict, 'text', x.text, 'amount', x.amount, 'on', x.on_date, "
        "'quote', x.quote, 'who', u.name, 'source', x.source",
        "leads_evidence x JOIN leads_criterion k ON k.id = x.criterion_id "
        "LEFT JOIN users_user u ON u.id = x.recorded_by_id",
        "observed_at",
    ),
    LIFECYCLE: (
        "'from', x.from_stage, 'to', x.to_stage, 'reason', x.reason, 'who', u.name",
        "leads_lifecyclechange x LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    CONSENT: (
        "'purpose', x.purpose, 'given', x.given, 'waits', x.is_pending, 'source', x.source",
        "leads_consent x",
        "at",
    ),
    OWNER: (
        "'from', f.name, 'to', t.name, 'who', u.name",
        "leads_ownerchange x LEFT JOIN users_user f ON f.id = x.from_owner_id "
        "LEFT JOIN users_user t ON t.id = x.to_owner_id LEFT JOIN users_user u ON u.id = x.actor_id",
        "at",
    ),
    EVENT: (
        "'kind', k.key, 'label', k.label, 'category', k.category, 'facet', k.facet_property, "
        "'two_way', k.direction = 'two_way', 'source', x.source, 'properties', x.properties, "
        "'held', x.is_quarantined, 'signs', x.human_reasons",
        "leads_engagementevent x JOIN leads_eventkind k ON k.id = x.kind_id",
        "occurred_at",
    ),
}
_NOT_TOLD_BY_ITS_ACTIVITY = "NOT EXISTS (SELECT FROM activities_activity a WHERE a.event_id = x.id)"


class View(NamedTuple):
    """One step of a visit: a page view, or what was done there; with how it was read."""

    at: datetime
    path: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the timeline; a visit carries its page views."""

    at: datetime
    icon: str
    title: str
    body: str = ""
    who: str = ""
    meta: str = ""
    two_way: bool = False
    is_quote: bool = False
    tone: str = ""
    views: list[View] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The reader's day."""
        return timezone.localdate(self.at)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stretch of the stream, newest first; `after` is where the next one starts, empty at the end."""

    items: list[Item]
    after: str


class _Entry(NamedTuple):
    at: datetime
    source: int
    id: int
    data: dict[str, Any]

    @property
    def place(self) -> tuple[datetime, int, int]:
        return self.at, -self.source, self.id

    @property
    def is_step(self) -> bool:
        return self.source == EVENT and visits.is_step(self.data["kind"], self.data["source"])


def timeline(contact: Contact, *, before: str = "", kinds: str = "all", limit: int = 50) -> Timeline:
    """A stretch of the stream that starts after the place `before`. One query, however long the stream is."""
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
    last = runs[-1][-1] if has_more and runs else None
    return Timeline(
        [_item(run) for run in runs], keyset.encode([last.at, last.source, last.id]) if last is not None else ""
    )


def _read(
    contact_id: int, wanted: dict[int, str], place: tuple[Any, ...] | None, limit: int
) -> tuple[list[_Entry], list[tuple[datetime, int, int]]]:
    """Rows of every wanted source, and the oldest place read of each source that has more."""
    parts, params = [], []
    sizes = {source: EVENTS_READ if source == EVENT else limit for source in wanted}
    for source, condition in wanted.items():
        columns, tables, at = _FROM[source]
        beside, values = _beside(place, source, f"x.{at}")
        extra = f" AND {_NOT_TOLD_BY_ITS_ACTIVITY}" if source == EVENT else ""
        parts.append(
            f"(SELECT {source} AS source, x.id, x.{at} AS at, jsonb_build_object({columns})::text FROM {tables} "  # noqa: S608
            f"WHERE x.contact_id = %s AND {condition}{beside}{extra} ORDER BY x.{at} DESC, x.id DESC LIMIT %s)"
        )
        params += [contact_id, *values, sizes[source] + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    entries: list[_Entry] = []
    truncated = []
    for source, size in sizes.items():
        found = [_Entry(at, source, pk, json.loads(data)) for of, pk, at, data in rows if of == source]
        found.sort(key=lambda entry: entry.place, reverse=True)
        if len(found) > size:
            found = found[:size]
            truncated.append(found[-1].place)
        entries += found
    return entries, truncated


def _beside(place: tuple[Any, ...] | None, source: int, at: str) -> tuple[str, list[Any]]:
    """SQL for: later in the stream than the place, which may be in another source."""
    if place is None:
        return "", []
    instant, where, pk = place
    if source == where:
        return f" AND ({at}, x.id) < (%s, %s)", [instant, pk]
    return f" AND {at} {'<=' if source > where else '<'} %s", [instant]


# --- how each reads ---

_ACTIVITY_ICONS = {
    ActivityKind.NOTE: "note",
    ActivityKind.CALL: "phone",
    ActivityKind.MEETING: "users",
    ActivityKind.REPLY: "mail",
    ActivityKind.STAGE: "arrow-right",
    ActivityKind.SCORE: "gauge",
    ActivityKind.LIFECYCLE: "refresh",
    ActivityKind.OWNER: "user-check",
}


def _item(run: list[_Entry]) -> Item:
    entry = run[0]
    if entry.is_step and (len(run) > 1 or entry.data["kind"] in visits.VIEWS):
        return _visit(run)
    return _READ_AS[entry.source](entry)


def _visit(run: list[_Entry]) -> Item:
    newest, oldest = run[0], run[-1]
    pages = [entry for entry in run if entry.data["kind"] in visits.VIEWS]
    done = [wording.step(entry.data["kind"], entry.data["properties"]) for entry in run if entry not in pages]
    took = visits.duration(oldest.at, newest.at, visits.seconds_read(newest.data["properties"]))
    held = _held(run)
    facts = (visits.lasting(took), visits.came_from(oldest.data["properties"]))
    return Item(
        at=newest.at,
        icon="eye",
        title=wording.visited([wording.path(entry.data["properties"]) for entry in reversed(pages)], done[::-1]),
        meta=" · ".join(fact for fact in (*facts, held) if fact),
        tone="held" if held else "",
        views=[_step(entry) for entry in run] if len(run) > 1 else [],
    )


def _held(run: list[_Entry]) -> str:
    """Why none of these events counts; nothing when at least one does."""
    if not all(entry.data["held"] for entry in run):
        return ""
    return f"does not count: {', '.join(in_words(sign for entry in run for sign in entry.data['signs'] or ()))}"


def _step(entry: _Entry) -> View:
    kind, properties = entry.data["kind"], entry.data["properties"]
    if kind in visits.VIEWS:
        return View(entry.at, wording.path(properties), visits.read_note(properties))
    return View(entry.at, wording.step(kind, properties))


def _activity(entry: _Entry) -> Item:
    data = entry.data
    return Item(
        at=entry.at,
        icon=_ACTIVITY_ICONS.get(data["kind"], "point"),
        title=data["title"],
        body=data["body"],
        who=data["who"] or "",
        two_way=data["two_way"],
        is_quote=data["kind"] == ActivityKind.REPLY and bool(data["body"]),
    )


def _evidence(entry: _Entry) -> Item:
    data = entry.data
    said = [data["text"]]
    if data["amount"] is not None:
        said.append(f"{data['amount']:,.0f}")
    if data["on"]:
        on = datetime.fromisoformat(data["on"]).replace(tzinfo=UTC)
        said.append(f"{on.day} {on:%b %Y}")
    facts = " · ".join(part for part in said if part)
    return Item(
        at=entry.at,
        icon={Verdict.MEETS: "circle-check", Verdict.WEAK: "circle-half-2"}.get(data["verdict"], "circle-x"),
        title=f"{data['label']}: {Verdict(data['verdict']).label.lower()}",
        body=data["quote"] or facts,
        who=data["who"] or ("" if data["source"] == "manual" else data["source"]),
        meta=facts if data["quote"] else "",
        is_quote=bool(data["quote"]),
        tone="good" if data["verdict"] == Verdict.MEETS else "",
    )


def _lifecycle(entry: _Entry) -> Item:
    data = entry.data
    to = Lifecycle(data["to"])
    return Item(
        at=entry.at,
        icon={
            Lifecycle.LEAD: "user-plus",
            Lifecycle.PROSPECT: "star",
            Lifecycle.CUSTOMER: "trophy",
            Lifecycle.DISQUALIFIED: "user-off",
        }[to],
        title=f"{Lifecycle(data['from']).label} → {to.label}" if data["from"] else "New lead",
        body=data["reason"],
        who=data["who"] or "",
        tone="good" if to in {Lifecycle.PROSPECT, Lifecycle.CUSTOMER} else "",
    )


def _consent(entry: _Entry) -> Item:
    purpose = Purpose(entry.data["purpose"]).label
    if entry.data["waits"]:
        said = "Asked for, not confirmed yet"
    else:
        said = "Agreed to" if entry.data["given"] else "Took back"
    return Item(
        at=entry.at,
        icon="shield-check" if entry.data["given"] else "shield-off",
        title=f"{said}: {purpose}",
        meta=entry.data["source"],
    )


def _owner(entry: _Entry) -> Item:
    data = entry.data
    return Item(
        at=entry.at,
        icon="user-check" if data["to"] else "user-off",
        title=f"{data['from'] or 'Nobody'} → {data['to'] or 'nobody'}",
        meta="owner",
        who=data["who"] or "",
    )


def _event(entry: _Entry) -> Item:
    data = entry.data
    told = wording.detail(data["facet"], data["properties"])
    said = wording.words_of(data["properties"])
    held = _held([entry])
    return Item(
        at=entry.at,
        icon=wording.icon(data["kind"], data["category"]),
        title=f"{data['label']}: {told}" if told and told != said else data["label"],
        body=said,
        meta=" · ".join(part for part in (data["source"], held) if part),
        two_way=data["two_way"] and not held,
        is_quote=bool(said),
        tone="held" if held else "",
    )


_READ_AS = {
    ACTIVITY: _activity,
    EVIDENCE: _evidence,
    LIFECYCLE: _lifecycle,
    CONSENT: _consent,
    EVENT: _event,
    OWNER: _owner,
}
