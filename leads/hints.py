"""What somebody did or wrote that may be an answer to a criterion: to be asked about, never an answer itself.

Values in, values out. A job title says where somebody sits and never that they decide, so it is no hint of authority.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

LONGEST = 240


@dataclass(frozen=True, slots=True)
class Deed:
    """So many events of a kind (and of a pattern of it), the newest on a day."""

    kind: str
    facet: str
    times: int
    on: date


@dataclass(frozen=True, slots=True)
class Words:
    """What they wrote or said, as far as it was noted, and where."""

    text: str
    on: date
    where: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """What may be an answer: in our words, or in theirs (`quote`)."""

    criterion: str
    text: str
    on: date
    quote: str = ""


# kind, pattern of it (or any), least times, within days, criterion, what it suggests
_DEEDS = (
    ("page_view", "Pricing", 2, 30, "budget", "Looked at prices {times} in 30 days."),
    ("demo_requested", "", 1, 90, "need", "Asked for a demo."),
    ("webinar_attended", "", 1, 90, "need", "Attended a webinar."),
    ("page_view", "Customer stories", 2, 60, "need", "Read customer stories {times} in 60 days."),
    ("asset_downloaded", "", 1, 60, "need", "Downloaded something {times} in 60 days."),
    ("trial_started", "", 1, 60, "timeline", "Started a trial: what happens when it ends?"),
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_SOON = "next month|next quarter|next year|this year|this quarter|spring|summer|autumn|fall|winter|christmas"
_WORDS = (
    (
        "budget",
        re.compile(
            r"(?:€|\$|£|\b(?:eur|usd|gbp|chf)\b)\s?\d|\d[\d.,]*\s?(?:k\b|€|\$|£|euros?\b|dollars?\b|eur\b|usd\b|chf\b)"
            r"|\bbudget",
            re.IGNORECASE,
        ),
    ),
    (
        "timeline",
        re.compile(
            rf"\b(?:by|before|until|in|from|end of|start of)\s+(?:the\s+)?(?:end of\s+|start of\s+)?(?:{_MONTHS}|q[1-4]"
            rf"|{_SOON})\b|\bdeadline\b|\bcontract\s+(?:ends|expires|runs out)\b|\brenewal\b",
            re.IGNORECASE,
        ),
    ),
    (
        "authority",
        re.compile(
            r"\bmy (?:boss|manager|director)\b|\bour (?:board|ceo|cfo|cto|director|owner)\b|\bi (?:decide|sign)\b"
            r"|\bsigns? off\b|\bapproval\b|\bsteering committee\b",
            re.IGNORECASE,
        ),
    ),
    (
        "need",
        re.compile(
            r"\bproblem\b|\bstruggl\w+|\btakes us\b|\bby hand\b|\bspreadsheets?\b|\bwast\w+\b|\bcosts us\b|\bpain\b",
            re.IGNORECASE,
        ),
    ),
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def hints(deeds: Iterable[Deed], words: Sequence[Words], today: date) -> list[Hint]:
    """At most one of their deeds and one of their sentences per criterion, the newest; sentences first."""
    found: dict[tuple[str, bool], Hint] = {}
    for said in sorted(words, key=lambda one: one.on, reverse=True):
        for criterion, quote in heard(said.text):
            found.setdefault((criterion, True), Hint(criterion, said.where, said.on, quote))
    done = list(deeds)
    for kind, facet, least, days, criterion, text in _DEEDS:
        for deed in done:
            is_recent = (today - deed.on).days <= days
            if deed.kind == kind and deed.facet in {facet, facet or deed.facet} and deed.times >= least and is_recent:
                times = "once" if deed.times == 1 else "twice" if deed.times == 2 else f"{deed.times} times"
                found.setdefault((criterion, False), Hint(criterion, text.format(times=times), deed.on))
    return sorted(found.values(), key=lambda hint: (not hint.quote, hint.criterion))


def heard(text: str) -> list[tuple[str, str]]:
    """(criterion, sentence) for what sounds like an answer, the first sentence of each."""
    found: dict[str, str] = {}
    for match in _SENTENCE.finditer(text[:10_000]):
        sentence = " ".join(match.group().split())
        for criterion, pattern in _WORDS:
            if criterion not in found and pattern.search(sentence):
                found[criterion] = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1].rstrip()}…"
    return list(found.items())
