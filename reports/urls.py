from django.urls import path

from reports import exports
from reports.views import forecast, funnel

urlpatterns = [
    path("forecast/", forecast.forecast, name="forecast"),
    path("funnel/", funnel.funnel, name="funnel"),
    path("forecast/export.<slug:format>", exports.forecast, name="forecast_export"),
    path("funnel/export.<slug:format>", exports.funnel, name="funnel_export"),
    path("funnel/contacts/", funnel.funnel_contacts, name="funnel_contacts"),
]
