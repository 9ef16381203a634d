"""A period against the one before it, at the same age, with the difference explained by source."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from leads.models import Source
from pipeline.periods import later
from reports.difference import Counted, Effect, explain
from reports.queries.cohorts import paces
from reports.queries.proof import Kept, kept
from reports.queries.steps import BY_KEY, Step
from reports.queries.wanted import Wanted
from scoring.proportions import FEW, Share


@dataclass(frozen=True, slots=True)
class Compared:
    """A source, or all: then, now, and what made the difference, in tenths of a person."""

    key: str  # empty: all
    label: str
    before: Counted
    after: Counted
    before_queries: tuple[str, str]  # who came, who got there
    after_queries: tuple[str, str]
    volume: int
    mix: int
    rate: int

    @property
    def difference(self) -> int:
        return self.after.got - self.before.got

    @property
    def rates(self) -> tuple[Share, Share]:
        return Share(self.before.got, self.before.came), Share(self.after.got, self.after.came)

    @property
    def is_small(self) -> bool:
        return min(self.before.came, self.after.came) < FEW


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole page."""

    kept: Kept
    step: Step
    months: list[date]
    former: list[date]
    whole: Compared
    parts: list[Compared]


def comparison(wanted: Wanted, *, now: datetime) -> Comparison:
    """The last full months against as many before; each month counts up to the age that its counterpart of the newer
    period has had whole, so that the younger is not blamed for its youth. Two queries."""
    today = now.astimezone(UTC).date().replace(day=1)
    target = wanted.reached if wanted.reached != "lead" else "won"
    newer = replace(
        wanted, month=None, end=later(today, -1), by="source", key=None, reached=target, level=True, within=None
    )
    newer = replace(newer, mark="", missing="", restated=None)
    older = newer.before(today)
    months, former = newer.cohorts(today), older.cohorts(today)
    came: dict[tuple[str, bool], int] = defaultdict(int)
    got: dict[tuple[str, bool], int] = defaultdict(int)
    for (step, month, source), ages in paces(("lead", target), [*months, *former]).items():
        is_new = month >= months[-1]
        place = (months if is_new else former).index(month)
        if step == "lead":
            came[source, is_new] += ages[0]
        else:
            got[source, is_new] += sum(ages[: place + 1])
    sources = {source for source, _ in (*came, *got)}
    explained = explain(
        {source: Counted(came[source, False], got[source, False]) for source in sources},
        {source: Counted(came[source, True], got[source, True]) for source in sources},
    )
    labels = {key: str(label) for key, label in Source.choices}
    parts = sorted(explained.parts, key=lambda part: -part.after.came)
    # as shown, each column adds up to its sum, and each line to its difference
    whole = _tenths([explained.whole.volume, explained.whole.mix, explained.whole.rate])
    volumes, mixes = (
        _tenths([getattr(part, name) for part in parts], whole[place]) for place, name in enumerate(("volume", "mix"))
    )
    return Comparison(
        kept=kept(),
        step=BY_KEY[target],
        months=months,
        former=former,
        whole=_compared("All", explained.whole, None, older, newer, (whole[0], whole[1])),
        parts=[
            _compared(labels[part.key], part, part.key, older, newer, (volume, mix))
            for part, volume, mix in zip(parts, volumes, mixes, strict=True)
        ],
    )


def _tenths(values: list[Fraction], whole: int | None = None) -> list[int]:
    """Tenths that add up to the rounded sum, or to `whole`."""
    if not values:
        return []
    fine = [round(value * 1_000_000) for value in values]
    aim = (sum(fine) + 50_000) // 100_000 if whole is None else whole
    low = [value // 100_000 for value in fine]
    by_rest = sorted(range(len(fine)), key=lambda place: (-(fine[place] - low[place] * 100_000), place))
    for place in by_rest[: max(0, aim - sum(low))]:
        low[place] += 1
    return low


def _compared(
    label: str, effect: Effect, key: str | None, older: Wanted, newer: Wanted, tenths: tuple[int, int]
) -> Compared:
    def queries(wanted: Wanted) -> tuple[str, str]:
        mine = replace(wanted, key=key)
        return replace(mine, reached="lead", level=False).query(), mine.query()

    volume, mix = tenths
    rate = 10 * (effect.after.got - effect.before.got) - volume - mix
    return Compared(key or "", label, effect.before, effect.after, queries(older), queries(newer), volume, mix, rate)
