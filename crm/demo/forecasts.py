"""A year of the forecast's own record: quotas, managers' figures, and a snapshot a day that tells how it went.

What a deal was expected to bring, and when, is made up day by day so that it ends where the deal stands: reps date too
early, and push a deal that is late by some weeks. So commit tends to come in low; the sums tell by how much.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction

from crm.demo.load import BATCH
from pipeline.models import Category, ForecastCall, Opportunity, Quota, Stage, StageKind, StageMove
from pipeline.periods import Unit, around, later
from reports.models import ForecastLine, ForecastSnapshot, ForecastTotal, LineState, SnapshotRange
from reports.services.outlook import SEED, read
from reports.services.snapshots import sum_up
from users.models import User
from users.roles import Role

YEAR = 365
RUNS = 200
NOTES = ("Two of them will slip, as last month.", "Their legal department is slow.", "One more is as good as signed.")


@dataclass(frozen=True, slots=True)
class _State:
    """A deal in the morning of a day."""

    state: LineState
    stage: Stage
    amount: Decimal | None
    expected: date | None
    closed_on: date | None = None
    by_hand: str = ""  # a category of its own


@transaction.atomic
def keep_a_record(midnight: datetime) -> None:
    """Everything; the deals must be there."""
    today = midnight.date()
    days = [today - timedelta(days=back) for back in range(YEAR, -1, -1)]
    _override(today)
    ForecastSnapshot.objects.bulk_create(
        [ForecastSnapshot(day=day, taken_at=datetime.combine(day, datetime.min.time(), UTC)) for day in days]
    )
    ForecastLine.objects.bulk_create(_lines(days), batch_size=BATCH)
    sum_up(days)
    _quotas(today)
    _calls(today)
    _ranges(today)


def _override(today: date) -> None:
    """Somebody knows better than the stage: one is surer than it looks, one less, and one is no forecast at all."""
    rows = list(
        Opportunity.objects.open()
        .filter(amount__isnull=False, expected_close__gte=today)
        .select_related("stage")
        .order_by("pk")
    )
    wanted = [(Category.BEST, Category.COMMIT), (Category.COMMIT, Category.BEST), (Category.PIPELINE, Category.OMITTED)]
    for by_stage, by_hand in wanted:
        row = next((one for one in rows if one.stage.category == by_stage), None)
        if row is not None:
            Opportunity.objects.filter(pk=row.pk).update(category=by_hand)


def _lines(days: list[date]) -> list[ForecastLine]:
    moves: dict[int, list[StageMove]] = defaultdict(list)
    for move in StageMove.objects.select_related("to_stage").order_by("at", "pk"):
        moves[move.opportunity_id].append(move)
    lines: list[ForecastLine] = []
    for row in Opportunity.objects.select_related("stage").order_by("pk"):
        before: _State | None = None
        for day, state in _life(row, moves[row.pk], days[-1]):
            shown = max(day, days[0])
            if shown > days[-1] or state == before:
                continue
            if lines and lines[-1].opportunity_id == row.pk and lines[-1].snapshot_id == shown:
                lines.pop()  # before the record began, or twice on a day: the last one stands
            before = state
            is_now = row.category if row.is_open else ""
            lines.append(
                ForecastLine(
                    snapshot_id=shown,
                    opportunity_id=row.pk,
                    state=state.state,
                    owner_id=row.owner_id,
                    currency=row.currency,
                    amount=state.amount,
                    probability=state.stage.probability,
                    category=state.by_hand or is_now or state.stage.category,
                    created_on=row.created_at.astimezone(UTC).date(),
                    expected_close=state.expected,
                    closed_on=state.closed_on,
                )
            )
    return lines


def _life(row: Opportunity, moves: list[StageMove], today: date) -> list[tuple[date, _State]]:
    """How the deal stood, morning by morning where it changed."""
    rng, found = Random(row.pk), []
    ends = row.closed_on or today + timedelta(days=1)
    expected: date | None = None
    for number, move in enumerate(moves):
        entered = move.at.astimezone(UTC).date()
        morning = entered + timedelta(days=1)
        if move.to_stage.kind != StageKind.OPEN:
            state = LineState.WON if move.to_stage.kind == StageKind.WON else LineState.LOST
            found.append((morning, _State(state, move.to_stage, row.amount, row.expected_close, row.closed_on)))
            break
        until = moves[number + 1].at.astimezone(UTC).date() if number + 1 < len(moves) else today + timedelta(days=1)
        if number and row.expected_close is not None:
            # the nearer the end, the better they know
            still = max((ends - entered).days, 4)
            expected = entered + timedelta(days=round(still * rng.uniform(0.45, 0.75 + 0.2 * number)))
        # most reps commit to a proposal that is to be decided soon
        is_sure = row.closed_on is not None and move.to_stage.category == Category.BEST and rng.random() < 0.6
        by_hand = Category.COMMIT.value if is_sure else ""
        state_now = _State(LineState.OPEN, move.to_stage, move.amount, expected, by_hand=by_hand)
        found.append((morning, state_now))
        while expected is not None and expected + timedelta(days=4) < until:
            pushed = expected + timedelta(days=4)
            expected = expected + timedelta(days=rng.randrange(18, 34))
            state_now = replace(state_now, expected=expected)
            found.append((max(pushed, morning), state_now))
    if row.is_open:  # today it stands as it stands
        last = found[-1][1] if found else None
        if last is not None:
            day = max(found[-1][0], today - timedelta(days=rng.randrange(1, 6)))
            found.append((min(day, today), _State(LineState.OPEN, row.stage, row.amount, row.expected_close)))
    return found


def _reps() -> list[User]:
    return list(User.objects.filter(role=Role.REP).order_by("pk"))


def _quotas(today: date) -> None:
    """For a year back and the rest of this year and the next: growing, and a little more than most reach."""
    reps, manager = _reps(), User.objects.filter(role=Role.MANAGER).order_by("pk").first()
    won = Opportunity.objects.filter(stage__kind=StageKind.WON, owner__in=reps)
    total = sum((amount for amount in won.values_list("amount", flat=True) if amount), Decimal(0))
    usual = total / 12 / max(len(reps), 1)
    first = later(today.replace(day=1), -12)
    rows = []
    for number in range(12 + 13):
        month = later(first, number)
        amount = (usual * Decimal(60 + 4 * number) / 100 / 1000).quantize(Decimal(1)) * 1000
        set_at = datetime.combine(later(month, -1), datetime.min.time(), UTC)
        rows += [
            Quota(user=rep, month=month, currency="EUR", amount=amount, set_by=manager, set_at=set_at) for rep in reps
        ]
    Quota.objects.bulk_create(rows, batch_size=BATCH)


def _calls(today: date) -> None:
    """What the manager thought of two reps' commit, on the third of each of the last months and of this one."""
    manager = User.objects.filter(role=Role.MANAGER).order_by("pk").first()
    rows = []
    for number, rep in enumerate(_reps()[:2]):
        for back in range(6, -1, -1):
            month = later(today.replace(day=1), -back)
            day = min(month + timedelta(days=2), today)
            totals = ForecastTotal.objects.filter(snapshot=day, month=month, owner=rep, currency="EUR")
            original = sum((one.closed + one.commit for one in totals), Decimal(0))
            factor = (Decimal("0.85"), Decimal("1.10"))[(number + back) % 2]
            amount = (original * factor / 500).quantize(Decimal(1)) * 500
            if original:
                rows.append(
                    ForecastCall(
                        owner=rep,
                        month=month,
                        amount=amount,
                        original=original,
                        note=NOTES[2] if factor > 1 else NOTES[back % 2],
                        by=manager,
                        at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=9),
                    )
                )
    ForecastCall.objects.bulk_create(rows)


def _ranges(today: date) -> None:
    """The ranges as they were on the first day of each month, from what was known that morning."""
    from pipeline.forecast import as_known_on, futures

    known = read("EUR", today)
    rows = []
    for month in around(today, Unit.MONTH, before=11, after=0):
        day = month.start.toordinal()
        coming = [month.moved(step) for step in range(4)]
        for pipeline, deals in known.deals.items():
            seen = as_known_on(deals, day)
            if not seen:
                continue
            made = futures(
                seen,
                day=day,
                bounds=[one.end.toordinal() for one in coming],
                stages=known.stages[pipeline],
                owners=len(known.owners),
                seed=SEED + pipeline,
                runs=RUNS,
                amounts_known=True,
            )
            for number, one in enumerate(coming):
                found = made.range([number])
                values = [Decimal(str(round(value, 2))) for value in (found.p10, found.p50, found.p90)]
                rows.append(
                    SnapshotRange(
                        snapshot_id=month.start, currency="EUR", unit=Unit.MONTH, start=one.start,
                        p10=values[0], p50=values[1], p90=values[2],
                    )
                )  # fmt: skip
    SnapshotRange.objects.bulk_create(rows)
