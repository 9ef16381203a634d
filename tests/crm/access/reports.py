"""Hindsight: forecast and funnel."""

from tests.crm.access.row import ALL, IMPORTS, MARKETING, STAGES, Row

ROWS = [
    Row("forecast_export", IMPORTS, ("csv",)),
    Row("funnel_export", IMPORTS, ("csv",)),
    Row("forecast", ALL),
    Row("forecast_changes", ALL),
    Row("forecast_accuracy", ALL),
    Row("forecast_leads", ALL),
    *(Row(f"forecast_{name}_export", IMPORTS, ("csv",)) for name in ("changes", "accuracy", "leads")),
    Row("forecast_call", "403 403 403 403 404 404 403 302"),
    Row("forecast_quotas", STAGES),
    Row("forecast_quotas", "403 403 403 403 302 302 403 302", method="post"),
    Row("funnel", "403 403 403 200 200 200 200 302"),
    Row("funnel_contacts", "403 403 403 200 200 200 200 302"),
    Row("funnel_cohorts", "403 403 403 200 200 200 200 302"),
    Row("funnel_compare", "403 403 403 200 200 200 200 302"),
    Row("funnel_counting", "403 403 403 200 200 200 200 302"),
    Row("funnel_costs", "403 403 403 200 200 200 200 302"),
    Row("funnel_cohorts_export", IMPORTS, ("csv",)),
    Row("funnel_compare_export", IMPORTS, ("csv",)),
    Row("funnel_costs_export", IMPORTS, ("csv",)),
    Row("funnel_cost_add", MARKETING),
    Row("funnel_costs_import", MARKETING),
    Row("funnel_cost_remove", "403 403 403 302 403 302 403 302", ("one",), "post"),
]
