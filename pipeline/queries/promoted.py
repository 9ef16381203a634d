"""Whom a version of the definition made prospects, and who of them would not be by the one that judges them now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from leads.days import day_of
from pipeline.models import HandOff, HandOffState, Promoted
from pipeline.queries.hand_offs import for_rows
from scoring.definitions import Spec
from scoring.queries.specs import known_then
from users.models import User

MOST = 1000
STANDING = (HandOffState.OFFERED, HandOffState.ACCEPTED, HandOffState.JOINED)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A hand-off that stands, and why the other version would not have made it: nothing when it would have."""

    hand_off: HandOff
    why_not: str


def promoted_by(version: int, *, by: Spec | None, user: User, since: datetime) -> list[Promotion]:
    """Promotions since an instant that nobody has taken back, the newest first; not those that people made by hand.

    Each is judged `by` the other version as of its day, with what was known then. A query, and one per day.
    """
    rows = HandOff.objects.visible_to(user).filter(
        Q(state=HandOffState.JOINED) | Q(opportunity__created_at__gte=since),
        definition_version=version,
        offered_at__gte=since,
        promoted__in=[Promoted.AUTOMATIC, Promoted.CONFIRMED],
        state__in=STANDING,
        contact__standing__is_erased=False,
    )
    found = list(for_rows(rows).order_by("-offered_at", "-pk")[:MOST])
    by_day: dict[int, list[int]] = defaultdict(list)
    for row in found:
        by_day[_day(row)].append(row.contact_id)
    judged = (
        {(one["contact_id"], day): one for day, ids in by_day.items() for one in known_then(by, ids, day)} if by else {}
    )
    return [
        Promotion(row, _why_not(by, judged.get((row.contact_id, _day(row))), _day(row)) if by else "") for row in found
    ]


def _day(row: HandOff) -> int:
    """When they were promoted, however often the offer was passed on."""
    is_first = row.state == HandOffState.JOINED or row.opportunity is None
    return day_of(row.offered_at if is_first or row.opportunity is None else row.opportunity.created_at)


def _why_not(by: Spec, row: Mapping[str, Any] | None, day: int) -> str:
    if row is None:
        return "nothing was known of them then"
    if row["is_qualified"]:
        return ""
    if row["total"] < by.threshold:
        return f"score {row['total']}, the line is {by.threshold}"
    if row.get("exclusion_id") is not None:
        name = next((one.name for one in by.exclusions if one.id == row["exclusion_id"]), "")
        return f"excluded: {name}"
    talked = row["two_way_day"]
    if by.two_way_days and (talked is None or talked <= day - by.two_way_days):
        return f"had not talked to us for {by.two_way_days} days"
    return "an answer that it requires was missing"
