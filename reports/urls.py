from django.urls import path

from reports import views

urlpatterns = [
    path("forecast/", views.forecast, name="forecast"),
    path("funnel/", views.funnel, name="funnel"),
    path("funnel/contacts/", views.funnel_contacts, name="funnel_contacts"),
]
