"""What speaks against an answer that stands: other answers, the calendar. Values in, sentences out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from leads.vocabulary import Verdict

FAR_APART = 2  # times as much


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to a criterion: on which day, by whom it was written down (or where they said it)."""

    verdict: str
    on: date
    by: str = ""
    amount: Decimal | None = None
    by_when: date | None = None


def doubts(stands: Said, others: Sequence[Said], today: date) -> list[str]:
    """Why to ask again although there is an answer; `others` are unexpired, too, the newest first."""
    found = []
    if stands.by_when is not None and stands.by_when < today:
        found.append(f"The day they named, {_day(stands.by_when)}, has passed.")
    for other in others:
        if {stands.verdict, other.verdict} == {Verdict.MEETS, Verdict.FAILS}:
            said = "yes" if other.verdict == Verdict.MEETS else "no"
            found.append(f"On {_day(other.on)}{_noted(other)} it was a {said}.")
            break
    for other in others:
        if stands.amount and other.amount and not _near(stands.amount, other.amount):
            found.append(f"On {_day(other.on)}{_noted(other)} it was {other.amount:,.0f}, not {stands.amount:,.0f}.")
            break
    return found


def _near(one: Decimal, other: Decimal) -> bool:
    return max(one, other) < FAR_APART * min(one, other)


def _noted(said: Said) -> str:
    return f" ({said.by})" if said.by else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
