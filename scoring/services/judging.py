"""Judging: scores and verdicts are written here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from activities.models import ActivityKind
from activities.services import add_entry
from core import bulk, locks
from leads.days import day_of
from leads.models import ChangedContact, Contact, Standing
from scoring import queries, signals
from scoring.definitions import Spec
from scoring.models import RefreshRange, Verdict
from scoring.queries.shadows import running
from scoring.services import shadows
from scoring.statement import IDS, ONE, RANGE, Targets

BATCH = 5000
MOST_STRAYS = 50_000
RANGE_SIZE = 25_000  # short enough that a fact which waits for the lock is scored soon; several workers share them


@dataclass(frozen=True, slots=True)
class Changed:
    """A contact whose judgement changed, as the statement returns it."""

    contact_id: int
    was_qualified: bool
    is_qualified: bool
    total: int
    grade: str
    two_way_day: int | None
    met: list[int] | None
    persona_id: int | None
    exclusion_id: int | None


def _update(spec: Spec, targets: Targets, numbers: Sequence[int], day: int) -> list[Changed]:
    """Run the one update in the running transaction, which must hold the scoring lock."""
    with connection.cursor() as cursor:
        if targets.is_one:
            cursor.execute(f"EXECUTE {prepared_update(spec)} (%s::bigint[], %s)", [list(numbers), day])
        else:
            # planned for these very contacts: how many they are decides how they are joined
            update = queries.statement_of(spec).update(targets)
            cursor.execute(queries.filled(update, numbers, day))
        return [Changed(*row) for row in cursor.fetchall()]


def prepared_update(spec: Spec) -> str:
    """The name of the update of one contact, prepared on this connection."""
    return queries.prepared(spec, "update", "bigint[], int", lambda statement: statement.update(ONE))


def _record_verdicts(changed: Sequence[Changed], spec: Spec, *, now: datetime) -> int:
    """Write a Verdict, with its reasons, where it turned; announce who qualified."""
    turned = [row for row in changed if row.was_qualified != row.is_qualified]
    Verdict.objects.bulk_create(
        Verdict(
            contact_id=row.contact_id,
            is_qualified=row.is_qualified,
            at=now,
            definition_id=spec.id,
            total=row.total,
            grade=row.grade,
            reasons=_reasons(row, spec, day_of(now)),
        )
        for row in turned
    )
    for row in turned:
        word = "Qualified" if row.is_qualified else "No longer qualified"
        add_entry(
            contact_id=row.contact_id,
            kind=ActivityKind.SCORE,
            title=f"{word}: {row.total} {row.grade} by definition v{spec.version}",
            body="; ".join(_reasons(row, spec, day_of(now))),
            at=now,
        )
        if row.is_qualified:
            signals.contact_qualified.send(sender=None, contact_id=row.contact_id)
    return len(turned)


def _reasons(row: Changed, spec: Spec, day: int) -> list[str]:
    """What held and what was missing, in words."""
    sign = "reaches" if row.total >= spec.threshold else "is below"
    excluded = spec.exclusion(row.exclusion_id)
    reasons = [f"excluded: {excluded}"] if excluded else []
    reasons.append(f"score {row.total} {sign} {spec.threshold}")
    if spec.two_way_days:
        talked = row.two_way_day is not None and row.two_way_day > day - spec.two_way_days
        reasons.append(f"{'talked' if talked else 'did not talk'} to us in the last {spec.two_way_days} days")
    for required in spec.required_of(row.persona_id):
        known = required.criterion_id in (row.met or [])
        lacking = "not answered lately" if required.fresh_days else "missing"
        reasons.append(f"{required.label.lower()} {'answered' if known else lacking}")
    return reasons


def rescore_changed(*, now: datetime) -> int:
    """Judge everybody in the queue of changed contacts; returns how many were looked at.

    The lock comes first: without it two scorers overwrite each other with what they read before the other's commit.
    Rows are taken with DELETE … RETURNING, so a fact that commits later leaves its own row for the next round.
    """
    looked_at = 0
    while ChangedContact.objects.exists():
        with transaction.atomic():
            locks.hold(locks.SCORING)
            active = queries.active_specs()
            ids = _take() if any(active) else []
            if not ids:
                return looked_at
            looked_at += len(ids)
            judged: list[int] = []
            # who changes hands after this look has a row in the queue again
            for spec, part in queries.judged_by(active, ids):
                changed = _update(spec, _targets(part), part, day_of(now))
                _record_verdicts(changed, spec, now=now)
                judged += [row.contact_id for row in changed]
            if judged:
                signals.judgement_changed.send(sender=None, contact_ids=judged)
            _judge_beside(active, _targets(ids), ids, day_of(now), now=now)
    return looked_at


def _targets(ids: Sequence[int]) -> Targets:
    return IDS if ids[1:] else ONE


def _judge_beside(active: queries.Active, targets: Targets, numbers: Sequence[int], day: int, *, now: datetime) -> None:
    """The same contacts by the shadow, when one runs."""
    if (shadow := running()) is not None:
        shadows.judge(shadow, active, targets, numbers, day, now=now)


def _take() -> list[int]:
    """Take the next contacts off the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM leads_changedcontact WHERE id IN (SELECT id FROM leads_changedcontact ORDER BY id LIMIT %s) "
            "RETURNING contact_id",
            [BATCH],
        )
        return sorted({row[0] for row in cursor.fetchall()})


def plan_refresh(*, now: datetime) -> list[int]:
    """Cut all contacts into ranges to be judged for today by each active definition, once; ids of those not yet done.

    When all are done, whoever is judged by another definition than their owner's team's is put into the queue.
    """
    with transaction.atomic():
        active = queries.active_specs()
        day = day_of(now)
        last = Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        RefreshRange.objects.exclude(definition_id__in=[spec.id for spec in active], day=day).delete()
        RefreshRange.objects.bulk_create(
            [
                RefreshRange(definition_id=spec.id, day=day, first_contact=first, last_contact=first + RANGE_SIZE - 1)
                for spec in active
                for first in range(0, last + 1, RANGE_SIZE)
            ],
            ignore_conflicts=True,
        )
        left = list(RefreshRange.objects.filter(done_at=None).order_by("pk").values_list("pk", flat=True))
        if active.teams and not left:
            _queue_strays(active)
        return left


@transaction.atomic
def queue_leads_of(user_id: int) -> None:
    """Judge anew what somebody owns, when a team has a definition of its own."""
    if queries.active_specs().teams:
        owned = Standing.objects.filter(owner=user_id).values_list("pk", flat=True)
        bulk.insert(ChangedContact, {"contact_id": list(owned)})


def _queue_strays(active: queries.Active) -> None:
    """Owners went to another team, and the announcement was lost."""
    teams = " ".join(f"WHEN {team_id} THEN {spec.version}" for team_id, spec in active.teams.items())
    common = active.common.version if active.common else "s.definition_version"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_changedcontact (contact_id) SELECT s.contact_id FROM leads_standing s "
            "LEFT JOIN users_user u ON u.id = s.owner_id "
            f"WHERE s.definition_version <> CASE u.team_id {teams} ELSE {common} END LIMIT {MOST_STRAYS}"
        )


def refresh_range(range_id: int, *, now: datetime) -> int:
    """Judge one range; returns how many judgements changed. Ranges run together, but not beside `rescore_changed`."""
    with transaction.atomic():
        locks.hold(locks.SCORING, shared=True)
        part = RefreshRange.objects.filter(pk=range_id, done_at=None).select_for_update(skip_locked=True).first()
        active = queries.active_specs()
        spec = next((row for row in active if part is not None and row.id == part.definition_id), None)
        if part is None or spec is None:
            return 0
        numbers = [part.first_contact, part.last_contact]
        targets = RANGE.only(active.whose(spec.team_id))
        changed = _update(spec, targets, numbers, part.day)
        _record_verdicts(changed, spec, now=now)
        _judge_beside(active, targets, numbers, part.day, now=now)
        part.done_at = now
        part.save(update_fields=["done_at"])
    return len(changed)


def refresh_all(*, now: datetime) -> int:
    """Judge everybody here and now; returns how many judgements changed."""
    return sum(refresh_range(range_id, now=now) for range_id in plan_refresh(now=now))
