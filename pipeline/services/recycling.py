"""Whom we let go is not gone for ever: why, what brings them back, and bringing them back."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse

from activities.models import ActivityKind
from activities.notices import Topic
from activities.services import add_entry, notify
from core.errors import Refused
from core.locks import locked
from leads.models import (
    ChangedContact,
    Company,
    Contact,
    EngagementEvent,
    Evidence,
    Lifecycle,
    LifecycleChange,
    Standing,
    StandingQuerySet,
)
from leads.services import enter_lifecycle
from leads.vocabulary import DISQUALIFIED_BECAUSE
from pipeline.models import HandOff, Opportunity, Recycle, RecycleState, ReturnBy, ReturnRule
from users.models import User

MONTH = timedelta(days=30)
MOST_MONTHS = 120
BEFORE_TIMELINE = timedelta(days=30)  # whoever buys in June is talked to in May
SWEEP = 500
OF_DISQUALIFIED = "disqualified_"  # before the reason's key
WITHDRAWN = DISQUALIFIED_BECAUSE["unsubscribed"][0]
LATELY = timedelta(days=2)
NO_VISIT = ("email_opened", "unsubscribed")  # what happens in a mailbox brings nobody to the site


@transaction.atomic
def let_go(
    contact_id: int,
    *,
    reason: str,
    label: str,
    now: datetime,
    actor: User | None = None,
    hand_off: HandOff | None = None,
    opportunity: Opportunity | None = None,
    by: str = "",
    back_on: date | None = None,
) -> Recycle:
    """Let a contact rest, and note what brings it back: the rule of the reason, unless `by` or a day is given.

    The caller holds the standing. Whoever rested already rests for the new reason.
    """
    drop(contact_id, now=now)
    rule = ReturnRule.objects.filter(reason=reason).first() or ReturnRule(reason=reason)
    by = ReturnBy.MONTHS if back_on else by or rule.by
    company = Company.objects.filter(contacts=contact_id).first() if by == ReturnBy.GROWS else None
    employees = company.employees if company else None
    if by == ReturnBy.GROWS and employees is None:
        by, company = ReturnBy.MONTHS, None  # nobody would notice
    due_at = _at(back_on) if back_on else _due(contact_id, by, rule.months, now=now)
    return Recycle.objects.create(
        contact_id=contact_id,
        hand_off=hand_off,
        opportunity=opportunity,
        reason=reason,
        label=label[:120],
        by=by,
        created_at=now,
        due_at=due_at,
        company=company,
        employees=employees,
        actor=actor,
    )


def unrested(now: datetime) -> StandingQuerySet:
    """Who was disqualified in the last two days, and of whom nobody has noted what brings them back."""
    step = LifecycleChange.objects.filter(contact=OuterRef("pk"), to_stage=Lifecycle.DISQUALIFIED)
    lately = step.filter(at__gt=now - LATELY).exclude(reason__startswith=WITHDRAWN)
    noted = Recycle.objects.filter(contact=OuterRef("pk"), reason__startswith=OF_DISQUALIFIED)
    of_late = LifecycleChange.objects.filter(to_stage=Lifecycle.DISQUALIFIED, at__gt=now - LATELY).values("contact")
    rows = Standing.objects.filter(pk__in=of_late, lifecycle=Lifecycle.DISQUALIFIED, is_erased=False)
    rows = rows.annotate(out_at=Subquery(lately.order_by("-at").values("at")[:1])).filter(out_at__isnull=False)
    return rows.filter(~Exists(noted.filter(created_at__gte=OuterRef("out_at"))))


@transaction.atomic
def let_disqualified_rest(contact_id: int, *, now: datetime) -> Recycle | None:
    """The rule of the reason for which they were disqualified; none when it was noted, or they want to be left alone.

    What is no reason that we know is something else, and has the rule of that.
    """
    if not locked(Standing.objects.filter(pk=contact_id)) or not unrested(now).filter(pk=contact_id).exists():
        return None
    steps = LifecycleChange.objects.filter(contact=contact_id, to_stage=Lifecycle.DISQUALIFIED)
    step = steps.select_related("actor").order_by("-at", "-pk")[0]
    said = (key for key, (label, _) in DISQUALIFIED_BECAUSE.items() if step.reason.startswith(label))
    key = next(said, "other")
    label = f"Disqualified: {step.reason or DISQUALIFIED_BECAUSE[key][0]}"
    return let_go(contact_id, reason=f"{OF_DISQUALIFIED}{key}", label=label, now=now, actor=step.actor)


@transaction.atomic
def put_aside(*, contact_id: int, actor: User, now: datetime, by: str, back_on: date | None = None) -> Recycle:
    """A suggested promotion is not wanted now; it is suggested again by what is given here."""
    standings = locked(Standing.objects.filter(pk=contact_id))
    if not standings or standings[0].lifecycle != Lifecycle.LEAD:
        raise Refused("They are no lead any more. Reload the page.")
    if by not in ReturnBy.values:
        raise Refused(by="Choose what brings them back.")
    check_day(back_on, today=now.date())
    return let_go(
        contact_id, reason="not_now", label=f"Not now, said {actor}", now=now, actor=actor, by=by, back_on=back_on
    )


def check_day(back_on: date | None, *, today: date) -> None:
    """Raise Refused unless it is a day to come, or none."""
    if back_on is not None and not today < back_on <= today + timedelta(days=3660):
        raise Refused(back_on="Give a day in the future, within ten years.")


def drop(contact_id: int, *, now: datetime) -> int:
    """Nobody waits for them any longer: something else has been decided."""
    waiting = Recycle.objects.waiting().filter(contact=contact_id)
    return waiting.update(state=RecycleState.DROPPED, ended_at=now)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(6), UTC)


def _due(contact_id: int, by: str, months: int, *, now: datetime) -> datetime | None:
    """When a day brings them back: where nobody has told a timeline, and in case they leave the company that is to
    grow, after `months`."""
    if by == ReturnBy.TIMELINE:
        said = Evidence.objects.standing(now).filter(contact=contact_id, criterion__key="timeline")
        day = next((row.on_date for row in said if row.on_date), None)
        if day and _at(day) > now:
            return max(now + timedelta(days=1), _at(day) - BEFORE_TIMELINE)
    if by in {ReturnBy.MONTHS, ReturnBy.TIMELINE, ReturnBy.GROWS}:
        return _at((now + months * MONTH).date())
    return None


def returning(now: datetime) -> "QuerySet[Recycle]":
    """Those whose day has come, who have come back to the site since, or whose company has grown by a tenth."""
    seen = EngagementEvent.objects.filter(contact=OuterRef("contact"), occurred_at__gt=OuterRef("created_at"))
    seen = seen.filter(is_quarantined=False).exclude(kind__key__in=NO_VISIT)
    waiting = Recycle.objects.waiting().filter(contact__standing__is_erased=False)
    # somebody disqualified for a reason of its own since is not brought back by an older one
    waiting = waiting.filter(
        ~Q(contact__standing__lifecycle=Lifecycle.DISQUALIFIED) | Q(reason__startswith=OF_DISQUALIFIED)
    )
    visited = waiting.filter(by=ReturnBy.VISIT).filter(Exists(seen))
    had, has = (Cast(name, BigIntegerField()) for name in ("employees", "company__employees"))
    grown = waiting.filter(by=ReturnBy.GROWS, contact__company=F("company")).alias(has=has)
    grown = grown.filter(has__gt=had, has__gte=had + (had + 9) / 10)
    # whose company's growth is waited for has a day for the case that they are with it no longer
    elsewhere = Q(company=None) | Q(contact__company=None) | ~Q(contact__company=F("company"))
    due = waiting.filter(~Q(by=ReturnBy.GROWS) | elsewhere, due_at__lte=now)
    return due | visited | grown


@transaction.atomic
def bring_back(recycle_id: int, *, now: datetime) -> bool:
    """Back into judgement: whoever is still qualified is promoted again. False when it was done, or dropped, before."""
    row = Recycle.objects.select_related("contact", "company").filter(pk=recycle_id).first()
    standings = locked(Standing.objects.filter(pk=row.contact_id)) if row else []
    waiting = Recycle.objects.waiting().filter(pk=recycle_id)
    if row is None or not standings or not waiting.update(state=RecycleState.RETURNED, ended_at=now):
        return False
    why = {
        ReturnBy.VISIT: "they came back to the site",
        ReturnBy.TIMELINE: "their timeline says so",
        ReturnBy.GROWS: f"{row.company} is larger now; it had {row.employees or 0:,} people",
    }.get(ReturnBy(row.by), "the time is over")
    if row.by == ReturnBy.GROWS and row.contact.company_id != row.company_id:
        why = "the time is over"  # they are with another company
    standing = standings[0]
    if standing.lifecycle != Lifecycle.DISQUALIFIED and row.reason.startswith(OF_DISQUALIFIED):
        Recycle.objects.filter(pk=row.pk).update(state=RecycleState.DROPPED)  # a person took them back before
        return False
    if standing.lifecycle == Lifecycle.DISQUALIFIED and row.reason.startswith(OF_DISQUALIFIED):
        enter_lifecycle(row.contact_id, Lifecycle.LEAD, now=now, reason=f"Looked at again: {why}")
    add_entry(
        contact_id=row.contact_id,
        kind=ActivityKind.LIFECYCLE,
        title=f"Looked at again: {why}",
        body=f"Let go on {row.created_at:%-d %B %Y}: {row.label}",
        at=now,
    )
    ChangedContact.objects.create(contact_id=row.contact_id)
    told = {row.actor_id, standing.owner_id} - {None}
    notify(
        user_ids=[pk for pk in told if pk],
        topic=Topic.HAND_OFF,
        key=f"recycled:{row.pk}",
        text=f"{row.contact.name} is back: {why} ({row.label})",
        url=reverse("contact", args=[row.contact_id]),
        now=now,
    )
    return True


@transaction.atomic
def save_rule(*, reason: str, by: str, months: int | None) -> ReturnRule:
    """What follows from a reason, from now on; whoever rests already is not touched."""
    if by not in ReturnBy.values:
        raise Refused(by="Choose what brings them back.")
    if months is None or not 1 <= months <= MOST_MONTHS:
        raise Refused(months=f"Give 1 to {MOST_MONTHS} months.")
    return ReturnRule.objects.update_or_create(reason=reason, defaults={"by": by, "months": months})[0]


def history_of(contact: Contact) -> list[dict[str, str]]:
    """What became of earlier tries, newest first: for the snapshot of the next one. Two queries."""
    tried = [
        (row.decided_at or row.offered_at, f"Rejected: {row.get_reason_display()}", row.note)
        for row in HandOff.objects.filter(contact=contact, state="rejected")
    ]
    lost = Opportunity.objects.filter(contact=contact, stage__kind="lost", closed_at__isnull=False)
    tried += [(row.closed_at, f"Lost: {row.get_lost_reason_display()}", row.lost_note) for row in lost if row.closed_at]
    tried.sort(key=lambda one: one[0], reverse=True)
    return [{"at": at.isoformat(), "said": said, "note": note} for at, said, note in tried[:10]]
