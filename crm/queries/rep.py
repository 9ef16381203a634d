"""A rep's day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from activities.models import Activity, FollowUp
from activities.queries import due_follow_ups
from crm.queries.nearly import NearLead, near_leads
from leads.days import day_of
from leads.models import EngagementEvent, Standing
from pipeline.queries import MyDay, my_day
from reports.queries.own import OwnMonth, own_month
from users.models import User

REPLY_DAYS, MOST, TO_CALL = 7, 20, 8
# what they wrote to us and waits for an answer; a call or a meeting was answered as it happened
WRITTEN = ("email_replied", "form_submitted", "demo_requested", "chat_started")


@dataclass(frozen=True, slots=True)
class RepDay:
    """All of it."""

    deals: MyDay
    replies: list[EngagementEvent]
    follow_ups: list[FollowUp]
    to_call: list[NearLead]
    near_count: int
    quota: OwnMonth | None


def rep_day(user: User, *, now: datetime) -> RepDay:
    """What waits for this rep. Eleven queries."""
    near = near_leads(user, now=now, own=True)
    tomorrow = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return RepDay(
        deals=my_day(user, now=now),
        replies=unanswered(user, now=now),
        follow_ups=due_follow_ups(user, until=tomorrow),
        to_call=near.shown(near.found[:TO_CALL], now=now),
        near_count=len(near.found),
        quota=own_month(user, now=now),
    )


def unanswered(user: User, *, now: datetime) -> list[EngagementEvent]:
    """What own contacts wrote in the last days, the newest of each, while no colleague has done anything since."""
    since = day_of(now) - REPLY_DAYS
    mine = Standing.objects.visible_to(user).filter(owner=user, two_way_day__gte=since)
    later = Activity.objects.filter(contact=OuterRef("contact"), actor__isnull=False, at__gt=OuterRef("occurred_at"))
    newest = (
        EngagementEvent.objects.filter(contact__in=mine.values("pk"), kind__key__in=WRITTEN, day__gte=since)
        .filter(~Exists(later))
        .order_by("contact", "-occurred_at", "-pk")
        .distinct("contact")
        .select_related("kind", "contact__company")
    )
    return sorted(newest, key=lambda event: event.occurred_at)[:MOST]
