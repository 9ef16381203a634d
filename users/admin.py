"""The engine room."""

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

from users.models import Team, Token, User


@admin.register(User)
class UserAdmin(ModelAdmin[User]):
    """People; passwords are set by mail, never here."""

    list_display = ["email", "name", "role", "team", "is_active", "last_login"]
    list_filter = ["role", "team", "is_active"]
    search_fields = ["email", "name"]
    exclude = ["password"]
    readonly_fields = ["last_login", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # people are deactivated: their work keeps its author


admin.site.register(Team)


@admin.register(Token)
class TokenAdmin(ModelAdmin[Token]):
    """Tokens: who made them and when they were used. They are issued in Settings only."""

    list_display = ["name", "user", "hint", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    fields = ["user", "name", "hint", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["user", "name", "hint", "created_at", "last_used_at", "revoked_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
