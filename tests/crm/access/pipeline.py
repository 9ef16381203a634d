"""Commitment: board, list, opportunities, stages."""

from tests.crm.access.row import ALL, IMPORTS, OF_TEAM, SELL, SOLD, STAGES, Row

ROWS = [
    Row("pipeline_export", IMPORTS, ("csv",)),
    Row("pipeline", ALL),
    Row("pipeline_changes", "204 204 204 204 204 204 204 302", data={"pipeline": "@pipeline"}),
    Row("pipeline_more", "302 302 302 302 302 302 302 302", ("stage",)),  # more cards, asked for by no board: the list
    Row("pipeline_list", ALL),
    Row("opportunity", OF_TEAM, ("opportunity",)),
    Row("opportunity_move", SOLD, ("opportunity",), "post"),
    Row("opportunity_win", SELL, ("opportunity",)),
    Row("opportunity_win", "422 422 404 403 422 422 403 302", ("opportunity",), "post"),
    Row("opportunity_lose", SELL, ("opportunity",)),
    Row("opportunity_lose", "422 422 404 403 422 422 403 302", ("opportunity",), "post"),
    Row("opportunity_reopen", SOLD, ("opportunity",), "post"),
    Row("opportunity_edit", SELL, ("opportunity",)),
    Row("opportunity_people", SELL, ("opportunity",)),
    Row("opportunity_person_remove", SOLD, ("opportunity", "contact"), "post"),
    Row("contact_promote", SELL, ("contact",)),
    Row("settings_stages", STAGES),
    Row("pipeline_new", STAGES),
    Row("pipeline_change", STAGES, ("pipeline",)),
    Row("stage_add", STAGES, ("pipeline",)),
    Row("stage_change", STAGES, ("stage",)),
    Row("stage_shift", "403 403 403 403 302 302 403 302", ("stage",), "post"),
    Row("stage_delete", STAGES, ("stage",)),
    Row("stage_delete", "403 403 403 403 422 422 403 302", ("stage",), "post"),
    Row("stage_bring_back", "403 403 403 403 302 302 403 302", ("stage",), "post"),
]
