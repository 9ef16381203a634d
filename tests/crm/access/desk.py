"""The qualification desk, and what it asks."""

from tests.crm.access.row import EDIT, EDIT_422, EDITED, IMPORTS, JUDGES, SELL, Row

AT_THE_DESK = "302 302 302 302 302 302 403 302"
ANSWER = {"verdict": "weak", "quote": "Perhaps next year."}

ROWS = [
    Row("qualify", JUDGES),
    Row("qualify_record", JUDGES),
    Row("qualify_stay", "204 204 204 204 204 204 403 302", method="post"),
    Row("qualify_pause", AT_THE_DESK, method="post"),
    Row("qualify_undo", AT_THE_DESK, method="post"),
    Row("qualify_head", EDIT, ("twin",)),
    Row("qualify_answer", EDITED, ("twin", "criterion"), "post", ANSWER),
    Row("qualify_call", EDITED, ("twin", "voicemail"), "post"),
    Row("qualify_next", EDITED, ("twin",), "post"),
    Row("qualify_ask", EDITED, ("twin",), "post"),
    Row("qualify_survey", EDITED, ("twin",)),  # nobody asked them: the links to copy
    Row("qualify_survey", EDIT_422, ("twin",), "post"),
    Row("qualify_later", EDIT, ("twin",)),
    Row("qualify_later", EDIT_422, ("twin",), "post"),
    Row("qualify_nurture", EDIT, ("twin",)),
    Row("qualify_nurture", EDIT_422, ("twin",), "post"),
    Row("qualify_disqualify", EDIT, ("twin",)),
    Row("qualify_disqualify", EDIT_422, ("twin",), "post"),
    Row("qualify_promote", SELL, ("twin",)),
    Row("qualify_promote", "422 422 404 403 422 422 403 302", ("twin",), "post"),
    Row("settings_criteria", IMPORTS),
    Row("criterion_new", IMPORTS),
    Row("criterion", IMPORTS, ("budget",)),
]
