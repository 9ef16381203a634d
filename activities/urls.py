from django.urls import path

from activities.views import bell, follow_ups, log

urlpatterns = [
    path("leads/<int:pk>/log/<slug:kind>/", log.new, name="activity_new"),
    path("leads/<int:pk>/follow-ups/new/", log.follow_up_new, name="follow_up_new"),
    path("follow-ups/", follow_ups.index, name="follow_ups"),
    path("follow-ups/export.<slug:format>", follow_ups.export, name="follow_ups_export"),
    path("follow-ups/<int:pk>/done/", log.follow_up_done, name="follow_up_done"),
    path("follow-ups/<int:pk>/reopen/", log.follow_up_reopen, name="follow_up_reopen"),
    path("follow-ups/<int:pk>/snooze/", log.follow_up_snooze, name="follow_up_snooze"),
    path("notifications/", bell.notifications, name="notifications"),
    path("notifications/live/", bell.live, name="notifications_live"),
    path("settings/notifications/", bell.settings, name="settings_notices"),
    path("notifications/read/", bell.read_all, name="notifications_read"),
    path("notifications/<int:pk>/", bell.open_one, name="notification_open"),
]
