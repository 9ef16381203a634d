"""Was it a person? Signs in, likelihood in percent out. Values only; what each sign weighs is said once, in WEIGHTS.

Naive Bayes: before we know anything, nine of ten recorded events are people's; every sign multiplies the odds by how
much more often people show it than machines do. The address of a visitor is not stored: what it tells (a data centre)
is worked out when the event arrives and kept as a sign.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address

from leads.agents import is_machine

LINE = 50  # percent; an installation may keep another one (HumanRule.line)
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
    HOSTING = "hosting"
    NO_SCRIPT = "no_script"
    INTERACTED = "interacted"
    RELEASED = "released"
    HELD = "held"
    OBJECTED = "objected"


# odds of a person after the sign, as a multiple of the odds before
WEIGHTS: dict[Sign, float] = {
    Sign.BOT: 1 / 1000,  # a known machine, or it looks like no browser
    Sign.HONEYPOT: 1 / 1000,  # followed a link or filled in a field that nobody can see
    Sign.PREFETCH: 1 / 200,  # the browser says that nobody is looking yet
    Sign.AUTOMATED: 1 / 100,  # navigator.webdriver: a program drives the browser
    Sign.BURST: 1 / 50,  # every link of a mail within seconds, as scanners do
    Sign.SPEED: 1 / 50,  # more pages in seconds than anybody reads
    Sign.NO_AGENT: 1 / 20,  # every browser sends a user agent
    Sign.HOSTING: 1 / 5,  # from a data centre, where some people's VPN ends too
    Sign.NO_SCRIPT: 1 / 4,  # the page's script did not run; some people switch it off
    Sign.INTERACTED: 4.0,  # scrolled, pressed, stayed
}
WORDS: dict[str, str] = {
    Sign.BOT: "known machine",
    Sign.HONEYPOT: "touched what only machines see",
    Sign.PREFETCH: "fetched ahead, nobody was looking",
    Sign.AUTOMATED: "browser driven by a program",
    Sign.BURST: "several links within seconds",
    Sign.SPEED: "faster than anybody reads",
    Sign.NO_AGENT: "no browser named",
    Sign.HOSTING: "from a data centre",
    Sign.NO_SCRIPT: "the page's script did not run",
    Sign.INTERACTED: "scrolled or pressed something",
    Sign.RELEASED: "released by hand",
    Sign.HELD: "quarantined by hand",
    Sign.OBJECTED: "they do not want their visits to count",
}


def in_words(reasons: Iterable[str] | None) -> list[str]:
    """Signs as people read them, those that weigh most first."""
    given = set(reasons or ())
    return [WORDS[sign] for sign in Sign if sign in given]


OF_AGENT = frozenset({Sign.BOT, Sign.NO_AGENT})  # follow from the user agent and the rule, at any time again
BY_HAND = frozenset({Sign.RELEASED, Sign.HELD})  # stay, whatever the rule says


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller of `record_events` saw of the sender: its user agent, and the signs that it noticed."""

    agent: str = ""
    signs: frozenset[Sign] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """What an installation decides: the line in percent, and parts of user agents (small letters) it knows better."""

    line: int = LINE
    machines: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """The likelihood in percent, its reasons (none when nothing was noticed), and what follows."""

    human: int
    reasons: tuple[str, ...]
    is_quarantined: bool


def hints_of(
    headers: Mapping[str, str],
    *,
    address: str = "",
    hosting: Sequence[IPv4Network | IPv6Network] = (),
    signs: Iterable[Sign] = (),
) -> Hints:
    """Hints of a request: its user agent, whether it was fetched ahead, whether it comes from a known data centre."""
    noticed = set(signs)
    purpose = f"{headers.get('Sec-Purpose', '')} {headers.get('Purpose', '')} {headers.get('X-Moz', '')}".lower()
    if "prefetch" in purpose or "prerender" in purpose or "preview" in purpose:
        noticed.add(Sign.PREFETCH)
    if hosting and _is_within(address, hosting):
        noticed.add(Sign.HOSTING)
    return Hints(clean_agent(headers.get("User-Agent", "")), frozenset(noticed))


def clean_agent(agent: str) -> str:
    """A user agent as it is stored: one line, without what PostgreSQL refuses, not endless."""
    plain = agent[: 2 * LONGEST_AGENT].encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(plain.split())[:LONGEST_AGENT]


def _is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        given = ip_address(address)
    except ValueError:
        return False
    return any(given in network for network in networks)


def signs_of_agent(agent: str, rule: Rule) -> set[Sign]:
    """What the user agent alone tells."""
    if not agent:
        return {Sign.NO_AGENT}
    small = agent.lower()
    if any(part in small for part in rule.people):
        return set()
    return {Sign.BOT} if any(part in small for part in rule.machines) or is_machine(agent) else set()


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


def judge(agent: str | None, signs: Iterable[str], rule: Rule) -> Judged:
    """Judge by the user agent and the other signs. What an earlier look at the agent said is looked at afresh, unless
    the agent is no longer known (None).
    """
    reasons = set(signs)
    if agent is not None:
        reasons = (reasons - OF_AGENT) | signs_of_agent(agent, rule)
    human = likelihood(reasons)
    held = bool({Sign.HELD, Sign.OBJECTED} & reasons) or (human < rule.line and Sign.RELEASED not in reasons)
    return Judged(human, tuple(sorted(reasons)), held)
