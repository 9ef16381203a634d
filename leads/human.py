"""Was it a person? Signs in, likelihood in percent out. Values only; the weights are said once, in `WEIGHTS`.

Naive Bayes: before we know anything, nine of ten recorded events are people's; every sign multiplies the odds by how
much more often people show it than machines do. No address of a visitor is stored: what it tells (a data centre) is
worked out when the event arrives and kept as a sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LINE = 50  # percent; the rule that an installation keeps may differ (HumanRule.line)
PRIOR_ODDS = 9.0
LONGEST_AGENT = 300


class Sign(StrEnum):
    """What speaks for a machine or for a person; the codes stand in EngagementEvent.human_reasons."""

    BOT = "bot"
    NO_AGENT = "no_agent"
    AUTOMATED = "automated"
    HONEYPOT = "honeypot"
    PREFETCH = "prefetch"
    BURST = "burst"
    SPEED = "speed"
    NO_SCRIPT = "no_script"
    HOSTING = "hosting"
    INTERACTED = "interacted"
    RELEASED = "released"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller of `record_events` saw of the sender: its user agent, and signs it noticed (SEEN)."""

    agent: str = ""
    signs: frozenset[Sign] = frozenset()


# odds of a person after the sign, as a multiple of the odds before
WEIGHTS: dict[Sign, float] = {
    Sign.BOT: 1 / 1000,  # says so itself, or is a known program
    Sign.HONEYPOT: 1 / 1000,  # followed a link that nobody can see
    Sign.PREFETCH: 1 / 200,  # the browser says that nobody is looking yet
    Sign.AUTOMATED: 1 / 100,  # navigator.webdriver: driven by a program
    Sign.BURST: 1 / 50,  # every link of a mail within seconds, as scanners do
    Sign.SPEED: 1 / 50,  # more pages in seconds than anybody reads
    Sign.NO_AGENT: 1 / 20,  # every browser sends a user agent
    Sign.HOSTING: 1 / 5,  # comes from a data centre; some people's VPN does too
    Sign.NO_SCRIPT: 1 / 4,  # the page's script did not run; some people switch it off
    Sign.INTERACTED: 4.0,  # scrolled, pressed, stayed
}
SEEN = frozenset(WEIGHTS) - {Sign.BOT, Sign.NO_AGENT, Sign.BURST, Sign.SPEED}  # what a caller may hand over
BY_HAND = frozenset({Sign.RELEASED, Sign.HELD})


def likelihood(signs: Iterable[str]) -> int:
    """How likely a person did it, in percent. What somebody decided by hand is certain."""
    given = set(signs)
    if Sign.RELEASED in given:
        return 100
    if Sign.HELD in given:
        return 0
    odds = PRIOR_ODDS
    for sign, weight in WEIGHTS.items():
        if sign in given:
            odds *= weight
    return round(100 * odds / (1 + odds))
