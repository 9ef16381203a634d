"""What part each visit had in bringing somebody: first, last, linear and position-based shares. Values in, values out.

The usual rules of multi-touch attribution; position-based gives 40 % to the first, 40 % to the last and shares the
rest among those between (of two, half each). Parts are whole thousandths that add up to exactly 1,000 for a person, so
that sums of them are exact and come to the number of people.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Channel = TypeVar("Channel", bound=Hashable)

WHOLE = 1000
ENDS = 400
MODELS = ("first", "last", "linear", "position")


def shared(whole: int, among: int) -> list[int]:
    """Equal parts that add up to the whole; what cannot be divided goes to the first ones."""
    part, rest = divmod(whole, among)
    return [part + (number < rest) for number in range(among)]


def first(count: int) -> list[int]:
    """All to the first."""
    return [WHOLE] + [0] * (count - 1)


def last(count: int) -> list[int]:
    """All to the last."""
    return [0] * (count - 1) + [WHOLE]


def linear(count: int) -> list[int]:
    """The same to each."""
    return shared(WHOLE, count)


def position(count: int) -> list[int]:
    """Most to the first and to the last."""
    if count <= 2:
        return shared(WHOLE, count)
    return [ENDS, *shared(WHOLE - 2 * ENDS, count - 2), ENDS]


def credits_of(touches: "Sequence[tuple[Channel, bool]]") -> dict[Channel, tuple[int, int, int, int]]:
    """By channel its parts by first, last, linear and position; touches come in the order of time, with whether each
    was a direct visit, which takes the last place only when there was nothing else.
    """
    if not touches:
        return {}
    order = [channel for channel, _ in touches]
    known = [place for place, (_, is_direct) in enumerate(touches) if not is_direct]
    ending = known[-1] if known else len(order) - 1
    lasts = [WHOLE * (place == ending) for place in range(len(order))]
    count = len(order)
    parts: dict[Channel, tuple[int, int, int, int]] = {}
    for channel, *given in zip(order, first(count), lasts, linear(count), position(count), strict=True):
        before = parts.get(channel, (0, 0, 0, 0))
        parts[channel] = (before[0] + given[0], before[1] + given[1], before[2] + given[2], before[3] + given[3])
    return parts


def rounded(parts: Sequence[int], *, unit: int = 100) -> list[int]:
    """Parts rounded to multiples of the unit so that they add up to their rounded sum (largest remainder, Hamilton)."""
    low = [part // unit * unit for part in parts]
    missing = (sum(parts) + unit // 2) // unit - sum(low) // unit
    by_rest = sorted(range(len(parts)), key=lambda place: (low[place] - parts[place], place))
    for place in by_rest[: max(0, missing)]:
        low[place] += unit
    return low
