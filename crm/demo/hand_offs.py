"""How the demo's prospects were handed over: accepted, rejected, run out, and some that wait for an answer now."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import transaction

from crm.demo import logins
from crm.demo.load import BATCH
from leads.models import Contact, CustomField, FieldType, Lifecycle, LifecycleChange, Standing, Touch
from pipeline import working_time
from pipeline.models import (
    Absence,
    Availability,
    HandOff,
    HandOffState,
    HandOffTerms,
    Holiday,
    Opportunity,
    Promoted,
    PublicHoliday,
    RejectReason,
    RoutingRule,
    StageMove,
    Turn,
)
from pipeline.queries.availability import Worker, workers
from pipeline.services.public_holidays import follow_region
from pipeline.services.recycling import let_go
from pipeline.services.routing import shares_of
from pipeline.sharing import WHOLE, Candidate, share
from users.models import Team, User

ANSWER_WITHIN = 8
# more than what comes in, until the works holiday takes three of the coming four weeks: then the line floods the team
CAPACITIES = {"rep": "9", "nina": "4", "omar": "4", "paula": "2.5", "quinn": "2.5", "tara": "2.5"}
SKILLS = {"nina": ["French"], "quinn": ["French", "Enterprise"], "rep": ["Enterprise"]}
LANGUAGES = {"German": ["DE", "AT", "CH"], "French": ["FR", "BE"]}
CLOSED = range(7, 28)  # days from now
WAITING, REJECTED, RAN_OUT, TURNS = 5, 26, 9, 41
NOTES = {
    RejectReason.NO_AUTHORITY: ("Writes for the team, does not decide.", "An intern who collects offers."),
    RejectReason.NO_BUDGET: ("Budget is frozen until the new year.", "Wanted the free plan."),
    RejectReason.NO_NEED: ("Has bought something like it in spring.", "Was looking for time tracking."),
    RejectReason.TIMING: ("Asked us to come back after the summer.", "Renewal is next year."),
    RejectReason.UNREACHABLE: ("Three calls, two mails, nothing.", ""),
    RejectReason.DUPLICATE: ("Same person as a customer of ours.", ""),
    RejectReason.BAD_DATA: ("The number does not exist.", "Made-up name."),
}
WEIGHTS = (14, 22, 14, 18, 20, 5, 9)


@transaction.atomic
def hand_over(now: datetime, midnight: datetime) -> None:
    """Everything about hand-offs, on top of the opportunities that are there."""
    rng = Random(26)
    _terms_and_hours(midnight)
    _languages()
    reps = {user.pk: user for user in User.objects.active_reps()}
    _accepted(rng, reps, now)
    _ran_out(rng, reps)
    _rejected(rng, reps, midnight)
    _ledger(reps)


def _terms_and_hours(midnight: datetime) -> None:
    terms: dict[str, Any] = {"is_offered": True, "answer_within": ANSWER_WITHIN, "joins_company": True}
    terms["region"] = follow_region("DE", now=midnight)
    HandOffTerms.objects.update_or_create(team=None, defaults=terms)
    people = {user.email.split("@")[0]: user for user in User.objects.filter(email__endswith=f"@{logins.DOMAIN}")}
    substitutes = {"rep": "nina", "nina": "rep", "omar": "paula", "paula": "omar", "quinn": "tara", "tara": "quinn"}
    Availability.objects.bulk_create(
        [
            Availability(
                user=people[name],
                capacity=Decimal(capacity),
                substitute=people[substitutes[name]],
                skills=SKILLS.get(name, []),
            )
            for name, capacity in CAPACITIES.items()
        ]
    )
    first = (midnight + timedelta(days=24)).date()
    Absence.objects.create(user=people["paula"], first_day=first, last_day=first + timedelta(days=11), why="Holiday")
    year = midnight.year + 1
    june = date(year, 6, 1)
    Holiday.objects.create(day=june + timedelta(days=(4 - june.weekday()) % 7), name="Summer day of the company")
    Holiday.objects.create(day=date(year, 12, 24), name="Christmas Eve")
    days = [(midnight + timedelta(days=number)).date() for number in CLOSED]
    closed = [Holiday(day=day, name="Works holiday") for day in days if day.weekday() < 5]
    Holiday.objects.bulk_create(closed, ignore_conflicts=True)
    if (free := PublicHoliday.objects.filter(day__gt=midnight.date()).first()) is not None:
        by = Team.objects.filter(name=logins.TEAMS[-1]).first()
        Holiday.objects.create(day=free.day, name=free.name, team=by, is_worked=True)
    overseas = {"field": "contact.country", "op": "in", "value": ["US", "CA", "AU", "NZ", "SG", "IN"]}
    large = {"field": "company.employees", "op": "at_least", "value": 1000}
    teams = {team.name: team for team in Team.objects.filter(name__in=logins.TEAMS)}
    for position, (name, asked, team) in enumerate(
        (("Overseas", overseas, "Overseas"), ("Large companies", large, "North"))
    ):
        RoutingRule.objects.create(name=name, conditions=asked, team=teams[team], position=position)
    french = {"field": "contact.custom.language", "op": "is", "value": "French"}
    RoutingRule.objects.create(name="French speakers", conditions=french, skills=["French"], position=2)


def _languages() -> None:
    """In which language people are talked to; of those without a country nobody knows it."""
    options = {"label": "Language", "type": FieldType.CHOICE, "options": ["English", *LANGUAGES]}
    CustomField.objects.get_or_create(about="contact", key="language", defaults=options)
    known = Contact.objects.filter(is_demo=True).exclude(country="")
    known.update(custom={"language": "English"})
    for language, countries in LANGUAGES.items():
        known.filter(country__in=countries).update(custom={"language": language})


def _accepted(rng: Random, reps: dict[int, User], now: datetime) -> None:
    """Every opportunity was offered and accepted; the newest that nobody has touched wait for their answer."""
    campaigns = _campaigns()
    rows = list(Opportunity.objects.select_related("contact__standing").order_by("created_at", "pk"))
    moved = set(StageMove.objects.exclude(from_stage=None).values_list("opportunity", flat=True))
    fresh = [row for row in rows if row.pk not in moved and row.is_open and row.owner_id in reps][-WAITING:]
    mine = [row for row in rows if row.pk not in moved and row.owner and row.owner.email.startswith("rep@")][-2:]
    waiting = {row.pk for row in (*fresh, *mine)}
    hours = workers(reps.values(), now=now)
    made = []
    for number, row in enumerate(rows):
        if row.owner_id is None or row.owner_id not in reps:
            continue
        offer = _of(row, campaigns.get(row.contact_id, ""), reps[row.owner_id])
        if row.pk in waiting:
            offer.offered_at = now - timedelta(minutes=rng.randrange(20, 200))
            offer.routing |= {"shares": _shares(rng, row.owner_id, hours)}
            offer.due_at = working_time.later(
                hours[row.owner_id].hours, now, timedelta(minutes=rng.randrange(50, 60 * ANSWER_WITHIN))
            )
        else:
            within = timedelta(minutes=rng.choice((6, 14, 22, 40, 75, 130, 210, 320)) * rng.uniform(0.7, 1.4))
            offer.state, offer.decided_by_id = HandOffState.ACCEPTED, row.owner_id
            offer.decided_at = min(offer.offered_at + within, now)
            offer.due_at = offer.offered_at + timedelta(hours=ANSWER_WITHIN)
            offer.is_override = number % 12 == 5
            offer.promoted = Promoted.MANUAL if offer.is_override else Promoted.AUTOMATIC
        made.append(offer)
    HandOff.objects.bulk_create(made, batch_size=BATCH)


def _shares(rng: Random, rep_id: int, them: dict[int, Worker]) -> list[dict[str, Any]]:
    """How the fair share came out, the rep being owed most."""
    people = [
        Candidate(pk, one.user.name, one.capacity, WHOLE if pk == rep_id else -rng.randrange(WHOLE))
        for pk, one in them.items()
    ]
    return shares_of(share([replace(one, credit=one.credit // 3) for one in people]))


def _campaigns() -> dict[int, str]:
    """By contact: the campaign of the first touch."""
    rows = Touch.objects.filter(position="first", identity__contact__isnull=False).order_by("-at")
    return {pk: campaign for pk, campaign in rows.values_list("identity__contact", "campaign") if campaign}


def _of(row: Opportunity, campaign: str, rep: User) -> HandOff:
    standing = row.contact.standing
    judgement = (row.snapshot or {}).get("judgement") or {}
    said = f"Every rep: {rep.name}'s turn"
    return HandOff(
        contact_id=row.contact_id,
        opportunity=row,
        rep=rep,
        offered_at=row.created_at,
        definition_version=judgement.get("definition"),
        source=standing.source,
        campaign=campaign[:200],
        snapshot=row.snapshot,
        routing={"because": said},
    )


def _ran_out(rng: Random, reps: dict[int, User]) -> None:
    """Some went to a second rep because the first did not answer."""
    accepted = list(HandOff.objects.filter(state=HandOffState.ACCEPTED).select_related("rep").order_by("pk"))
    for follow in rng.sample(accepted, min(RAN_OUT, len(accepted))):
        others = [rep for rep in reps.values() if rep.pk != follow.rep_id]
        at = follow.offered_at - timedelta(hours=ANSWER_WITHIN)
        former = HandOff.objects.create(
            contact_id=follow.contact_id,
            opportunity_id=follow.opportunity_id,
            rep=rng.choice(others),
            offered_at=at,
            due_at=follow.offered_at,
            decided_at=follow.offered_at,
            state=HandOffState.EXPIRED,
            definition_version=follow.definition_version,
            source=follow.source,
            campaign=follow.campaign,
            snapshot=follow.snapshot,
            routing=follow.routing,
        )
        HandOff.objects.filter(pk=follow.pk).update(replaces=former)


def _rejected(rng: Random, reps: dict[int, User], midnight: datetime) -> None:
    """Leads that were prospects for some hours; they rest now, or wait to qualify anew."""
    leads = Standing.objects.filter(
        lifecycle=Lifecycle.LEAD,
        is_qualified=False,
        total__gte=25,
        contact__created_at__lt=midnight - timedelta(days=120),
    ).select_related("contact", "owner")
    known = list(leads.order_by("pk"))
    chosen = rng.sample(known, min(REJECTED, len(known)))
    changes: list[LifecycleChange] = []
    for number, standing in enumerate(chosen):
        at = midnight - timedelta(days=rng.uniform(2, 85), hours=rng.uniform(0, 9))
        reason = rng.choices(list(NOTES), WEIGHTS)[0]
        rep, decided = rng.choice(list(reps.values())), at + timedelta(minutes=rng.randrange(9, 400))
        offer = HandOff.objects.create(
            contact=standing.contact,
            rep=rep,
            offered_at=at,
            due_at=at + timedelta(hours=ANSWER_WITHIN),
            decided_at=decided,
            decided_by=rep,
            state=HandOffState.REJECTED,
            reason=reason,
            note=rng.choice(NOTES[reason]),
            definition_version=standing.definition_version,
            source=standing.source,
            is_override=number % 6 == 0,
            promoted="manual" if number % 6 == 0 else "automatic",
            routing={"because": f"Every rep: {rep.name}'s turn"},
        )
        label = f"Rejected: {reason.label}"
        let_go(standing.pk, reason=reason, label=label, now=decided, actor=rep, hand_off=offer)
        steps = (
            (Lifecycle.LEAD, Lifecycle.PROSPECT, at, "Qualified"),
            (Lifecycle.PROSPECT, Lifecycle.LEAD, decided, f"Hand-off rejected: {reason.label}"),
        )
        changes += [
            LifecycleChange(contact=standing.contact, from_stage=a, to_stage=b, at=when, actor=rep, reason=why)
            for a, b, when, why in steps
        ]
    LifecycleChange.objects.bulk_create(changes)


def _ledger(reps: dict[int, User]) -> None:
    """What everybody is owed after the last prospects, given in turn to those who can take it."""
    known = Availability.objects.filter(user__in=reps).order_by("user").select_related("user")
    people = [Candidate(one.user_id, one.user.name, one.capacity) for one in known]
    for _ in range(TURNS):
        people = [replace(one.candidate, credit=one.credit) for one in share(people).shares]
    Turn.objects.bulk_create([Turn(rep_id=one.rep_id) for one in people], ignore_conflicts=True)
    for one in people:
        Turn.objects.filter(pk=one.rep_id).update(credit=one.credit)
