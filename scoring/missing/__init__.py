"""What is missing: the smallest set of facts that would make somebody a prospect. Values in, values out.

Each required criterion without a good answer is a question, and so is each unknown field that a fit rule looks at;
a conversation is something we can bring about; everything else they would have to do by themselves. Of the sets that
can be asked for, the one with the fewest parts is taken (by size, so it is exact); of equally many, questions come
before conversations. Only where no such set reaches the line it says what they would have to do, and then as little
as possible.
"""

from scoring.missing import asking, happening
from scoring.missing.parts import ANSWER, HAPPEN, LEARN, TALK, Case, EventPart, FitPart, Gap, Happening, Smallest, Step


def smallest(case: Case) -> Smallest:
    """The smallest set of facts after which everything that the definition asks for is there."""
    below = max(0, case.threshold - asking.fit_points(case, {}) - happening.engaged(case, ()))
    if case.blocked:
        return Smallest(below=below, blocked=case.blocked)
    answers = [Step(ANSWER, str(gap.criterion_id), gap.label, gap.question) for gap in case.gaps]
    learned, talked = asking.learned(case), happening.talked(case)
    ways = [
        (len(keys) + len(talks), len(talks), points, -fit, keys, talks)
        for keys, (fit, _) in learned.items()
        for talks, points in talked.items()
        if fit + points >= case.threshold
    ]
    if ways:
        *_, keys, talks = min(ways)
        asked = asking.questions(case, keys, learned[keys][1]) if keys else []
        return Smallest((*answers, *asked, *happening.conversations(case, talks)), below)
    fit = max(points for points, _ in learned.values())
    best = max(talked, key=lambda chosen: talked[chosen])
    must = happening.conversations(case, min(talked, key=len)) if case.must_talk else []
    needs = case.threshold - fit - talked[best]
    return Smallest((*answers, *must), below, needs, happening.hopes(case, fit, best))


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
