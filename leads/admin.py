"""The engine room: reading what is stored. Facts are not edited here, so that no service is passed by."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property

from leads import models

MOST_SHOWN = 10_000
if TYPE_CHECKING:  # these are generic for the type checker alone
    AnyPaginator = Paginator[Any]
    AnyAdmin = admin.ModelAdmin[Any]
else:
    AnyPaginator, AnyAdmin = Paginator, admin.ModelAdmin


class UncountedPaginator(AnyPaginator):
    """Pages of a table that is too large to be counted."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_SHOWN + 1].count()) if hasattr(rows, "order_by") else len(rows)


class ReadingAdmin(AnyAdmin):
    """Rows to look at, never counted, changed or removed."""

    show_full_result_count = False
    paginator = UncountedPaginator
    list_per_page = 50
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.Contact)
class ContactAdmin(ReadingAdmin):
    list_display = ("id", "name", "email", "company", "created_at")
    list_select_related = ("company",)
    search_fields = ("search_text",)
    raw_id_fields = ("company",)


@admin.register(models.Company)
class CompanyAdmin(ReadingAdmin):
    list_display = ("id", "name", "domain", "industry", "employees")
    search_fields = ("search_text",)


@admin.register(models.Identity)
class IdentityAdmin(ReadingAdmin):
    list_display = ("id", "kind", "value", "contact")
    list_select_related = ("contact",)
    search_fields = ("=value",)


@admin.register(models.EngagementEvent)
class EventAdmin(ReadingAdmin):
    list_display = ("id", "kind", "occurred_at", "contact", "source", "message_id")
    list_select_related = ("kind", "contact")
    search_fields = ("=message_id",)


@admin.register(models.Evidence)
class EvidenceAdmin(ReadingAdmin):
    list_display = ("id", "contact", "criterion", "verdict", "observed_at", "expires_at")
    list_select_related = ("contact", "criterion")


@admin.register(models.Consent)
class ConsentAdmin(ReadingAdmin):
    list_display = ("id", "contact", "purpose", "given", "is_pending", "at", "source")
    list_select_related = ("contact",)


@admin.register(models.LifecycleChange)
class LifecycleChangeAdmin(ReadingAdmin):
    list_display = ("id", "contact", "from_stage", "to_stage", "at", "actor", "reason")
    list_select_related = ("contact", "actor")


@admin.register(models.Standing)
class StandingAdmin(ReadingAdmin):
    list_display = ("contact", "owner", "lifecycle", "source", "total", "grade", "is_qualified", "day")
    list_select_related = ("contact", "owner")


@admin.register(models.ChangedContact)
class ChangedContactAdmin(ReadingAdmin):
    list_display = ("id", "contact_id")


# --- registries, which are small and have no page of their own yet ---


@admin.register(models.EventKind)
class EventKindAdmin(AnyAdmin):
    list_display = ("key", "label", "category", "direction", "facet_property", "is_registered")
    list_filter = ("category", "direction", "is_registered")


@admin.register(models.Facet)
class FacetAdmin(AnyAdmin):
    list_display = ("kind", "name", "pattern", "position")
    list_select_related = ("kind",)


@admin.register(models.Criterion)
class CriterionAdmin(AnyAdmin):
    list_display = ("letter", "label", "question", "valid_days", "position")


@admin.register(models.CustomField)
class CustomFieldAdmin(AnyAdmin):
    list_display = ("label", "key", "about", "type", "position")


@admin.register(models.Tag)
class TagAdmin(AnyAdmin):
    list_display = ("name",)
