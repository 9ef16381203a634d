"""Page views that belong together: a visit ends when nothing happens for half an hour."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

GAP = timedelta(minutes=30)


class Placed(Protocol):
    """Something on a timeline."""

    @property
    def at(self) -> datetime: ...

    @property
    def is_page_view(self) -> bool: ...


Entry = TypeVar("Entry", bound=Placed)


def grouped(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Runs of page views, newest first, with at most GAP between neighbours; everything else stands alone.

    A run also ends where something else happened in between, so that the order of the story is kept.
    """
    run: list[Entry] = []
    for entry in entries:
        if run and not (entry.is_page_view and run[-1].is_page_view and run[-1].at - entry.at <= GAP):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run
