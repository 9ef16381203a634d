"""What the demo's campaigns cost: a round sum for each person that a campaign was the first to bring, by medium.

So that a reader can check it: cost of a month = people whom it brought first in that month × the price of its medium.
"""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from leads.models import Position, Touch
from pipeline.models import Pipeline
from reports.models import CampaignCost
from users.models import User

PRICES = {"cpc": Decimal(48), "social": Decimal(36), "email": Decimal(9), "webinar": Decimal(64)}
USUAL = Decimal(24)


def spend_on_campaigns(midnight: datetime) -> None:
    """A cost for each campaign and month in which it brought somebody; the newest month is not billed yet."""
    brought: Counter[tuple[datetime, str, str]] = Counter()
    touches = Touch.objects.filter(position=Position.FIRST, identity__contact__is_demo=True).exclude(campaign="")
    for at, medium, campaign in touches.values_list("identity__contact__created_at", "medium", "campaign"):
        month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if (month.year, month.month) != (midnight.year, midnight.month):
            brought[month, medium, campaign.strip().lower()] += 1
    spent: Counter[tuple[datetime, str]] = Counter()
    for (month, medium, campaign), people in brought.items():
        spent[month, campaign] += int(people * PRICES.get(medium, USUAL))
    pipeline = Pipeline.objects.order_by("position", "pk").first()
    marketer = User.objects.filter(email="marketer@demo.example").first()
    CampaignCost.objects.bulk_create(
        CampaignCost(
            month=month.date(),
            campaign=campaign,
            amount=Decimal(amount),
            currency=pipeline.currency if pipeline else "EUR",
            entered_by=marketer,
            entered_at=midnight,
        )
        for (month, campaign), amount in sorted(spent.items())
    )
