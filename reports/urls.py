from django.urls import path

from reports import exports
from reports.views import accuracy, changes, forecast, funnel, leads_through, quotas

urlpatterns = [
    path("forecast/", forecast.forecast, name="forecast"),
    path("funnel/", funnel.funnel, name="funnel"),
    path("forecast/export.<slug:format>", exports.forecast, name="forecast_export"),
    path("forecast/call/", forecast.call, name="forecast_call"),
    path("forecast/quotas/", quotas.forecast_quotas, name="forecast_quotas"),
    path("forecast/changes/", changes.forecast_changes, name="forecast_changes"),
    path("forecast/changes/export.<slug:format>", changes.export, name="forecast_changes_export"),
    path("forecast/accuracy/", accuracy.forecast_accuracy, name="forecast_accuracy"),
    path("forecast/accuracy/export.<slug:format>", accuracy.export, name="forecast_accuracy_export"),
    path("forecast/leads/", leads_through.forecast_leads, name="forecast_leads"),
    path("forecast/leads/export.<slug:format>", leads_through.export, name="forecast_leads_export"),
    path("funnel/export.<slug:format>", exports.funnel, name="funnel_export"),
    path("funnel/contacts/", funnel.funnel_contacts, name="funnel_contacts"),
]
