"""The simulated ranges, worked out anew when the day changes or deals have moved. Loads numpy: only tasks call it."""

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import xor
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.db.models.functions import TruncDate

from core.locks import hold
from pipeline.exchange import Rates
from pipeline.models import Category, ExchangeRate, Opportunity, Stage, StageKind, StageMove
from pipeline.periods import Period, Unit, around, period_of
from pipeline.queries.currencies import rates_in, reporting_currency
from pipeline.queries.totals import Fingerprint
from reports.models import Basis, Outlook, OutlookRange
from users.models import User

if TYPE_CHECKING:
    from pipeline.forecast import Futures
    from pipeline.rates import Deal, Vector

OUTLOOK = 0x4F4C4B  # core.locks: this work is done by one at a time
SEED, RUNS = 7, 1000
HISTORY = timedelta(days=2 * 366)  # older endings say little of today's
LEAST_PAUSE = timedelta(minutes=1)
PAUSE_PER_WORK = 20  # so many times as long as it took, it rests


@dataclass
class Known:
    """The deals of one currency, or of all in one, pipeline by pipeline, as the simulation takes them."""

    day: date
    owners: list[int | None] = field(default_factory=list)
    deals: "dict[int, list[Deal]]" = field(default_factory=lambda: defaultdict(list))
    stages: dict[int, list[float]] = field(default_factory=dict)
    closed: dict[tuple[int, date], float] = field(default_factory=lambda: defaultdict(float))  # owner, month -> won
    unrated: set[str] = field(default_factory=set)  # currencies that are not in it, for want of a rate


@dataclass(frozen=True, slots=True, order=True)
class Which:
    """The deals of a currency, or all deals in it."""

    currency: str
    is_together: bool = False

    def __str__(self) -> str:
        return f"all in {self.currency}" if self.is_together else self.currency


def marks() -> dict[Which, int]:
    """For each a number that changes when a deal, a stage, a rate, or somebody's team does."""
    rows = Opportunity.objects.order_by().values_list("currency")
    stages = list(Stage.objects.order_by("pk").values_list("pk", "kind", "probability", "category", "position"))
    teams = list(User.objects.order_by("pk").values_list("pk", "team"))
    of_frame = zlib.crc32(repr((stages, teams, settings.FISCAL_YEAR_START)).encode())
    found = {Which(code): mark ^ of_frame for code, mark in rows.annotate(mark=Fingerprint(F("pk"), F("version")))}
    if len(found) > 1 and (ours := reporting_currency()):
        rates = ExchangeRate.objects.aggregate(count=Count("pk"), newest=Max("set_at"))
        found[Which(ours, True)] = reduce(xor, found.values()) ^ zlib.crc32(repr((of_frame, rates)).encode())
    return found


def refresh_outlook(*, now: datetime, everything: bool = False) -> list[str]:
    """Work out what is no longer true, each in its own transaction; returns what that was."""
    today = now.astimezone(UTC).date()
    kept = {Which(row.currency, row.is_together): row for row in Outlook.objects.all()}
    found, done = marks(), []
    for which, mark in sorted(found.items()):
        before = kept.get(which)
        if before is not None and not everything and before.day == today:
            pause = max(LEAST_PAUSE, PAUSE_PER_WORK * timedelta(milliseconds=before.took_ms))
            if before.mark == mark or now - before.at < pause:
                continue
        _work_out(which, mark, now=now)
        done.append(str(which))
    Outlook.objects.filter(pk__in=[row.pk for which, row in kept.items() if which not in found]).delete()
    return done


@transaction.atomic
def _work_out(which: Which, mark: int, *, now: datetime) -> None:
    from pipeline.forecast import futures
    from reports.services.leads_through import through

    hold(OUTLOOK)
    began, today = perf_counter(), now.astimezone(UTC).date()
    known = read(which.currency, today, together=which.is_together)
    ends = [period.end.toordinal() for period in coming(today)]
    made: list[Futures] = []
    for place, (pipeline, deals) in enumerate(sorted(known.deals.items())):
        made.append(
            futures(
                deals,
                day=today.toordinal(),
                bounds=ends,
                stages=known.stages[pipeline],
                owners=len(known.owners),
                seed=SEED + place,
                runs=RUNS,
                amounts_known=True,
            )
        )
    outlook, _ = Outlook.objects.update_or_create(
        currency=which.currency,
        is_together=which.is_together,
        defaults={
            "day": today,
            "mark": mark,
            "seed": SEED,
            "runs": RUNS,
            "open_deals": sum(one.open_deals for one in made),
            "closed_deals": sum(one.closed_deals for one in made),
            "at": now,
            "took_ms": 0,
        },
    )
    # a range of some of the currencies would be told as one of all
    rows = [] if known.unrated else _ranges(outlook, known, made)
    if not which.is_together:
        rows += through(outlook, known)
    OutlookRange.objects.filter(outlook=outlook).delete()
    OutlookRange.objects.bulk_create(rows, batch_size=1000)
    outlook.took_ms = round(1000 * (perf_counter() - began))
    outlook.save()


def coming(today: date) -> list[Period]:
    """The months that are simulated: as far as four quarters reach, and so beyond the year's end."""
    opens = settings.FISCAL_YEAR_START
    last = period_of(today, Unit.QUARTER, opens).moved(3)
    months = around(today, Unit.MONTH, before=0, after=14, opens=opens)
    return [month for month in months if month.end <= last.end]


def read(currency: str, today: date, *, together: bool = False) -> Known:
    """The deals of a currency; or all, in it: what is open by today's rate, what is closed by that of its day.

    What was closed before the periods that are summed, and has no rate, tells how deals go and not what they bring.
    """
    from pipeline.rates import Deal

    known, rates = Known(today), _rates(currency, today) if together else Rates(currency)
    first = min(period.start for period in summed(today))
    place: dict[int, int] = {}
    numbers: dict[int | None, int] = {}
    for pk, pipeline, kind, probability in Stage.objects.order_by("pipeline", "position", "pk").values_list(
        "pk", "pipeline", "kind", "probability"
    ):
        chances = known.stages.setdefault(pipeline, [])
        if kind == StageKind.OPEN:
            place[pk] = len(chances)
            chances.append(probability / 100)
    since = datetime.combine(today - HISTORY, datetime.min.time(), UTC)
    rows = Opportunity.objects.filter(Q(closed_at=None) | Q(closed_at__gte=since))
    rows = rows if together else rows.filter(currency=currency)
    moves: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for opportunity, stage, at in (
        StageMove.objects.filter(
            opportunity__in=rows.values("pk"), to_stage__in=place, to_stage__pipeline=F("opportunity__pipeline")
        )
        .order_by("at", "pk")
        .values_list("opportunity", "to_stage", "at")
    ):
        moves[opportunity].append((place[stage], at.astimezone(UTC).date().toordinal()))
    for row in rows.select_related("stage").only(
        "pipeline", "stage__kind", "stage__category", "amount", "owner", "created_at", "closed_at", "category",
        "stage_entered_at", "currency",
    ).order_by("pk"):  # fmt: skip
        if not known.stages.get(row.pipeline_id):
            continue
        if row.is_open and (row.category or row.stage.category) == Category.OMITTED:
            continue
        owner = numbers.setdefault(row.owner_id, len(numbers))
        created, closed = row.created_at.astimezone(UTC).date().toordinal(), row.closed_on
        is_won = row.stage.kind == StageKind.WON
        amount = None if row.amount is None else rates.convert(row.amount, row.currency, closed or today)
        if row.amount is not None and amount is None and (closed is None or (is_won and closed >= first)):
            known.unrated.add(row.currency)
        if is_won and closed is not None:
            known.closed[owner, closed.replace(day=1)] += float(amount or 0)
        if row.is_open:
            entered = row.stage_entered_at.astimezone(UTC).date().toordinal()
            way = [*moves[row.pk], (place[row.stage_id], entered)]
        else:
            way = moves[row.pk] or [(0, created)]
        known.deals[row.pipeline_id].append(
            Deal(
                created,
                max(closed.toordinal(), created) if closed else None,
                is_won,
                None if amount is None else float(amount),
                visits=_straight(created, way),
                owner=owner,
            )
        )
    known.owners = list(numbers)
    return known


def _rates(ours: str, today: date) -> Rates:
    rows = Opportunity.objects.filter(amount__isnull=False).order_by().annotate(day=TruncDate("closed_at", tzinfo=UTC))
    return rates_in(ours, [(code, day or today) for code, day in rows.values_list("currency", "day").distinct()])


def _straight(created: int, way: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The stages one after the other, from the day of opening; staying where it is is no visit."""
    visits: list[tuple[int, int]] = []
    for stage, day in way:
        if not visits:
            visits.append((stage, created))
        elif stage != visits[-1][0]:
            visits.append((stage, max(day, visits[-1][1])))
    return tuple(visits)


def _ranges(outlook: Outlook, known: Known, made: "list[Futures]") -> list[OutlookRange]:
    """Of all, of each team and of each person, by month, quarter and year."""
    months = coming(known.day)
    teams: dict[int, list[int]] = defaultdict(list)
    people = dict(User.objects.filter(pk__in=[pk for pk in known.owners if pk]).values_list("pk", "team"))
    for number, pk in enumerate(known.owners):
        if pk is not None and people.get(pk):
            teams[people[pk]].append(number)
    scopes: list[tuple[dict[str, int], list[int]]] = [({}, list(range(len(known.owners))))]
    scopes += [({"team_id": team}, numbers) for team, numbers in teams.items()]
    scopes += [({"owner_id": pk}, [number]) for number, pk in enumerate(known.owners) if pk is not None]
    rows = []
    for period in summed(known.day):
        chosen = [number for number, month in enumerate(months) if month.start in period.months]
        sums = together(made, chosen)
        for scope, owners in scopes:
            closed = sum(known.closed.get((one, month), 0.0) for one in owners for month in period.months)
            rows.append(range_row(outlook, Basis.DEALS, period, quantiles(sums, owners, closed), **scope))
    return rows


def summed(today: date) -> list[Period]:
    """The periods that lie within what is simulated and what is over."""
    opens = settings.FISCAL_YEAR_START
    quarters = around(today, Unit.QUARTER, before=0, after=3, opens=opens)
    return [*coming(today), *quarters, period_of(today, Unit.YEAR, opens)]


def together(made: "list[Futures]", chosen: list[int]) -> "Vector":
    """What these periods bring, [future, owner]: several pipelines run independently of each other."""
    import numpy as np

    shape = made[0].totals.shape if made else (RUNS, 0, 1)
    return sum((one.totals[:, chosen, :].sum(axis=1) for one in made), np.zeros((shape[0], shape[2])))


def quantiles(sums: "Vector", owners: list[int], closed: float) -> tuple[float, ...]:
    """The bounds of four in five futures of these owners, and the middle, on top of what is closed."""
    import numpy as np

    return tuple(float(value) for value in np.quantile(sums[:, owners].sum(axis=1) + closed, [0.1, 0.5, 0.9]))


def range_row(outlook: Outlook, basis: Basis, period: Period, found: tuple[float, ...], **scope: Any) -> OutlookRange:
    p10, p50, p90 = (Decimal(str(round(value, 2))) for value in found)
    return OutlookRange(
        outlook=outlook, basis=basis, unit=period.unit, start=period.start, p10=p10, p50=p50, p90=p90, **scope
    )
