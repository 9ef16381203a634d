"""The rows of hindsight, by noun."""

from reports.models.forecasts import (
    Basis,
    ForecastLine,
    ForecastSnapshot,
    ForecastTotal,
    LineState,
    Outlook,
    OutlookRange,
    SnapshotRange,
)
from reports.models.funnel import (
    CampaignCost,
    Channel,
    Credit,
    FunnelCell,
    FunnelPace,
    FunnelSpan,
    Journey,
    Rollup,
)

__all__ = [
    "Basis",
    "CampaignCost",
    "Channel",
    "Credit",
    "ForecastLine",
    "ForecastSnapshot",
    "ForecastTotal",
    "FunnelCell",
    "FunnelPace",
    "FunnelSpan",
    "Journey",
    "LineState",
    "Outlook",
    "OutlookRange",
    "Rollup",
    "SnapshotRange",
]
