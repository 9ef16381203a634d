"""The questions of hindsight: what was closed, what will come, how far leads got."""

from reports.queries.cohorts import Cohorts, cohorts
from reports.queries.comparison import Comparison, comparison
from reports.queries.costs import Costs, costs, entered
from reports.queries.forecast import Forecast, ForecastHeadline, forecast, forecast_headline
from reports.queries.funnel import Funnel, FunnelHeadline, Reached, Row, funnel, funnel_headline, shown
from reports.queries.wanted import Wanted

__all__ = [
    "Cohorts",
    "Comparison",
    "Costs",
    "Forecast",
    "ForecastHeadline",
    "Funnel",
    "FunnelHeadline",
    "Reached",
    "Row",
    "Wanted",
    "cohorts",
    "comparison",
    "costs",
    "entered",
    "forecast",
    "forecast_headline",
    "funnel",
    "funnel_headline",
    "shown",
]
