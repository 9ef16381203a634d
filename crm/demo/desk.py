"""What colleagues did at the desk in the last weeks, told by the calls and answers that they wrote down."""

from datetime import datetime, timedelta
from random import Random

from activities.models import Activity, ActivityKind, FollowUp
from leads.models import Criterion, Evidence, Lifecycle, LifecycleChange, Standing
from pipeline.models import DeskOutcome, Did, Question, Waits
from scoring import queries as scoring
from users.models import User
from users.roles import Role

DAYS = 30
CALLS = {"connected", "voicemail", "no_answer"}
BATCH = 2000


# how each of the demo's personas is asked
QUESTIONS = {
    "Large enterprise": {
        "budget": ("Which cost centre would pay for this, and for which year is it planned?",),
        "authority": ("Who signs above 50,000, and does procurement have a say?",),
    },
    "Mid-market operations": {
        "budget": ("What does a planner’s hour cost you, and how many go into this each week?",),
        "need": ("Where does the plan break first on a bad Monday?",),
    },
}


def ask_personas() -> None:
    """A large company is asked otherwise than a middling one."""
    criteria = {row.key: row for row in Criterion.objects.all()}
    rows = (
        Question(criterion=criteria[key], persona=persona, text=text, position=position)
        for persona, of in QUESTIONS.items()
        for key, texts in of.items()
        for position, text in enumerate(texts)
        if key in criteria
    )
    Question.objects.bulk_create(rows, ignore_conflicts=True)


def work_at_the_desk(midnight: datetime) -> None:
    """Outcomes beside what is loaded already, oldest first; the rep who is shown promised two calls for today."""
    since = midnight - timedelta(days=DAYS)
    reps = {user.pk: user for user in User.objects.filter(role=Role.REP)}
    rows = [
        DeskOutcome(
            contact_id=row.contact_id,
            by=reps[row.recorded_by_id],
            at=row.observed_at,
            did=Did.ANSWERED,
            detail=row.criterion.key,
            made={"evidence": [row.pk]},
        )
        for row in Evidence.objects.filter(observed_at__gte=since).select_related("criterion")
        if row.recorded_by_id in reps
    ]
    rows += [
        DeskOutcome(
            contact_id=row.contact_id,
            by=reps[row.actor_id],
            at=row.at,
            did=Did.CALLED,
            detail=row.outcome,
            made={"activity": row.pk, "events": [row.event_id] if row.event_id else []},
        )
        for row in Activity.objects.filter(at__gte=since, kind=ActivityKind.CALL, outcome__in=CALLS)
        if row.actor_id in reps
    ]
    rows += [
        DeskOutcome(
            contact_id=row.contact_id,
            by=reps[row.actor_id],
            at=row.at,
            did=Did.DISQUALIFIED,
            detail="no_fit",
            note=row.reason[:200],
            made={"change": row.pk},
        )
        for row in LifecycleChange.objects.filter(at__gte=since, to_stage=Lifecycle.DISQUALIFIED)
        if row.actor_id in reps
    ]
    DeskOutcome.objects.bulk_create(sorted(rows, key=lambda row: (row.at, row.contact_id)), batch_size=BATCH)


def put_some_aside(midnight: datetime, now: datetime) -> None:
    """Once scores are known: some near the line wait for a day or a sign, and two calls are promised for today."""
    spec = scoring.active_spec()
    rep = User.objects.filter(email="rep@demo.example").first()
    if spec is None or rep is None:
        return
    near = Standing.objects.filter(
        lifecycle=Lifecycle.LEAD, is_qualified=False, total__range=(spec.threshold - 22, spec.threshold - 4)
    )
    mine = list(near.filter(owner=rep).select_related("contact").order_by("pk")[:12])
    rng = Random(len(mine))
    rows, calls = [], []
    for number, standing in enumerate(mine[:8]):
        at = midnight - timedelta(days=rng.randrange(1, 9), hours=-rng.randrange(8, 15))
        if number < 2:
            hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2 + number)
            calls.append(
                FollowUp(contact=standing.contact, assignee=rep, title=f"Call {standing.contact} back", due_at=hour)
            )
            rows.append(_aside(standing, rep, at, Did.LATER, Waits.LATER, hour, "Wants to look at the calendar first"))
        elif number % 2:
            until = midnight + timedelta(days=rng.randrange(5, 40), hours=7)
            rows.append(_aside(standing, rep, at, Did.NURTURE, Waits.UNTIL, until, "After the summer planning"))
        else:
            rows.append(_aside(standing, rep, at, Did.NURTURE, Waits.EVENT, None, "Reads, but does not want to talk"))
    FollowUp.objects.bulk_create(calls)
    DeskOutcome.objects.bulk_create(rows)


def _aside(
    standing: Standing, rep: User, at: datetime, did: Did, waits: Waits, until: datetime | None, note: str
) -> DeskOutcome:
    return DeskOutcome(contact_id=standing.pk, by=rep, at=at, did=did, waits=waits, until=until, note=note)
