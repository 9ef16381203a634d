"""What it means that a card is dropped in another band: the fact by which the board is divided changes with it."""

from calendar import monthrange
from datetime import date
from typing import Any

from core.errors import Refused
from pipeline import terms
from pipeline.models import Category, Opportunity, Priority, Stage
from pipeline.periods import month_of
from pipeline.queries.filters import NOBODY
from pipeline.views.filtering import sellers
from users.models import User

_GONE = "This band is not there. Reload the board and try again."


def facts_of_band(
    user: User, opportunity: Opportunity, bands: str, band: str, *, to: Stage, today: date
) -> dict[str, Any]:
    """What the card takes on there, as `services.edit` takes it; raises Refused where nothing can come in."""
    if not bands:
        return {}
    if bands == "owner":
        return {"owner": seller(user, band)}
    if bands == "month":
        return {"expected_close": None if band == "none" else day_in(band, opportunity.expected_close, today=today)}
    if bands == "category" and band in terms.CATEGORIES:
        return {"category": "" if to.category == band else band}
    if bands == "priority" and band in terms.PRIORITIES:
        return {"priority": band}
    raise Refused(_GONE)


def said_of(bands: str, moved: Opportunity) -> str:
    """Where it has come, in words."""
    if bands == "owner":
        return f"with {moved.owner or 'nobody'}"
    if bands == "month":
        return f"due on {moved.expected_close:%-d %B %Y}" if moved.expected_close else "without a date"
    if bands == "category":
        return f"{Category(moved.category or moved.stage.category).label.lower()} in the forecast"
    return f"of {Priority(moved.priority).label.lower()} priority"


def seller(user: User, key: str) -> User | None:
    """The colleague who is meant, None for nobody; raises Refused for anybody else."""
    if key == NOBODY:
        return None
    found = next((one for one in sellers(user) if str(one.pk) == key), None)
    if found is None:
        raise Refused("Choose a colleague who sells and whose work you see.")
    return found


def day_in(month: str, before: date | None, *, today: date) -> date:
    """The same day of another month, or the month's last one; today where that is over."""
    first = month_of(month)
    if first is None:
        raise Refused(_GONE)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    if last < today:
        raise Refused(f"{first:%B %Y} is over: choose a month to come. The card is where it was.")
    return max(today, last if before is None else min(last, first.replace(day=min(before.day, last.day))))
