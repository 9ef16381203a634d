"""How each line of the timeline reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.utils import timezone

from activities import visits, wording
from activities.models import ActivityKind
from leads import sources
from leads.human import in_words
from leads.models import Lifecycle, Purpose, Verdict

# Sources in the order in which they stand when they happened at the same instant.
ACTIVITY, EVIDENCE, LIFECYCLE, CONSENT, EVENT, OWNER = range(6)


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


class Entry(NamedTuple):
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


_ACTIVITY_ICONS = {
    ActivityKind.NOTE: "note",
    ActivityKind.CALL: "phone",
    ActivityKind.MEETING: "users",
    ActivityKind.REPLY: "mail",
    ActivityKind.MAIL: "send",
    ActivityKind.STAGE: "arrow-right",
    ActivityKind.SCORE: "gauge",
    ActivityKind.LIFECYCLE: "refresh",
    ActivityKind.OWNER: "user-check",
}


def item(run: list[Entry], names: Mapping[str, str]) -> Item:
    """The line that a run of entries makes; `names` are those of sources."""
    entry = run[0]
    if entry.is_step and (len(run) > 1 or entry.data["kind"] in visits.VIEWS):
        return _visit(run)
    return _READ_AS[entry.source](entry, names)


def _visit(run: list[Entry]) -> Item:
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


def _held(run: list[Entry]) -> str:
    """Why none of these events counts; nothing when at least one does."""
    if not all(entry.data["held"] for entry in run):
        return ""
    return f"does not count: {', '.join(in_words(sign for entry in run for sign in entry.data['signs'] or ()))}"


def _step(entry: Entry) -> View:
    kind, properties = entry.data["kind"], entry.data["properties"]
    if kind in visits.VIEWS:
        return View(entry.at, wording.path(properties), visits.read_note(properties))
    return View(entry.at, wording.step(kind, properties))


def _activity(entry: Entry, names: Mapping[str, str]) -> Item:
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


def _evidence(entry: Entry, names: Mapping[str, str]) -> Item:
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
        who=data["who"] or sources.in_words(data["source"], names),
        meta=facts if data["quote"] else "",
        is_quote=bool(data["quote"]),
        tone="good" if data["verdict"] == Verdict.MEETS else "",
    )


def _lifecycle(entry: Entry, names: Mapping[str, str]) -> Item:
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


def _consent(entry: Entry, names: Mapping[str, str]) -> Item:
    purpose = Purpose(entry.data["purpose"]).label
    if entry.data["waits"]:
        said = "Asked for, not confirmed yet"
    else:
        said = "Agreed to" if entry.data["given"] else "Took back"
    return Item(
        at=entry.at,
        icon="shield-check" if entry.data["given"] else "shield-off",
        title=f"{said}: {purpose}",
        meta=sources.in_words(entry.data["source"], names),
    )


def _owner(entry: Entry, names: Mapping[str, str]) -> Item:
    data = entry.data
    return Item(
        at=entry.at,
        icon="user-check" if data["to"] else "user-off",
        title=f"{data['from'] or 'Nobody'} → {data['to'] or 'nobody'}",
        meta="owner",
        who=data["who"] or "",
    )


def _event(entry: Entry, names: Mapping[str, str]) -> Item:
    data = entry.data
    told, source = wording.detail(data["facet"], data["properties"]), sources.in_words(data["source"], names)
    if f"form:{told}" == data["source"] in names:  # the form's name says both
        told, source = names[data["source"]], ""
    said = wording.words_of(data["properties"])
    held = _held([entry])
    return Item(
        at=entry.at,
        icon=wording.icon(data["kind"], data["category"]),
        title=f"{data['label']}: {told}" if told and told != said else data["label"],
        body=said,
        meta=" · ".join(part for part in (source, held) if part),
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
