"""The way in, people, teams, tokens and the own profile."""

from tests.crm.access.row import ADMIN, ALL, ANYBODY, Row

ROWS = [
    Row("settings_profile", ALL),
    Row("settings_tokens", "200 200 200 200 200 200 403 302"),
    Row("settings_tokens", "201 201 201 201 201 201 403 302", method="post", data={"name": "Shop"}),
    Row("token_revoke", "302 404 404 404 404 404 403 302", ("token",), "post"),
    Row("settings_people", ADMIN),
    Row("person_invite", ADMIN),
    Row("person_invite", "403 403 403 403 403 422 403 302", method="post"),
    Row("person", ADMIN, ("sven",)),
    Row("person_activate", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("person_invite_again", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("team_new", ADMIN),
    Row("team", ADMIN, ("team",)),
    Row("settings_exports", ADMIN),
    Row("account_login", "302 302 302 302 302 302 302 200"),
    Row("account_logout", ALL),
    Row("account_change_password", ALL),
    Row("account_set_password", "302 302 302 302 302 302 302 302"),
    Row("account_reset_password", ANYBODY),
    Row("account_reset_password_done", ANYBODY),
    Row("account_reset_password_from_key", ANYBODY, ("uid", "key")),
    Row("account_reset_password_from_key_done", ANYBODY),
    Row("account_inactive", ANYBODY),
    Row("account_reauthenticate", ALL),
]
