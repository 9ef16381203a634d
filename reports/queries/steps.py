"""The steps of the funnel. A step counts as reached when it or any behind it was (reports/queries/facts.py)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel: `column` is the rollup's, `at` the journey's, `bit` says that no fact of its own tells."""

    key: str
    label: str
    means: str
    column: str
    at: str
    tone: str
    bit: int = 0


STEPS = (
    Step("lead", "Identified", "became known to us", "leads", "identified_at", "lead"),
    Step("engaged", "Engaged", "did something we noticed", "engaged", "engaged_at", "engagement", 1),
    Step("two_way", "Two-way", "talked to us, or made an effort", "two_way", "two_way_at", "engagement", 2),
    Step(
        "qualified",
        "Qualified",
        "was judged a prospect by a definition, or promoted by hand",
        "qualified",
        "qualified_at",
        "prospect",
        4,
    ),
    Step("accepted", "Accepted", "was taken on by sales, and kept", "accepted", "accepted_at", "prospect", 8),
    Step("opportunity", "Opportunity", "has an opportunity", "opportunities", "opportunity_at", "prospect", 16),
    Step("won", "Won", "has an opportunity that was won", "won", "won_at", "customer"),
)
KEYS = [step.key for step in STEPS]
BY_KEY = {step.key: step for step in STEPS}
