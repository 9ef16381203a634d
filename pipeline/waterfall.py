"""Why a period's open pipeline is another sum on one day than on a day before. Pure; sums are exact, to the cent.

Each deal is compared as it stood on both days. What it added is split into kinds so that the first sum, plus all kinds,
is the last sum. A deal may speak in several: one that grew and was won then grew first. Unknown amounts count as zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Kind(StrEnum):
    """What may happen to a deal between two days."""

    NEW = "new"
    REOPENED = "reopened"
    PULLED_IN = "pulled_in"
    GREW = "grew"
    HANDED_IN = "handed_in"
    SHRANK = "shrank"
    PUSHED_OUT = "pushed_out"
    HANDED_OUT = "handed_out"
    LOST = "lost"
    GONE = "gone"
    WON = "won"


LABELS = {
    Kind.NEW: "New",
    Kind.REOPENED: "Re-opened",
    Kind.PULLED_IN: "Pulled in",
    Kind.GREW: "Grew",
    Kind.HANDED_IN: "Taken over",
    Kind.SHRANK: "Shrank",
    Kind.PUSHED_OUT: "Pushed out",
    Kind.HANDED_OUT: "Handed on",
    Kind.LOST: "Lost",
    Kind.GONE: "Removed",
    Kind.WON: "Won",
}


@dataclass(frozen=True, slots=True)
class Stood:
    """A deal on a day. `state` is open, won, lost or gone; of a closed one `expected` is the day when it was closed."""

    state: str
    amount: Decimal | None
    expected: date | None
    is_ours: bool = True  # of the people whose forecast it is
    is_omitted: bool = False

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Span:
    """The days on which a deal must be expected to count; open ends: any day, or none."""

    start: date | None = None
    end: date | None = None  # the day after

    def holds(self, day: date | None) -> bool:
        if self.start is None and self.end is None:
            return True
        return day is not None and (self.start is None or day >= self.start) and (self.end is None or day < self.end)


def counted(stood: Stood | None, span: Span) -> Decimal:
    """What a deal adds to the sum of a day."""
    return (stood.amount or ZERO) if stood is not None and is_counted(stood, span) else ZERO


def is_counted(stood: Stood | None, span: Span) -> bool:
    """Whether it is in the sum of a day, also with an unknown amount."""
    if stood is None or not stood.is_open or stood.is_omitted:
        return False
    return stood.is_ours and span.holds(stood.expected)


def steps(before: Stood | None, after: Stood | None, span: Span) -> dict[Kind, Decimal]:
    """By how much a deal moved the sum, and by what; empty when it is in neither sum."""
    was, is_in = is_counted(before, span), is_counted(after, span)
    first, last = counted(before, span), counted(after, span)
    if not was and not is_in:
        return _both(before, after, span)
    if not was:
        return {_came(before): last}
    if is_in:
        return _changed(first, last)
    # it has left the sum: first it grew or shrank to what it is now, then it went
    now = ZERO if after is None else after.amount or ZERO
    if after is None or after.state == "gone":
        return {Kind.GONE: -first}
    if after.state == "won":
        return _changed(first, now) | {Kind.WON: -now}
    if after.state == "lost":
        return {Kind.LOST: -first}
    return {Kind.HANDED_OUT if not after.is_ours else Kind.PUSHED_OUT: -first}


def _both(before: Stood | None, after: Stood | None, span: Span) -> dict[Kind, Decimal]:
    """It came and was closed in between: in no sum, and yet it was news."""
    if after is None or not after.is_ours or not span.holds(after.expected):
        return {}
    amount, is_new = after.amount or ZERO, before is None or before.state == "gone"
    if after.state == "won" and (before is None or before.state != "won"):
        return {_came(before): amount, Kind.WON: -amount}
    return {Kind.NEW: amount, Kind.LOST: -amount} if after.state == "lost" and is_new else {}


def _came(before: Stood | None) -> Kind:
    if before is None or before.state == "gone":
        return Kind.NEW
    if not before.is_open:
        return Kind.REOPENED
    return Kind.HANDED_IN if not before.is_ours else Kind.PULLED_IN


def _changed(first: Decimal, last: Decimal) -> dict[Kind, Decimal]:
    if first == last:
        return {}
    return {Kind.GREW if last > first else Kind.SHRANK: last - first}


@dataclass(frozen=True, slots=True)
class Change:
    """What one deal did to the sum."""

    deal: int
    kind: Kind
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the one sum to the other."""

    first: Decimal
    last: Decimal
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    def total(self, kind: Kind) -> Decimal:
        return sum((change.amount for change in self.of(kind)), ZERO)


def waterfall(before: Mapping[int, Stood], after: Mapping[int, Stood], span: Span) -> Waterfall:
    """The deals by id as they stood on the two days."""
    changes: list[Change] = []
    for deal in sorted(set(before) | set(after)):
        found = steps(before.get(deal), after.get(deal), span)
        changes += [Change(deal, kind, amount) for kind, amount in found.items()]
    return Waterfall(_sum(before.values(), span), _sum(after.values(), span), tuple(changes))


def _sum(deals: Iterable[Stood], span: Span) -> Decimal:
    return sum((counted(one, span) for one in deals), ZERO)
