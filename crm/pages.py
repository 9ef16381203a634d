"""Addresses of the front door."""

from django.urls import path

from crm.views import dashboard, kinds, list_views, search, settings, today

urlpatterns = [
    path("", today.today, name="today"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("search/", search.search, name="search"),
    path("views/<slug:page>/new/", list_views.new, name="view_new"),
    path("views/<slug:page>/first/", list_views.first, name="view_first"),
    path("views/<slug:page>/columns/", list_views.columns, name="list_columns"),
    path("views/<int:pk>/", list_views.edit, name="view_edit"),
    path("views/<int:pk>/keep/", list_views.keep, name="view_keep"),
    path("views/<int:pk>/delete/", list_views.delete, name="view_delete"),
    path("settings/", settings.index, name="settings"),
    path("settings/people/<int:pk>/deactivate/", settings.person_deactivate, name="person_deactivate"),
    path("settings/kinds/", kinds.kinds, name="settings_kinds"),
    path("settings/kinds/new/", kinds.kind_new, name="kind_new"),
    path("settings/kinds/<int:pk>/", kinds.kind, name="kind"),
    path("settings/tags/", settings.tags, name="settings_tags"),
    path("settings/tags/new/", settings.tag, name="tag_new"),
    path("settings/tags/<int:pk>/", settings.tag, name="tag"),
    path("settings/fields/", settings.fields, name="settings_fields"),
    path("settings/fields/new/", settings.field_new, name="field_new"),
    path("settings/fields/<int:pk>/", settings.field, name="field"),
]
