"""What people do: follow-ups, notes and calls, notifications."""

from tests.crm.access.row import ALL, EDIT, EDITED, IMPORTS, Row

ROWS = [
    Row("activity_new", EDIT, ("contact", "call")),
    Row("follow_ups", ALL),
    Row("follow_ups_export", IMPORTS, ("csv",)),
    Row("follow_up_new", EDIT, ("contact",)),
    Row("follow_up_done", EDITED, ("follow_up",), "post"),
    Row("follow_up_reopen", EDITED, ("follow_up",), "post"),
    Row("follow_up_snooze", EDITED, ("follow_up",), "post", {"until": "week"}),
    Row("notifications_live", "200 204 204 204 204 204 204 302"),
    Row("settings_notices", ALL),
    Row("notifications", ALL),
    Row("notifications_read", "302 302 302 302 302 302 302 302", method="post"),
    Row("notification_open", "302 404 404 404 404 404 404 302", ("notification",), "post"),
]
