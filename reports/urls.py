from django.urls import path

from reports import exports
from reports.views import accuracy, changes, forecast, funnel, funnel_costs, funnel_files, leads_through, quotas

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
    path("funnel/export.<slug:format>", funnel_files.funnel, name="funnel_export"),
    path("funnel/cohorts/", funnel.funnel_cohorts, name="funnel_cohorts"),
    path("funnel/cohorts/export.<slug:format>", funnel_files.cohorts, name="funnel_cohorts_export"),
    path("funnel/compare/", funnel.funnel_compare, name="funnel_compare"),
    path("funnel/compare/export.<slug:format>", funnel_files.compare, name="funnel_compare_export"),
    path("funnel/costs/", funnel_costs.funnel_costs, name="funnel_costs"),
    path("funnel/costs/export.<slug:format>", funnel_files.costs, name="funnel_costs_export"),
    path("funnel/costs/add/", funnel_costs.add_cost, name="funnel_cost_add"),
    path("funnel/costs/import/", funnel_costs.import_costs, name="funnel_costs_import"),
    path("funnel/costs/<int:pk>/remove/", funnel_costs.remove_cost, name="funnel_cost_remove"),
    path("funnel/counting/", funnel.funnel_counting, name="funnel_counting"),
    path("funnel/contacts/", funnel.funnel_contacts, name="funnel_contacts"),
]
