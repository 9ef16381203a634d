"""Why a number is not what it was: volume, mix and rate. Values in, values out.

The usual decomposition of a product of a count, shares and rates (Kitagawa 1955, JASA 50:1168, with the volume apart):
more came (volume), others came (mix), the same ones got further (rate). In fractions, so that the three add up to the
difference exactly, in whole and for each part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Counted:
    """So many came, so many of them got there."""

    came: int
    got: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part, or all of them, did to the difference."""

    key: str
    before: Counted
    after: Counted
    volume: Fraction
    mix: Fraction
    rate: Fraction

    @property
    def whole(self) -> Fraction:
        return self.volume + self.mix + self.rate


@dataclass(frozen=True, slots=True)
class Explained:
    """The whole, and its parts, which add up to it."""

    whole: Effect
    parts: list[Effect]


def explain(before: Mapping[str, Counted], after: Mapping[str, Counted]) -> Explained:
    """The difference in how many got there.

    volume: more (or fewer) came, divided and converting as before. mix: the part's share of those who came changed, at
    its rate of before. rate: the part converts otherwise. A part that was not there before is taken to have had the
    rate of all, so what it brings by converting otherwise is rate.
    """
    keys = sorted({*before, *after})
    nothing = Counted(0, 0)
    old, new = [before.get(key, nothing) for key in keys], [after.get(key, nothing) for key in keys]
    came_old, came_new = sum(one.came for one in old), sum(one.came for one in new)
    overall = Fraction(sum(one.got for one in old), came_old) if came_old else Fraction(0)
    parts = []
    for key, was, now in zip(keys, old, new, strict=True):
        share_old = Fraction(was.came, came_old) if came_old else Fraction(0)
        share_new = Fraction(now.came, came_new) if came_new else Fraction(0)
        rate_old = Fraction(was.got, was.came) if was.came else overall
        rate_new = Fraction(now.got, now.came) if now.came else rate_old
        parts.append(
            Effect(
                key,
                was,
                now,
                volume=(came_new - came_old) * share_old * rate_old,
                mix=came_new * (share_new - share_old) * rate_old,
                rate=came_new * share_new * (rate_new - rate_old),
            )
        )
    return Explained(_whole(parts), parts)


def _whole(parts: Sequence[Effect]) -> Effect:
    return Effect(
        "",
        Counted(sum(one.before.came for one in parts), sum(one.before.got for one in parts)),
        Counted(sum(one.after.came for one in parts), sum(one.after.got for one in parts)),
        volume=sum((one.volume for one in parts), Fraction(0)),
        mix=sum((one.mix for one in parts), Fraction(0)),
        rate=sum((one.rate for one in parts), Fraction(0)),
    )
