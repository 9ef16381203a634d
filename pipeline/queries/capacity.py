"""Who can take how much in the coming weeks."""

from collections.abc import Iterable
from datetime import datetime

from pipeline import capacity
from pipeline.capacity import Member
from pipeline.queries.availability import workers
from users.models import User


def members_of(people: Iterable[User], *, now: datetime) -> list[Member]:
    """One for each, by name. Five queries, however many they are."""
    found = workers(people, now=now).values()
    return [
        Member(
            rep_id=one.user.pk,
            name=one.user.name,
            capacity=one.capacity,
            weeks=capacity.weeks_of(one.hours, one.capacity, is_paused=one.is_paused, now=now),
            why=one.away_because(now) or one.holiday_because(now),
        )
        for one in sorted(found, key=lambda one: (one.user.name, one.user.pk))
    ]
