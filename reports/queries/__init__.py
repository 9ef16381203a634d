"""The questions of hindsight: what was closed, what will come, how far leads got."""

from reports.queries.forecast import Forecast, ForecastHeadline, forecast, forecast_headline
from reports.queries.funnel import Funnel, FunnelHeadline, Wanted, funnel, funnel_headline

__all__ = [
    "Forecast",
    "ForecastHeadline",
    "Funnel",
    "FunnelHeadline",
    "Wanted",
    "forecast",
    "forecast_headline",
    "funnel",
    "funnel_headline",
]
