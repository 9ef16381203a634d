"""The Segment protocol: what its clients send to /v1/…. Values in, values out.

The clock rule is Segment's: timestamp = receivedAt - (sentAt - originalTimestamp), so that a wrong clock is set right.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from capture.wire import TooLarge
from core.depth import is_too_deep
from core.errors import Refused
from leads import normalise

MAX_MESSAGE = 32 * 1024
MAX_MESSAGES = 2_500  # so many of the smallest that a client makes fit into a batch
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LEEWAY = timedelta(hours=24)
LONGEST_ID = 254
LONGEST_NAME = 200
CAMPAIGN = {"name": "campaign", "source": "source", "medium": "medium", "term": "term", "content": "content"}
_PAGE = ("path", "url", "title", "referrer", "search")


class Type(StrEnum):
    """The calls of the protocol."""

    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Message:
    """One call; `at` is set right by the clock rule."""

    type: Type
    id: str
    at: datetime
    user_id: str = ""
    anonymous_id: str = ""
    name: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    previous_id: str = ""
    group_id: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A message that was not taken, and why."""

    index: int
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: the messages in their order, with their places in the request."""

    write_key: str
    messages: list[tuple[int, Message]]
    refused: list[Wrong]


def read(body: bytes, call: str, *, now: datetime) -> Batch:
    """The messages of a request to /v1/`call`. Refused when it is no request; a wrong message is set aside."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(body="This is not JSON.") from None
    if not isinstance(content, dict):
        raise Refused(body="Send an object.")
    write_key = content.get("writeKey")
    write_key = write_key if isinstance(write_key, str) else ""
    if call != "batch":
        return _sorted(write_key, [content | {"type": call}], {}, now)
    messages = content.get("batch")
    if not isinstance(messages, list) or not messages:
        raise Refused(batch="Send at least one message in batch.")
    if len(messages) > MAX_MESSAGES:
        raise TooLarge(batch=f"At most {MAX_MESSAGES:,} messages in one request; these are {len(messages):,}.")
    return _sorted(write_key, messages, content, now)


def _sorted(write_key: str, given: list[Any], around: Mapping[str, Any], now: datetime) -> Batch:
    messages: list[tuple[int, Message]] = []
    refused: list[Wrong] = []
    shared = around.get("context")
    for index, raw in enumerate(given):
        try:
            messages.append((index, _message(raw, shared if isinstance(shared, dict) else {}, around, now)))
        except Refused as wrong:
            name, why = next(iter(wrong.fields.items()))
            refused.append(Wrong(index, name or "message", why))
    return Batch(write_key, messages, refused)


def _message(raw: Any, shared: dict[str, Any], around: Mapping[str, Any], now: datetime) -> Message:
    if not isinstance(raw, dict):
        raise Refused(message="A message is an object.")
    try:
        text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        size = len(text.encode())
    except (ValueError, RecursionError):  # NaN, half a surrogate, too deep
        raise Refused(message="This is not plain JSON.") from None
    if is_too_deep(raw, text):
        raise Refused(message="This is nested too deep. Send it flatter.")
    if size > MAX_MESSAGE:
        raise Refused(message="A message has at most 32 kB.")
    kind = raw.get("type") or raw.get("action")
    if kind not in list(Type):
        raise Refused(type=f"Give a type: {', '.join(Type)}.")
    kind = Type(kind)
    context = shared | _object(raw, "context")
    at = _instant(raw, raw.get("sentAt") or around.get("sentAt"), now)
    message = Message(
        type=kind,
        id=_message_id(raw),
        at=at,
        user_id=_id(raw, "userId", "user_id"),
        anonymous_id=_id(raw, "anonymousId", "anonymous_id"),
        name=_name(raw, kind),
        properties=_properties(raw, context, kind),
        traits=_traits(raw, context, kind),
        previous_id=_id(raw, "previousId", "previous_id"),
        group_id=_id(raw, "groupId", "group_id"),
        agent=_text(context.get("userAgent") or context.get("user_agent"), 500),
    )
    if not message.user_id and not message.anonymous_id and not (kind == Type.GROUP and message.group_id):
        raise Refused(userId="Give a userId or an anonymousId.")
    if kind == Type.TRACK and not message.name:
        raise Refused(event="Say in event what happened.")
    if kind == Type.GROUP and not message.group_id:
        raise Refused(groupId="Give a groupId.")
    if kind == Type.ALIAS and not (message.previous_id or message.anonymous_id):
        raise Refused(previousId="Give the previousId.")
    return message


def _object(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = of.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(**{name: "This must be an object."})
    return value


def _traits(raw: Mapping[str, Any], context: Mapping[str, Any], kind: Type) -> dict[str, Any]:
    """What is said of the person or, in a group, of the organisation; RudderStack's identify says it in the context."""
    if kind == Type.GROUP:
        return _object(raw, "traits")
    if kind == Type.IDENTIFY:
        return {**_part(context, "traits")} | _object(raw, "traits")
    return _object(context, "traits")


def _text(value: Any, longest: int) -> str:
    return normalise.line(value[: 2 * longest])[:longest] if isinstance(value, str) else ""


def _id(raw: Mapping[str, Any], *names: str) -> str:
    """An id as text; numbers are taken, as the clients take them."""
    value = next((raw[name] for name in names if raw.get(name) not in (None, "")), "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(**{names[0]: "An id is text or a number."})
    text = normalise.line(str(value)[:1000])
    if len(text) > LONGEST_ID:
        raise Refused(**{names[0]: f"An id has at most {LONGEST_ID} characters."})
    return text


def _name(raw: Mapping[str, Any], kind: Type) -> str:
    value = raw.get("event") if kind == Type.TRACK else raw.get("name")
    if kind == Type.TRACK and value is not None and not isinstance(value, str):
        raise Refused(event="The event's name is text.")
    return _text(value, LONGEST_NAME)


def _message_id(raw: Mapping[str, Any]) -> str:
    """The message's own id. A message without one is known again by its content when it says when it happened."""
    given = raw.get("messageId") or raw.get("message_id")
    text = normalise.line(str(given)[:1000]) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if 0 < len(text) <= 100:
        return text
    if not text and not raw.get("timestamp") and not raw.get("originalTimestamp"):
        return uuid.uuid4().hex
    content = text or json.dumps({key: raw[key] for key in raw if key != "sentAt"}, sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


def _instant(raw: Mapping[str, Any], sent_at: Any, now: datetime) -> datetime:
    """When it happened, by our clock; what is absurd is refused."""
    original = _time(raw.get("originalTimestamp") or raw.get("timestamp"), "timestamp")
    if original is None:
        return now
    sent = _time(sent_at, "sentAt")
    try:
        at = original if sent is None else now - (sent - original)
    except OverflowError:
        raise Refused(timestamp="This is no time that anything happened at.") from None
    if at > now + LEEWAY:
        raise Refused(timestamp="This is more than a day in the future. Check the sender's clock.")
    if at < EARLIEST:
        raise Refused(timestamp="Dates before the year 2000 are not taken.")
    return min(at, now)


def _time(value: Any, name: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused(**{name: "Give the time as ISO 8601, such as 2026-11-22T12:00:00.000Z."}) from None


def _properties(raw: Mapping[str, Any], context: Mapping[str, Any], kind: Type) -> dict[str, Any]:
    """What the event keeps: its own properties, and of the context the page and the campaign."""
    properties = dict(_object(raw, "properties"))
    if kind not in {Type.TRACK, Type.PAGE, Type.SCREEN}:
        return properties
    page = {name: value for name in _PAGE if isinstance(value := _part(context, "page").get(name), str) and value}
    if kind == Type.PAGE:
        properties = page | properties
        _complete_page(properties)
    else:
        if page.get("path") or page.get("url"):
            properties.setdefault("page", page.get("url") or page["path"])
        if page.get("referrer"):
            properties.setdefault("referrer", page["referrer"])
    for given, name in CAMPAIGN.items():
        value = _part(context, "campaign").get(given)
        if isinstance(value, str) and value:
            properties.setdefault(f"utm_{name}", value[:LONGEST_NAME])
    if kind == Type.TRACK and (mailing := _text(properties.get("campaign_name"), LONGEST_NAME)):  # as mail platforms do
        properties.setdefault("campaign", mailing)
    name = _text(raw.get("name"), LONGEST_NAME)
    if kind != Type.TRACK and name:
        properties.setdefault("title" if kind == Type.PAGE else "name", name)
    return properties


def _part(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = context.get(name)
    return value if isinstance(value, dict) else {}


def _complete_page(properties: dict[str, Any]) -> None:
    """Path, host and campaign, as far as only the address tells them."""
    url = properties.get("url")
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    except ValueError:
        return
    if parts.netloc:
        properties.setdefault("path", parts.path or "/")
        properties.setdefault("host", parts.netloc.lower())
    search = properties.get("search")
    query = parts.query or (search.removeprefix("?") if isinstance(search, str) else "")
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return
    for name, value in pairs:
        if name.startswith("utm_"):
            properties.setdefault(name, value[:LONGEST_NAME])
