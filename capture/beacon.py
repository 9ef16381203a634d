"""What the tracker sends: {"site", "visitor", "events": [{"id", "kind", "at", "props"}]}. Values in, values out.

With it may come "consent": true or false, "automated": true where a program drives the browser, "touched": true where
somebody has pressed or scrolled, and "sent": when by the browser's clock, so that a wrong clock is set right. A page
view is sent again when the page is left, with the seconds it was looked at and how far down (percent) they have been.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import Refused
from leads import normalise

MAX_BYTES = 64 * 1024
MAX_EVENTS = 50
OLDEST = timedelta(days=7)  # a page that waited longer had a wrong clock
CLOSE = timedelta(minutes=2)  # a message may be on its way so long, with all that is tried again
READ = {"seconds": 4 * 3600, "scroll": 100}  # how long and how far a page was read; more is not believed
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
    consent: bool | None = None  # what the visitor just said
    is_automated: bool = False
    is_touched: bool = False


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
    if not isinstance(visitor, str) or not is_visitor(visitor):
        raise Refused(visitor="Give the visitor's id: 8 to 64 letters, digits, - or _.")
    consent = content.get("consent")
    if consent is not None and not isinstance(consent, bool):
        raise Refused(consent="Consent is true or false.")
    if not isinstance(events, list) or len(events) > MAX_EVENTS or not (events or consent is not None):
        raise Refused(events=f"Send 1 to {MAX_EVENTS} events.")
    skew = _skew(content.get("sent"), now)
    seen = [_event(event, f"events.{number}", now, skew) for number, event in enumerate(events)]
    return Beacon(site, visitor, seen, consent, content.get("automated") is True, content.get("touched") is True)


def is_visitor(text: str) -> bool:
    """Whether this is an id such as the tracker gives."""
    return _VISITOR.fullmatch(text) is not None


def _skew(sent: Any, now: datetime) -> timedelta:
    """By how much the browser's clock is wrong; nothing while the way of the message may be the reason."""
    told = _moment(sent, "sent") if sent is not None else now
    skew = now - told
    return skew if abs(skew) > CLOSE else timedelta()


def _event(event: Any, where: str, now: datetime, skew: timedelta) -> Seen:
    if not isinstance(event, dict):
        raise Refused(**{where: "An event is an object with id, kind, at and props."})
    number, kind, props = event.get("id"), event.get("kind"), event.get("props", {})
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise Refused(**{f"{where}.id": "Give each event an id of 8 to 64 letters, digits or -."})
    if not isinstance(kind, str) or not normalise.line(kind) or len(kind) > 200:
        raise Refused(**{f"{where}.kind": "Say what happened, such as page_view."})
    if not isinstance(props, dict):
        raise Refused(**{f"{where}.props": "Properties are an object."})
    return Seen(number, kind, _clamped(event.get("at"), where, now, skew), _measured(props))


def _measured(props: dict[str, Any]) -> dict[str, Any]:
    """The properties with the seconds and the depth of a page view as whole numbers, or without them."""
    for name, most in READ.items():
        value = props.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            props = {key: other for key, other in props.items() if key != name}
        else:
            props = props | {name: min(int(value), most)}
    return props


def _clamped(at: Any, where: str, now: datetime, skew: timedelta) -> datetime:
    """The browser's time, its clock set right, between a week ago and now. Without one, now."""
    if at is None:
        return now
    moment = _moment(at, f"{where}.at")
    try:
        return min(max(moment + skew, now - OLDEST), now)
    except OverflowError:
        return now - OLDEST


def _moment(at: Any, where: str) -> datetime:
    """An instant as browsers write it: ISO 8601, or milliseconds, as Date.now() gives them."""
    try:
        if isinstance(at, int | float) and not isinstance(at, bool):
            return datetime.fromtimestamp(at / 1000, UTC)
        moment = datetime.fromisoformat(at)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused(**{where: "Give the time as ISO 8601 or in milliseconds."}) from None
