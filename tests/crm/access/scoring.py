"""Judgement: the definition, its drafts, rules' report, probability of purchase."""

from tests.crm.access.row import ALL, JUDGES, OF_TEAM, Row

ROWS = [
    Row("score_why", OF_TEAM, ("contact",)),
    Row("score_history", OF_TEAM, ("contact",)),
    Row("definition", ALL),
    Row("purchase_model", ALL),
    Row("purchase_model_train", "403 403 403 302 302 302 403 302", method="post"),
    Row("contact_likelihood", OF_TEAM, ("contact",)),
    Row("rule_report", "403 403 403 200 200 200 200 302"),
    Row("rule_report_count", "403 403 403 302 302 302 403 302", method="post"),
    Row("rule_contacts", "403 403 403 404 404 404 404 302", ("nothing", "nothing")),
    Row("definition_progress", ALL),
    Row("definition_version", ALL, ("draft",)),
    Row("definition_new", "403 403 403 302 302 302 403 302", method="post"),
    Row("definition_edit", "403 403 403 200 200 200 403 302", ("draft",)),
    Row("definition_edit", "403 403 403 409 409 409 403 302", ("draft",), "post"),
    Row("definition_sign", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_withdraw", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_activate", "403 403 403 302 302 302 403 302", ("draft",), "post"),
    Row("definition_roll_back", "403 403 403 302 302 302 403 302", ("draft",), "post"),
    Row("definition_preview", JUDGES, ("draft",)),
    Row("definition_preview", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_preview_progress", JUDGES, ("draft",)),
    Row("definition_changes", JUDGES, ("draft", "enter")),
    Row("definition_back_test", JUDGES, ("draft",)),
    Row("definition_back_test", "422 422 422 422 422 422 403 302", ("draft",), "post"),
    Row("definition_back_test_progress", JUDGES, ("draft",)),
    Row("definition_discard", "403 403 403 302 302 302 403 302", ("draft",), "post"),
]
