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
from reports.models.funnel import FunnelCell, Rollup

__all__ = [
    "Basis",
    "ForecastLine",
    "ForecastSnapshot",
    "ForecastTotal",
    "FunnelCell",
    "LineState",
    "Outlook",
    "OutlookRange",
    "Rollup",
    "SnapshotRange",
]
