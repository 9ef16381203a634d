"""Under /settings/webhooks/."""

from django.urls import path

from api.views import webhooks

urlpatterns = [
    path("", webhooks.index, name="settings_webhooks"),
    path("new/", webhooks.new, name="webhook_new"),
    path("<int:pk>/", webhooks.one, name="webhook"),
    path("<int:pk>/edit/", webhooks.edit, name="webhook_edit"),
    path("<int:pk>/turn/", webhooks.turn, name="webhook_turn"),
    path("<int:pk>/secret/", webhooks.secret, name="webhook_secret"),
    path("<int:pk>/test/", webhooks.test, name="webhook_test"),
    path("<int:pk>/again/", webhooks.again, name="webhook_again"),
    path("<int:pk>/delete/", webhooks.delete, name="webhook_delete"),
    path("<int:pk>/deliveries/<int:delivery>/", webhooks.delivery, name="webhook_delivery"),
]
