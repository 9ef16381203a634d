"""What the learned probability of purchase looks at, and how it is said in words. Values in, values out; no numpy."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from scoring.proportions import Share

HORIZON_DAYS = 90  # "buys" means: becomes a customer within this many days
MOMENTS = (14, 60, 150)  # somebody is looked at so many days (to twice as many) after we first heard of them
FEW_WON = 50  # with fewer buyers in the test, figures are rough

WITHOUT_HISTORY = ("source", "country", "industry", "size", "level")  # as they stand today, so they may know the end

_SIZES = ((10, "up to 10"), (50, "11 to 50"), (250, "51 to 250"), (1000, "251 to 1,000"))
_LEVELS = (
    ("owner or board", r"owner|founder|chief|c[efiomt]o|president|partner|inhaber\w*|vorstand|geschäftsführ\w*|gérant"),
    ("director", r"vp|vice president|director|head|leiter\w*|direktor\w*|directeur|directrice|svp|evp"),
    ("manager", r"manager|lead|supervisor|team ?leader|responsable|teamleit\w*"),
    ("trainee", r"intern|trainee|student\w*|assistant|praktikant\w*|stagiaire|apprentice"),
)
_LEVEL_PATTERNS = [(level, re.compile(rf"\b({words})\b", re.IGNORECASE)) for level, words in _LEVELS]
LABELS = {
    "age": "Days since we first heard of them",
    "last_seen": "Days since they last did something",
    "last_talked": "Days since they last talked to us",
    "talks": "Times they talked to us in 90 days",
    "content_30": "Content, last 30 days",
    "content_before": "Content, before that",
    "intent_30": "Intent, last 30 days",
    "intent_before": "Intent, before that",
    "conversation_30": "Conversation, last 30 days",
    "conversation_before": "Conversation, before that",
    "social_30": "Social, last 30 days",
    "social_before": "Social, before that",
    "product_30": "Product, last 30 days",
    "product_before": "Product, before that",
    "lifecycle": "Lead or prospect",
    "source": "Source",
    "medium": "What first brought them",
    "country": "Country",
    "industry": "Industry",
    "size": "Employees",
    "level": "Level, from the job title",
}
EVIDENCE = "evidence_"  # and the criterion's key


def label(feature: str) -> str:
    """The feature's name on a page."""
    if feature.startswith(EVIDENCE):
        return f"{feature.removeprefix(EVIDENCE).replace('_', ' ').capitalize()}, as answered"
    return LABELS.get(feature, feature)


def size_band(employees: int | None) -> str | None:
    """How big the company is; None is unknown."""
    if not employees:
        return None
    return next((words for most, words in _SIZES if employees <= most), "more than 1,000")


def level(job_title: str) -> str | None:
    """How high up the title sounds; a title alone is no evidence of authority. None without a title."""
    if not job_title.strip():
        return None
    return next((name for name, pattern in _LEVEL_PATTERNS if pattern.search(job_title)), "other")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing known of somebody that moves the probability."""

    label: str
    value: str
    strength: int  # log-odds × 100; above zero speaks for a purchase

    @property
    def is_for(self) -> bool:
        return self.strength > 0

    @property
    def words(self) -> str:
        """How much it moves, without pretending to more precision than there is."""
        size = abs(self.strength)
        much = "a little" if size < 25 else "somewhat" if size < 75 else "a lot"
        return f"{'raises' if self.is_for else 'lowers'} it {much}"


def reasons(stored: Sequence[tuple[str, str, int]]) -> list[Reason]:
    """The reasons as they are kept with a Likelihood."""
    return [Reason(label(feature), value, strength) for feature, value, strength in stored]


def verdict(card: Mapping[str, object], *, is_useful: bool) -> str:
    """What the model is good for, in a sentence."""
    won, rows = card.get("people_won", 0), card.get("people", 0)
    if not is_useful:
        return f"No useful signal yet: {won:,} of {rows:,} leads bought; we show the base rate."
    return (
        f"Useful: of two leads, one who bought and one who did not, it ranks the buyer higher in "
        f"{round(100 * float(str(card.get('auc', 0.5))))} % of the pairs."
    )


def percent(share: float) -> str:
    """A probability with as many digits as mean something."""
    if 0 < share < 0.001:
        return "below 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


@dataclass(frozen=True, slots=True)
class Point:
    """A tenth of the tested: what was said of them, and what happened, with its interval; x and y in the plot."""

    rows: int
    said: float
    happened: Share
    x: float
    y: float
    low_y: float
    high_y: float

    @property
    def said_words(self) -> str:
        return percent(self.said)


@dataclass(frozen=True, slots=True)
class Plot:
    """Said against happened, on equal axes from nothing to `top`; 0 to 100 in both directions, y downwards."""

    points: list[Point]
    top: float

    @property
    def top_words(self) -> str:
        return f"{100 * self.top:.0f} %"


def plot(calibration: Sequence[Sequence[float]]) -> Plot | None:
    """The calibration as points of a plot; none without rows."""
    parts = [(int(rows), said, Share(int(bought), int(rows))) for rows, said, bought in calibration]
    if not parts:
        return None
    highest = max(max(said, happened.interval[1]) for _, said, happened in parts)
    top = min(1.0, max(0.05, ceil(20 * highest) / 20))

    def height(share: float) -> float:
        return round(100 * (1 - min(share, top) / top), 2)

    return Plot(
        [
            Point(
                rows,
                said,
                happened,
                round(100 * min(said, top) / top, 2),
                height(happened.value or 0.0),
                height(happened.interval[0]),
                height(happened.interval[1]),
            )
            for rows, said, happened in parts
        ],
        top,
    )
