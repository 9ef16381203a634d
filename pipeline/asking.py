"""What a human's question to a lead is worth: the order of the qualification desk. Values in, a number out.

    value = 1000 × reach × freshness × answers × buys

    reach      2 ^ (−points below the threshold ÷ 10): a talk gives about as many points, so each ten of them that are
               still missing halve the odds that it is enough; nobody further away than REACH is asked
    freshness  ¼ + ¾ × 2 ^ (−days since they last did something ÷ 14): interest cools by half in a fortnight, but never
               to nothing
    answers    0.85 for each required criterion that is open (each must be asked, and each may be answered no), and
               0.25 for each that was answered no: it would have to turn
    buys       the learned probability of purchase against the base rate, between ½ and 2; 1 where it is not known

Nothing is worth asking where nothing is to be asked: every criterion is answered, they have talked to us, and only
points are missing. A lead that is qualified is handed over instead of asked.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from leads.days import day_of
from scoring.definitions import Required

REACH = 25
POINTS_OF_A_TALK = 10
COOLS_DAYS = 14
COLDEST = 0.25
OPEN, NO = 0.85, 0.25
MOST = 2000
UNDO_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lead:
    """What the value depends on."""

    below: int  # points below the threshold; none are 0 or less
    seen_days: int | None  # since they last did something; None when they never did
    open: int = 0  # required criteria without an answer that is good enough, unknown or weak
    no: int = 0  # required criteria that were answered no
    must_talk: bool = False  # two-way contact is required and missing
    permille: int | None = None  # who buy of a thousand such leads
    base: float | None = None  # share of all leads that buy


def value(lead: Lead) -> int:
    """What asking them is worth in thousandths, from 1 to MOST; 0 when it is not worth a human's time."""
    if lead.below > REACH or not (lead.open or lead.no or lead.must_talk):
        return 0
    reach: float = 2.0 ** (-max(0, lead.below) / POINTS_OF_A_TALK)
    fresh: float = 0.0 if lead.seen_days is None else 2.0 ** (-max(0, lead.seen_days) / COOLS_DAYS)
    answers: float = OPEN**lead.open * NO**lead.no
    buys = 1.0
    if lead.permille is not None and lead.base:
        buys = min(2.0, max(0.5, lead.permille / 1000 / lead.base))
    return max(1, min(MOST, round(1000 * reach * (COLDEST + (1 - COLDEST) * fresh) * answers * buys)))


def is_answered(required: Required, verdict: str, observed_at: datetime, day: int) -> bool:
    """Whether an unexpired answer is good, and fresh, enough on this day for what a definition requires."""
    is_fresh = not required.fresh_days or day_of(observed_at) > day - required.fresh_days
    return verdict in required.accepted and is_fresh


def words(lead: Lead) -> list[str]:
    """Why they stand where they stand, the strongest reasons first as a person would say them."""
    said = []
    if lead.below > 0:
        said.append(f"{lead.below} point{'' if lead.below == 1 else 's'} below the line")
    else:
        said.append("above the line")
    if lead.open:
        said.append(f"{lead.open} open question{'' if lead.open == 1 else 's'}")
    if lead.no:
        said.append(f"{lead.no} answered no")
    if lead.must_talk:
        said.append("has not talked to us lately")
    if lead.seen_days is None:
        said.append("never seen")
    else:
        said.append(
            "here today"
            if lead.seen_days <= 0
            else "here yesterday"
            if lead.seen_days == 1
            else f"last here {lead.seen_days} days ago"
        )
    return said


MORNING = time(9)


def next_morning(local: datetime, days: int = 1) -> datetime:
    """Nine o'clock so many days later in the person's own zone, or on the Monday after when that is a weekend."""
    day = local.date() + timedelta(days=days)
    day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
    return datetime.combine(day, MORNING, local.tzinfo)
