from django.urls import path

from capture.views import imports, public, settings

urlpatterns = [
    path("f/<slug:slug>/", public.form, name="form"),
    path("f/<slug:slug>/thanks/", public.form_thanks, name="form_thanks"),
    path("t/collect", public.collect, name="collect"),
    path("t/tracker.js", public.tracker, name="tracker"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.new, name="import_new"),
    path("imports/<int:pk>/", imports.page, name="import_page"),
    path("imports/<int:pk>/progress/", imports.progress, name="import_progress"),
    path("imports/<int:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("imports/<int:pk>/continue/", imports.go_on, name="import_continue"),
    path("imports/<int:pk>/rejected.csv", imports.rejected, name="import_rejected"),
    path("settings/tracking/", settings.tracking, name="settings_tracking"),
    path("settings/tracking/new/", settings.site, name="site_new"),
    path("settings/tracking/<int:pk>/", settings.site, name="site_edit"),
    path("settings/tracking/<int:pk>/heard/", settings.heard, name="site_heard"),
    path("settings/forms/", settings.forms, name="settings_forms"),
    path("settings/forms/new/", settings.form, name="form_new"),
    path("settings/forms/<int:pk>/", settings.form, name="form_edit"),
    path("settings/forms/<int:pk>/submissions/", settings.submissions, name="form_submissions"),
]
