"""A visit: what somebody did on a web site in one go. It ends when nothing happens for half an hour. Values only."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from leads.origin import origin_of

GAP = timedelta(minutes=30)
VIEWS = frozenset({"page_view", "screen_viewed"})
STEPS = VIEWS | {"link_clicked", "asset_downloaded", "page_shared"}
_SITES = ("tracker:", "segment:")


class Placed(Protocol):
    """Something on a timeline."""

    @property
    def at(self) -> datetime: ...

    @property
    def is_step(self) -> bool: ...


Entry = TypeVar("Entry", bound=Placed)


def is_step(kind: str, source: str) -> bool:
    """Whether an event is part of a visit: a page view, or what a site reports beside it."""
    return kind in VIEWS or (kind in STEPS and source.startswith(_SITES))


def grouped(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Runs of steps, newest first, with at most GAP between neighbours; everything else stands alone.

    A run also ends where something else happened in between, so that the order of the story is kept.
    """
    run: list[Entry] = []
    for entry in entries:
        if run and not (entry.is_step and run[-1].is_step and run[-1].at - entry.at <= GAP):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def seconds_read(properties: Mapping[str, Any]) -> int:
    """How long a page was looked at, as far as that was told."""
    value = properties.get("seconds")
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 86_400 else 0


def duration(oldest: datetime, newest: datetime, read: int) -> timedelta:
    """From the first step to the last one, and how long that one was read."""
    return newest - oldest + timedelta(seconds=read)


def lasting(time: timedelta) -> str:
    """A duration in words: 40 s, 12 min, 1 h 5 min; empty when there is none."""
    seconds = int(time.total_seconds())
    if seconds < 60:
        return f"{seconds} s" if seconds > 0 else ""
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def came_from(properties: Mapping[str, Any]) -> str:
    """Where a visit began, by its first step: "from google, organic"; empty within the site, or where nothing tells."""
    origin = origin_of(properties)
    if origin is None or (origin.is_direct and not properties.get("host")):
        return ""
    if origin.is_direct:
        return "direct"
    medium = f", {origin.medium}" if origin.medium not in {"unknown", origin.source} else ""
    return f"from {origin.source}{medium}"


def read_note(properties: Mapping[str, Any]) -> str:
    """How a page was read: "45 s, 80 % down"."""
    seconds, scroll = seconds_read(properties), properties.get("scroll")
    parts = [lasting(timedelta(seconds=seconds))] if seconds else []
    if isinstance(scroll, int) and not isinstance(scroll, bool) and 0 < scroll <= 100 and seconds:
        parts.append(f"{scroll} % down")
    return ", ".join(parts)
