"""Every address of the product. tests/crm/access has a row for each."""

from django.contrib import admin
from django.urls import include, path

from crm import health

urlpatterns = [
    # programs, forms and trackers ask the most: looked through first
    path("api/", include("api.urls")),
    path("", include("capture.urls")),
    path("", include("crm.pages")),
    path("", include("leads.urls")),
    path("", include("activities.urls")),
    path("", include("scoring.urls")),
    path("", include("pipeline.urls")),
    path("", include("reports.urls")),
    path("settings/", include("users.urls")),
    path("settings/webhooks/", include("api.webhook_urls")),
    path("accounts/", include("users.sign_in")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
