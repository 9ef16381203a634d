"""What the rules of a definition did, from who each of them fired for. Values in, values out.

A set of rules that fired for somebody is one number with a bit per rule: engagement rules first, then fit rules, each
in the order of the definition.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring import acceptance, decay
from scoring.definitions import Spec
from scoring.proportions import Share

REDUNDANT = 0.9  # of the people for whom either fires, both do
LEAST_FIRED = 20  # below, nothing is said about twins
RECENT_DAYS, BEFORE_DAYS = 30, 90
WON, LOST, OPEN = "won", "lost", "open"


def keys(spec: Spec) -> list[str]:
    """A short name per rule, in the order of the bits: e12 and f3."""
    return [f"e{line.id}" for line in spec.engagement] + [f"f{rule.id}" for rule in spec.fit]


def fired(spec: Spec, fits: Sequence[int] | None, lines: Sequence[Sequence[int]] | None) -> int:
    """The set of rules that gave somebody points, from what the statement says with lines."""
    mask = 0
    for number, thousandths, *_ in lines or []:
        if thousandths:
            mask |= 1 << number
    for place, points in enumerate(fits or []):
        if points:
            mask |= 1 << (len(spec.engagement) + place)
    return mask


def fit_of(spec: Spec, points: Sequence[int]) -> int:
    """The fit that these points of the rules make: the general ones, and those of the persona that suits best."""
    sums: Counter[int | None] = Counter()
    for rule, worth in zip(spec.fit, points, strict=True):
        sums[rule.persona_id] += worth
    general = sums.pop(None, 0)
    return general + max([0, *sums.values()])


def decisive(
    spec: Spec,
    fits: Sequence[int] | None,
    lines: Sequence[Sequence[int]] | None,
    points: Sequence[int] | None = None,
) -> int:
    """The set of rules without each of which the total would have stayed below the line; none if it is below anyway.

    `points` are those of all fit rules that hold, also of personas that did not win (else the same as `fits`): without
    its rule a persona may give way to another.
    """
    worth_of = list(points or fits or [])
    sums: Counter[str] = Counter()
    worth = {number: thousandths for number, thousandths, *_ in lines or []}
    for number, thousandths in worth.items():
        sums[spec.engagement[number].category] += thousandths
    fit = fit_of(spec, worth_of) if worth_of else 0
    total = fit + sum(decay.rounded(part) for part in sums.values())
    if total < spec.threshold:
        return 0
    mask = 0
    for number, thousandths in worth.items():
        whole = sums[spec.engagement[number].category]
        if total - decay.rounded(whole) + decay.rounded(whole - thousandths) < spec.threshold:
            mask |= 1 << number
    for place, gives in enumerate(fits or []):
        without = [*worth_of[:place], 0, *worth_of[place + 1 :]]
        if gives and total - fit + fit_of(spec, without) < spec.threshold:
            mask |= 1 << (len(spec.engagement) + place)
    return mask


@dataclass(frozen=True, slots=True)
class Promotion:
    """Somebody whom the definition made a prospect, and what came of it."""

    contact_id: int
    fired: int
    decisive: int
    outcome: str
    handed_over: str = acceptance.EARLY  # how the hand-off ended

    def as_row(self) -> list[Any]:
        return [self.contact_id, self.fired, self.decisive, self.outcome, self.handed_over]


def report(
    spec: Spec,
    masks: Mapping[int, int],
    promotions: Sequence[Promotion],
    drift: Mapping[str, Sequence[int]],
    proposals: Mapping[str, Sequence[int]],
) -> dict[str, Any]:
    """The report as it is kept. `masks`: set of rules -> contacts; `drift`: key -> hits and all, lately and before."""
    names = keys(spec)
    fires = [_count(masks, 1 << place) for place in range(len(names))]
    return {
        "contacts": sum(masks.values()),
        "promotions": [promotion.as_row() for promotion in promotions],
        "rules": [
            {
                "key": key,
                "fires": fires[place],
                "twin": _twin(masks, fires, place),
                "drift": list(drift.get(key, [])),
                "proposal": list(proposals.get(key, [])),
            }
            for place, key in enumerate(names)
        ],
    }


def _count(masks: Mapping[int, int], rules: int) -> int:
    return sum(people for mask, people in masks.items() if mask & rules == rules)


def _twin(masks: Mapping[int, int], fires: Sequence[int], place: int) -> list[Any] | None:
    """The rule that fires for nearly the same people: its place, and how many both fire for; none when none does."""
    if fires[place] < LEAST_FIRED:
        return None
    best: tuple[float, int, int] = (0.0, -1, 0)
    for other in range(len(fires)):
        if other != place:
            both = _count(masks, (1 << place) | (1 << other))
            share = both / (fires[place] + fires[other] - both)
            best = max(best, (share, other, both))
    share, other, both = best
    return [other, both, round(share, 3)] if both else None


@dataclass(frozen=True, slots=True)
class Drift:
    """How often a rule fires lately against the time before."""

    lately: Share
    before: Share

    @property
    def is_clear(self) -> bool:
        """Whether the two intervals do not touch."""
        return bool(
            self.lately.of
            and self.before.of
            and (self.lately.interval[0] > self.before.interval[1] or self.lately.interval[1] < self.before.interval[0])
        )

    @property
    def words(self) -> str:
        if not self.lately.of or not self.before.of:
            return "too little to compare"
        if not self.is_clear:
            return "as before"
        return (
            "more often than before"
            if (self.lately.value or 0) > (self.before.value or 0)
            else "less often than before"
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What one rule did, as a page shows it."""

    key: str
    name: str
    category: str
    points: int
    fires: int
    of: int
    promotions: int
    decisive: int
    accepted: Share  # of its hand-offs, scoring/acceptance.py
    won: Share  # of its promotions that are decided
    won_decisive: Share
    twin: str
    twin_share: float
    drift: Drift | None
    proposal: tuple[int, int, int] | None

    @property
    def is_dead(self) -> bool:
        return self.fires == 0

    @property
    def is_redundant(self) -> bool:
        return self.twin_share >= REDUNDANT

    @property
    def differs(self) -> bool:
        """Whether the points that history suggests leave out those it has."""
        return self.proposal is not None and not self.proposal[1] <= self.points <= self.proposal[2]


def accounts(spec: Spec, content: Mapping[str, Any]) -> list[Account]:
    """A kept report, with the rules' names."""
    rules: list[Any] = [*spec.engagement, *spec.fit]
    names = keys(spec)
    kept = {row["key"]: row for row in content["rules"]}
    promotions = [Promotion(*row) for row in content["promotions"]]
    found = []
    for place, (key, rule) in enumerate(zip(names, rules, strict=True)):
        if key not in kept:
            continue
        row, bit = kept[key], 1 << place
        mine = [promotion for promotion in promotions if promotion.fired & bit]
        deciding = [promotion for promotion in promotions if promotion.decisive & bit]
        twin = row["twin"]
        found.append(
            Account(
                key=key,
                name=rule.name,
                category=getattr(rule, "category", "fit"),
                points=rule.points,
                fires=row["fires"],
                of=content["contacts"],
                promotions=len(mine),
                decisive=len(deciding),
                accepted=_accepted(mine),
                won=_won(mine),
                won_decisive=_won(deciding),
                twin=rules[twin[0]].name if twin else "",
                twin_share=twin[2] if twin else 0.0,
                drift=Drift(Share(*row["drift"][:2]), Share(*row["drift"][2:])) if row["drift"] else None,
                proposal=(row["proposal"][0], row["proposal"][1], row["proposal"][2]) if row["proposal"] else None,
            )
        )
    return found


def _accepted(promotions: Iterable[Promotion]) -> Share:
    """Of the hand-offs that are old enough, or were sent back."""
    ends = [promotion.handed_over for promotion in promotions]
    accepted = ends.count(acceptance.ACCEPTED)
    return Share(accepted, accepted + ends.count(acceptance.RETURNED))


def _won(promotions: Iterable[Promotion]) -> Share:
    """Of those whose end is known."""
    decided = [promotion.outcome for promotion in promotions if promotion.outcome != OPEN]
    return Share(decided.count(WON), len(decided))
