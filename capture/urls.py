from django.urls import path

from capture.views import collect, forms, hosted, imports, segment, sites

urlpatterns = [
    path("f/<slug:slug>/", hosted.form, name="form"),
    path("f/<slug:slug>/thanks/", hosted.form_thanks, name="form_thanks"),
    path("t/collect", collect.collect, name="collect"),
    *(path(f"v1/{name}", segment.call, {"name": name}, name=f"segment_{name}") for name in segment.CALLS),
    path("t/tracker.js", collect.tracker, name="tracker"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.new, name="import_new"),
    path("imports/<int:pk>/", imports.page, name="import_page"),
    path("imports/<int:pk>/progress/", imports.progress, name="import_progress"),
    path("imports/<int:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("imports/<int:pk>/continue/", imports.go_on, name="import_continue"),
    path("imports/<int:pk>/rejected.csv", imports.rejected, name="import_rejected"),
    path("settings/tracking/", sites.tracking, name="settings_tracking"),
    path("settings/tracking/new/", sites.site, name="site_new"),
    path("settings/tracking/<int:pk>/", sites.site, name="site_edit"),
    path("settings/tracking/<int:pk>/heard/", sites.heard, name="site_heard"),
    path("settings/forms/", forms.forms, name="settings_forms"),
    path("settings/forms/new/", forms.form, name="form_new"),
    path("settings/forms/<int:pk>/", forms.form, name="form_edit"),
    path("settings/forms/<int:pk>/submissions/", forms.submissions, name="form_submissions"),
]
