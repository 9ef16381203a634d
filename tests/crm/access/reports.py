"""Hindsight: forecast and funnel."""

from tests.crm.access.row import ALL, IMPORTS, Row

ROWS = [
    Row("forecast_export", IMPORTS, ("csv",)),
    Row("funnel_export", IMPORTS, ("csv",)),
    Row("forecast", ALL),
    Row("funnel", "403 403 403 200 200 200 200 302"),
    Row("funnel_contacts", "403 403 403 200 200 200 200 302"),
]
