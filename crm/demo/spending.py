"""What the demo's campaigns cost: a round sum for each lead that a campaign was the first to bring.

So that a reader can check it: cost of a month = the leads of that month by first touch × the price of the campaign.
"""

from datetime import datetime
from decimal import Decimal

from reports.attribution import WHOLE
from reports.models import CampaignCost, FunnelCell
from reports.services.journeys import main_currency
from users.models import User

PRICES = {"spring": Decimal(24), "fair": Decimal(40), "planners": Decimal(12)}
USUAL = Decimal(20)


def spend_on_campaigns(midnight: datetime) -> None:
    """A cost for each campaign and month in which it brought somebody, from the funnel as it was counted."""
    marketer = User.objects.filter(email="marketer@demo.example").first()
    currency = main_currency()
    cells = FunnelCell.objects.filter(by="campaign.first").exclude(key="").order_by("month", "key")
    CampaignCost.objects.bulk_create(
        CampaignCost(
            month=cell.month,
            campaign=cell.key,
            amount=PRICES.get(cell.key, USUAL) * cell.leads / WHOLE,
            currency=currency,
            entered_by=marketer,
            entered_at=midnight,
        )
        for cell in cells
    )
