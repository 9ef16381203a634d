"""The API: tokens, not sessions (tests/api)."""

from tests.crm.access.row import ADMIN, ALL, NO_TOKEN, Row

DONE = "403 403 403 403 403 302 403 302"  # an administrator did it

ROWS = [
    Row("api_events", NO_TOKEN, method="post"),
    Row("api_contacts", NO_TOKEN),
    Row("api_contact", NO_TOKEN, ("contact",)),
    Row("api_evidence", NO_TOKEN, ("contact",)),
    Row("api_score", NO_TOKEN, ("contact",)),
    Row("api_score_history", NO_TOKEN, ("contact",)),
    Row("api_merge", NO_TOKEN, ("contact",), "post"),
    Row("api_unmerge", NO_TOKEN, ("contact",), "post"),
    Row("api_duplicates", NO_TOKEN),
    Row("api_duplicate", NO_TOKEN, ("duplicate",)),
    Row("api_opportunities", NO_TOKEN),
    Row("api_opportunity", NO_TOKEN, ("opportunity",)),
    *(Row(f"api_opportunity_{name}", NO_TOKEN, ("opportunity",), "post") for name in ("move", "win", "lose", "reopen")),
    Row("api_promote", NO_TOKEN, ("contact",), "post"),
    Row("api_hand_offs", NO_TOKEN),
    *(Row(name, NO_TOKEN, ("hand_off",)) for name in ("api_hand_off", "api_assignment")),
    *(Row(f"api_hand_off_{name}", NO_TOKEN, ("hand_off",), "post") for name in ("accept", "reject", "undo")),
    *(Row(name, NO_TOKEN) for name in ("api_forecast", "api_forecast_changes", "api_forecast_accuracy")),
    Row("api_forecast_leads", NO_TOKEN),
    Row("api_funnel", NO_TOKEN),
    Row("api_funnel_cohorts", NO_TOKEN),
    Row("api_funnel_comparison", NO_TOKEN),
    Row("api_funnel_costs", NO_TOKEN),
    Row("api_nothing", "404 404 404 404 404 404 404 404", ("nothing",)),
    Row("api_schema", "200 200 200 200 200 200 200 403"),
    Row("api_docs", ALL),
    Row("settings_webhooks", ADMIN),
    Row("webhook_new", ADMIN),
    Row("webhook", ADMIN, ("webhook",)),
    Row("webhook_edit", ADMIN, ("webhook",)),
    Row("webhook_delivery", ADMIN, ("webhook", "delivery")),
    *(Row(f"webhook_{name}", DONE, ("webhook",), "post") for name in ("turn", "secret", "test", "again", "delete")),
]
