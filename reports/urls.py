from django.urls import path

from reports import exports, views

urlpatterns = [
    path("forecast/", views.forecast, name="forecast"),
    path("funnel/", views.funnel, name="funnel"),
    path("forecast/export.<slug:format>", exports.forecast, name="forecast_export"),
    path("funnel/export.<slug:format>", exports.funnel, name="funnel_export"),
    path("funnel/contacts/", views.funnel_contacts, name="funnel_contacts"),
]
