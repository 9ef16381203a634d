"""Today, search, settings' first page, health."""

from tests.crm.access.row import ADMIN, ALL, ANYBODY, MARKETING, Row

ROWS = [
    Row("today", ALL),
    Row("search", ALL),
    Row("settings", ALL),
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
