"""What can happen: conversations that we bring about, and what they do by themselves."""

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement

from scoring import decay
from scoring.missing.parts import HAPPEN, TALK, Case, Step

MOST_TALKS = 2  # conversations that somebody plans ahead
MOST_HOPES = 3
_CANDIDATES = 10


def engaged(case: Case, happened: Sequence[int]) -> int:
    """Points of engagement when these happenings (by place) come today."""
    times: dict[int, int] = {}
    for place in happened:
        for part in case.happenings[place].parts:
            times[part] = times.get(part, 0) + 1
    sums: dict[str, int] = {}
    for number, event in enumerate(case.events):
        worth = event.after(times[number]) if number in times else event.thousandths
        sums[event.category] = sums.get(event.category, 0) + worth
    return sum(decay.rounded(worth) for worth in sums.values())


def talked(case: Case) -> dict[tuple[int, ...], int]:
    """Per set of conversations, the points of engagement after it; without the empty set where they must talk."""
    talks = [place for place, one in enumerate(case.happenings) if one.is_talk]
    found = {
        chosen: engaged(case, chosen)
        for size in range(1 if case.must_talk else 0, MOST_TALKS + 1)
        for chosen in combinations(talks, size)
    }
    return found or {(): engaged(case, ())}


def conversations(case: Case, places: Sequence[int]) -> list[Step]:
    if not places and case.must_talk:
        return [Step(TALK, "", "A conversation")]
    before = engaged(case, ())
    return [
        Step(TALK, one.key, one.label, points=engaged(case, [place]) - before)
        for place, one in ((place, case.happenings[place]) for place in places)
    ]


def hopes(case: Case, fit: int, talks: Sequence[int]) -> tuple[tuple[Step, ...], ...]:
    """The fewest things they would have to do beside the best answers and talks; the least demanding first."""
    before = engaged(case, talks)
    gains = {
        place: gain
        for place, one in enumerate(case.happenings)
        if not one.is_talk and (gain := engaged(case, [*talks, place]) - before) > 0
    }
    strongest = sorted(gains, key=lambda place: (-gains[place], place))[:_CANDIDATES]
    for size in range(1, MOST_HOPES + 1):
        enough = [
            (after, chosen)
            for chosen in combinations_with_replacement(sorted(strongest), size)
            if fit + (after := engaged(case, [*talks, *chosen])) >= case.threshold
        ]
        if enough:
            return tuple(
                tuple(
                    Step(HAPPEN, case.happenings[place].key, case.happenings[place].label, points=gains[place])
                    for place in chosen
                )
                for _, chosen in sorted(enough)[: 3 if size == 1 else 1]
            )
    return ()
