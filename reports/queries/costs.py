"""What campaigns cost, and what came of it: per lead, prospect and customer, and in money."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from core import keyset
from reports.attribution import rounded
from reports.costing import per, times
from reports.models import CampaignCost
from reports.queries.funnel import Tally, nothing, shown, tallied
from reports.queries.labels import NONE
from reports.queries.proof import Kept, kept
from reports.queries.steps import KEYS
from reports.queries.wanted import Wanted

COUNTED = ("lead", "accepted", "won")


@dataclass(frozen=True, slots=True)
class Figure:
    """So many people are credited to a campaign, and so much each of them cost."""

    parts: int
    query: str
    each: Decimal | None

    @property
    def text(self) -> str:
        return shown(self.parts)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, or all of them; what is not known to have cost anything has no cost, which is not zero."""

    label: str
    key: str
    cost: Decimal | None
    figures: list[Figure]
    revenue: Decimal
    back: Decimal | None  # how many times the cost came back


@dataclass(frozen=True, slots=True)
class Costs:
    """The whole page."""

    kept: Kept
    currency: str
    total: Campaign  # of the campaigns whose cost is known
    campaigns: list[Campaign]
    months: list[date]
    others: list[str]  # currencies of costs that are not in it


def costs(wanted: Wanted, *, now: datetime, currency: str) -> Costs:
    """Of the people who became known in these months, by one way of sharing them among campaigns. Three queries."""
    months = wanted.cohorts(now.astimezone(UTC).date())
    wanted = replace(wanted, by="campaign", key=None, mark="", within=None, level=False, reached="lead")
    wanted = replace(wanted, missing="", restated=None)
    by_campaign: dict[str, Tally] = defaultdict(nothing)
    for (_, key), tally in tallied(wanted.cell, months).items():
        by_campaign[key].add(tally.parts, tally.revenue)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    others = set()
    rows = CampaignCost.objects.filter(month__gte=months[-1], month__lte=months[0]).order_by()
    for campaign, amount, code in rows.values_list("campaign", "amount", "currency"):
        if code == currency:
            spent[campaign] += amount
        else:
            others.add(code)
    for key in spent:
        by_campaign[key].add([0] * len(by_campaign[key].parts), Decimal(0))  # one that brought nobody, too
    keys = sorted(
        by_campaign, key=lambda key: (key not in spent, -spent.get(key, Decimal(0)), -by_campaign[key].parts[0], key)
    )
    columns = [rounded([by_campaign[key].parts[place] for key in keys]) for place in range(len(KEYS))]
    paid = nothing()
    for number, key in enumerate(keys):
        tally = by_campaign[key]
        tally.parts[: len(KEYS)] = [column[number] for column in columns]
        if key in spent:
            paid.add(tally.parts, tally.revenue)
    return Costs(
        kept=kept(),
        currency=currency,
        total=_campaign("All with a cost", None, paid, sum(spent.values(), Decimal(0)) if spent else None, wanted),
        campaigns=[_campaign(key or NONE["campaign"], key, by_campaign[key], spent.get(key), wanted) for key in keys],
        months=months,
        others=sorted(others),
    )


def _campaign(label: str, key: str | None, tally: Tally, cost: Decimal | None, wanted: Wanted) -> Campaign:
    figures = []
    for step in COUNTED:
        parts = tally.parts[KEYS.index(step)]
        query = "" if key is None else replace(wanted, key=key, reached=step).query()
        figures.append(Figure(parts, query, per(cost, parts)))
    revenue = tally.revenue.quantize(Decimal("0.01"))
    return Campaign(label, key or "", cost, figures, revenue, times(revenue, cost))


def entered(*, after: str = "", before: str = "", size: int = 24) -> "keyset.Page[CampaignCost]":
    """A page of what was written down, newest first. One query."""
    rows = CampaignCost.objects.select_related("entered_by")
    return keyset.page(rows, by=[("id", int)], after=after, before=before, size=size)
