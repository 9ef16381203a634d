"""What campaigns cost is written down, one by one or as a list."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.db import transaction

from capture import tables
from core.errors import Refused
from pipeline import terms
from pipeline.periods import later
from reports import costing
from reports.costing import Cost, Wrong
from reports.models import CampaignCost
from users.models import User

LARGEST = 2 * 1024 * 1024
SHOWN_WRONG = 50
FURTHEST = 24  # months ahead that are paid for already


@dataclass(frozen=True, slots=True)
class Listed:
    """What came of a list."""

    kept: int
    wrong: list[Wrong]


@transaction.atomic
def set_cost(*, month: str, campaign: str, amount: str, currency: str, actor: User, now: datetime) -> CampaignCost:
    """What a campaign cost in a month; said again, it replaces what was said before."""
    cost = costing.cost_of(
        [month, campaign, amount, currency], {"month": 0, "campaign": 1, "amount": 2, "currency": 3}, ""
    )
    _refuse_far(cost, now)
    _keep([cost], actor=actor, now=now)
    return CampaignCost.objects.get(month=cost.month, campaign=cost.campaign, currency=cost.currency)


def _refuse_far(cost: Cost, now: datetime) -> None:
    """A month that no report will reach is a slip of the pen."""
    today = now.date()
    if not terms.EARLIEST <= cost.month <= later(today, FURTHEST):
        raise Refused(month=f"{cost.month:%B %Y} is too far away. Write the month as {today:%Y-%m}.")


@transaction.atomic
def take_costs(*, content: bytes, currency: str, actor: User, now: datetime) -> Listed:
    """The good lines of a list are kept, days of a month added up; the others come back with what is wrong.

    Twice comes to the same.
    """
    if len(content) > LARGEST:
        raise Refused(file="A list of costs has at most 2 MB.")
    text = tables.text_of(content, tables.encoding_of(content))
    rows = tables.records(text, tables.delimiter_of(text))
    header = next(rows, None)
    if header is None:
        raise Refused(file="There is nothing in this file.")
    columns = costing.columns_of(header.cells)
    lines = list(islice(rows, costing.MOST_LINES + 1))
    if len(lines) > costing.MOST_LINES:
        raise Refused(file=f"A list of costs has at most {costing.MOST_LINES:,} lines.")
    day_first = costing.is_day_first(costing.cell_of(row.cells, columns, "month") for row in lines)
    costs: dict[tuple[object, ...], Cost] = {}
    days: dict[tuple[object, ...], set[date | None]] = defaultdict(set)
    wrong: list[Wrong] = []
    for row in lines:
        try:
            cost = costing.cost_of(row.cells, columns, currency, day_first=day_first)
            _refuse_far(cost, now)
            key = (cost.month, cost.campaign, cost.currency)
            if cost.day in days[key] or (days[key] and None in {cost.day, *days[key]}):
                unit = "day" if cost.day and cost.day in days[key] else "month"
                raise Refused(f"The same campaign and {unit} stands further up; that line counts.")
            costs[key] = costing.added(costs[key], cost) if key in costs else cost
        except Refused as refused:
            wrong.append(Wrong(row.line, " ".join(refused.fields.values())))
            continue
        days[key].add(cost.day)
    _keep(list(costs.values()), actor=actor, now=now)
    return Listed(len(lines) - len(wrong), wrong)


@transaction.atomic
def remove_cost(*, cost_id: int) -> bool:
    """It is unknown again; false when it was gone already."""
    return bool(CampaignCost.objects.filter(pk=cost_id).delete()[0])


def _keep(costs: list[Cost], *, actor: User, now: datetime) -> None:
    CampaignCost.objects.bulk_create(
        [
            CampaignCost(
                month=cost.month,
                campaign=cost.campaign,
                amount=cost.amount,
                currency=cost.currency,
                entered_by=actor,
                entered_at=now,
            )
            for cost in costs
        ],
        update_conflicts=True,
        unique_fields=["month", "campaign", "currency"],
        update_fields=["amount", "entered_by", "entered_at"],
        batch_size=2000,
    )
