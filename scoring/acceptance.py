"""Whether a hand-off was accepted: they became a prospect, and no lead again soon. Values in, values out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

WINDOW = timedelta(days=30)
ACCEPTED, RETURNED, EARLY = "accepted", "returned", "early"


def ended(handed_over: datetime, returns: Iterable[datetime], *, now: datetime) -> str:
    """How a hand-off ended, by when the contact became a lead again; `early` until the window is over."""
    if any(handed_over < at < handed_over + WINDOW for at in returns):
        return RETURNED
    return ACCEPTED if handed_over + WINDOW <= now else EARLY
