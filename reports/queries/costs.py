"""What campaigns cost, and what came of it: per lead, prospect and customer, and in money."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models.functions import TruncDate

from core import keyset
from pipeline.exchange import in_cents
from pipeline.models import Opportunity, StageKind
from pipeline.periods import later
from pipeline.queries.currencies import rates_in, reporting_currency
from pipeline.queries.filters import midnight
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
    others: list[str]  # currencies of costs and of what was won that are not in it
    wants: str  # for want of what: a rate, or a reporting currency
    is_together: bool  # other currencies are in it


def costs(wanted: Wanted, *, now: datetime, currency: str) -> Costs:
    """Of the people who became known in these months, by one way of sharing them among campaigns. Six queries.

    In the reporting currency, if there is one: a cost by the rate at the end of its month, what was won by its day's.
    """
    months = wanted.cohorts(now.astimezone(UTC).date())
    wanted = replace(wanted, by="campaign", key=None, mark="", within=None, level=False, reached="lead")
    wanted = replace(wanted, missing="", restated=None)
    by_campaign: dict[str, Tally] = defaultdict(nothing)
    for (_, key), tally in tallied(wanted.cell, months).items():
        by_campaign[key].add(tally.parts, tally.revenue)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    rows = CampaignCost.objects.filter(month__gte=months[-1], month__lte=months[0]).order_by()
    entered = [
        (campaign, amount, code, min(later(month, 1) - timedelta(days=1), now.astimezone(UTC).date()))
        for campaign, amount, code, month in rows.values_list("campaign", "amount", "currency", "month")
    ]
    won = _won_otherwise(months, currency)
    needed = {*won, *((code, day) for _, _, code, day in entered)}
    is_ours = reporting_currency() == currency
    rates = rates_in(currency, needed if is_ours else ())
    for campaign, amount, code, day in entered:
        if (worth := rates.convert(amount, code, day)) is not None:
            spent[campaign] += in_cents(worth)
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
        others=sorted({code for code, day in needed if rates.on(code, day) is None}),
        wants="rate" if is_ours else "reporting currency",
        is_together=any(code != currency and rates.on(code, day) for code, day in needed),
    )


def _won_otherwise(months: list[date], currency: str) -> set[tuple[str, date]]:
    """In which other currencies, and on which days, people of these months were won. One query."""
    rows = Opportunity.objects.filter(
        stage__kind=StageKind.WON,
        amount__isnull=False,
        closed_at__isnull=False,
        contact__created_at__gte=midnight(months[-1]),
        contact__created_at__lt=midnight(later(months[0], 1)),
    ).exclude(currency=currency)
    return set(rows.order_by().values_list("currency", TruncDate("closed_at", tzinfo=UTC)).distinct())


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
