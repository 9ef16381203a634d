"""What the tracker sends: {"site", "visitor", "events": [{"id", "kind", "at", "props"}]}. Values in, values out."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import Refused

MAX_BYTES = 64 * 1024
MAX_EVENTS = 50
OLDEST = timedelta(days=7)  # a page that waited longer had a wrong clock
_ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
_VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as a browser tells it."""

    id: str
    kind: str
    at: datetime
    props: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Beacon:
    """One request of the tracker."""

    site: str
    visitor: str
    events: list[Seen]


def read(body: bytes, *, now: datetime) -> Beacon:
    """The request's content; Refused names the first field that is wrong."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(body="This is not JSON.") from None
    if not isinstance(content, dict):
        raise Refused(body="Send an object with site, visitor and events.")
    site, visitor, events = content.get("site"), content.get("visitor"), content.get("events")
    if not isinstance(site, str) or not _ID.fullmatch(site):
        raise Refused(site="Give the site's write key (Settings, Tracking).")
    if not isinstance(visitor, str) or not _VISITOR.fullmatch(visitor):
        raise Refused(visitor="Give the visitor's id: 8 to 64 letters, digits, - or _.")
    if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
        raise Refused(events=f"Send 1 to {MAX_EVENTS} events.")
    return Beacon(site, visitor, [_event(event, f"events.{number}", now) for number, event in enumerate(events)])


def _event(event: Any, where: str, now: datetime) -> Seen:
    if not isinstance(event, dict):
        raise Refused(**{where: "An event is an object with id, kind, at and props."})
    number, kind, props = event.get("id"), event.get("kind"), event.get("props", {})
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise Refused(**{f"{where}.id": "Give each event an id of 8 to 64 letters, digits or -."})
    if not isinstance(kind, str) or not kind or len(kind) > 60:
        raise Refused(**{f"{where}.kind": "Say what happened, such as page_view."})
    if not isinstance(props, dict):
        raise Refused(**{f"{where}.props": "Properties are an object."})
    return Seen(number, kind, _clamped(event.get("at"), where, now), props)


def _clamped(at: Any, where: str, now: datetime) -> datetime:
    """The browser's time, brought between a week ago and now: its clock may be wrong. Without one, now."""
    if at is None:
        return now
    try:
        if isinstance(at, int | float) and not isinstance(at, bool):  # milliseconds, as Date.now() gives them
            moment = datetime.fromtimestamp(at / 1000, UTC)
        else:
            moment = datetime.fromisoformat(at)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return now if moment > now else max(moment, now - OLDEST)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused(**{f"{where}.at": "Give the time as ISO 8601 or in milliseconds."}) from None
