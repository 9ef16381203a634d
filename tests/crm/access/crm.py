"""Today, search, settings' first page, health."""

from tests.crm.access.row import ADMIN, ALL, ANYBODY, MARKETING, Row

ROWS = [
    Row("today", ALL),
    Row("search", ALL),
    Row("dashboard", ALL),
    Row("settings", ALL),
    # saved views: this one is Rita's, shared with her team (Mona's, too)
    Row("view_new", ALL, ("leads",)),
    Row("view_new", "422 422 422 422 422 422 422 302", ("leads",), "post"),
    Row("view_new", "302 302 302 302 302 302 302 302", ("leads",), "post", {"name": "Hot"}),
    Row("view_edit", "200 403 404 404 403 200 404 302", ("view",)),
    Row("view_delete", "200 403 404 404 403 200 404 302", ("view",)),
    Row("view_keep", "302 403 404 404 403 302 404 302", ("view",), "post"),
    Row("view_first", "302 302 302 302 302 302 302 302", ("leads",), "post"),
    Row("list_columns", "302 302 302 302 302 302 302 302", ("leads",), "post", {"columns": "owner"}),
    Row("person_deactivate", ADMIN, ("sven",)),
    Row("person_deactivate", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("settings_kinds", MARKETING),
    Row("kind_new", MARKETING),
    Row("kind", MARKETING, ("kind",)),
    Row("settings_tags", MARKETING),
    Row("tag_new", MARKETING),
    Row("tag", MARKETING, ("tag",)),
    Row("settings_fields", MARKETING),
    Row("field_new", MARKETING),
    Row("field", MARKETING, ("field",)),
    Row("healthz", ANYBODY),
    Row("readyz", ANYBODY),
]
