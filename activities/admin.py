"""The engine room: reading what people did and were told."""

from django.contrib import admin

from activities import models
from leads.admin import ReadingAdmin


@admin.register(models.Activity)
class ActivityAdmin(ReadingAdmin):
    list_display = ("id", "contact", "kind", "at", "actor", "title")
    list_select_related = ("contact", "actor")


@admin.register(models.FollowUp)
class FollowUpAdmin(ReadingAdmin):
    list_display = ("id", "contact", "assignee", "title", "due_at", "done_at")
    list_select_related = ("contact", "assignee")


@admin.register(models.Notification)
class NotificationAdmin(ReadingAdmin):
    list_display = ("id", "user", "text", "at", "read_at")
    list_select_related = ("user",)
