"""What is missing: the smallest set of facts that would make somebody a prospect. Values in, values out.

Each required criterion without a good answer is a question, and so is each unknown field that a fit rule looks at;
a conversation is something we can bring about; everything else they would have to do by themselves. Of the sets that
can be asked for, the one with the fewest parts is taken (by size, so it is exact); of equally many, questions come
before conversations. An answer may make somebody another persona, which may ask for other criteria. Only where no such
set reaches the line it says what they would have to do, and then as little as possible.
"""

from scoring.missing import asking, happening
from scoring.missing.parts import ANSWER, HAPPEN, LEARN, TALK, Case, EventPart, FitPart, Gap, Happening, Smallest, Step


def smallest(case: Case) -> Smallest:
    """The smallest set of facts after which everything that the definition asks for is there."""
    below = max(0, case.threshold - asking.fit_points(case, {}) - happening.engaged(case, ()))
    if case.blocked:
        return Smallest(below=below, blocked=case.blocked)
    learned, talked = asking.learned(case), happening.talked(case)
    ways = [
        (len(case.open(group)) + len(keys) + len(talks), len(talks), points, -fit, keys, talks, group)
        for (keys, group), (fit, _) in learned.items()
        for talks, points in talked.items()
        if fit + points >= case.threshold
    ]
    if ways:
        *_, keys, talks, group = min(ways)
        asked = asking.questions(case, keys, learned[keys, group][1]) if keys else []
        return Smallest((*_answers(case, group), *asked, *happening.conversations(case, talks)), below)
    fit, _, group = max((points, -len(case.open(group)), group) for (_, group), (points, _) in learned.items())
    best = max(talked, key=lambda chosen: talked[chosen])
    must = happening.conversations(case, min(talked, key=len)) if case.must_talk else []
    needs = case.threshold - fit - talked[best]
    return Smallest((*_answers(case, group), *must), below, needs, happening.hopes(case, fit, best))


def _answers(case: Case, group: int) -> list[Step]:
    return [Step(ANSWER, str(gap.criterion_id), gap.label, gap.question) for gap in case.open(group)]


__all__ = [
    "ANSWER",
    "HAPPEN",
    "LEARN",
    "TALK",
    "Case",
    "EventPart",
    "FitPart",
    "Gap",
    "Happening",
    "Smallest",
    "Step",
    "smallest",
]
