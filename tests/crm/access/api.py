"""The API: tokens, not sessions (tests/api)."""

from tests.crm.access.row import ALL, NO_TOKEN, Row

ROWS = [
    Row("api_events", NO_TOKEN, method="post"),
    Row("api_contacts", NO_TOKEN),
    Row("api_contact", NO_TOKEN, ("contact",)),
    Row("api_evidence", NO_TOKEN, ("contact",)),
    Row("api_score", NO_TOKEN, ("contact",)),
    Row("api_merge", NO_TOKEN, ("contact",), "post"),
    Row("api_unmerge", NO_TOKEN, ("contact",), "post"),
    Row("api_duplicates", NO_TOKEN),
    Row("api_duplicate", NO_TOKEN, ("duplicate",)),
    Row("api_opportunities", NO_TOKEN),
    Row("api_opportunity", NO_TOKEN, ("opportunity",)),
    Row("api_nothing", "404 404 404 404 404 404 404 404", ("nothing",)),
    Row("api_schema", "200 200 200 200 200 200 200 403"),
    Row("api_docs", ALL),
]
