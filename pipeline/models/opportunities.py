from datetime import UTC, date
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.models import Company, Contact, Tag
from pipeline.models.competitors import Competitor
from pipeline.models.pipelines import Category, Pipeline, Stage
from pipeline.models.products import Product
from users.models import User


class LostReason(models.TextChoices):
    NO_BUDGET = "no_budget", "No budget"
    NO_AUTHORITY = "no_authority", "Could not reach who decides"
    NO_NEED = "no_need", "No need"
    TIMING = "timing", "Wrong time"
    COMPETITOR = "competitor", "Chose a competitor"
    PRICE = "price", "Too expensive"
    SILENCE = "silence", "Went silent"
    OTHER = "other", "Other"


class Priority(models.TextChoices):
    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class OpportunityQuerySet(models.QuerySet["Opportunity"]):
    def visible_to(self, user: User) -> "OpportunityQuerySet":
        """Reps see their team's, the unowned, and what they co-own; everybody else sees all."""
        if user.sees_everything:
            return self
        shared = Opportunity.co_owners.through.objects.filter(user=user).values("opportunity")
        return self.filter(Q(owner=None) | Q(owner__in=user.visible_owner_ids) | Q(pk__in=shared))

    def open(self) -> "OpportunityQuerySet":
        return self.filter(closed_at=None)

    def for_card(self) -> "OpportunityQuerySet":
        """With all that a card shows; what is long and not shown is left where it is."""
        unseen = ["snapshot", "search_text", "custom", "contact__search_text", "contact__custom"]
        unseen += ["company__search_text", "company__custom", "owner__password"]
        return self.select_related("contact__standing", "company", "owner", "stage").defer(*unseen)

    def in_brief(self, *more: str) -> "OpportunityQuerySet":
        """With what a line about one says, and `more`: where rows are few, each column costs more than a row."""
        own = ("name", "amount", "currency", "expected_close", "created_at", "closed_at", "lost_reason")
        far = ("stage__name", "stage__kind", "owner__name", "owner__email", *more)
        return self.select_related(*{name.partition("__")[0] for name in far}).only(*own, *far)


class Opportunity(models.Model):
    """The commercial side of a prospect: the card on the board."""

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="opportunities")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="opportunities", db_index=False)
    name = models.CharField(max_length=200)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="opportunities")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="opportunities")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="opportunities")
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="Empty: unknown, which is not zero."
    )
    currency = models.CharField(max_length=3, default="EUR")
    expected_close = models.DateField(null=True, blank=True)
    category = models.CharField(
        "forecast category", max_length=8, choices=Category.choices, blank=True, help_text="Empty: that of its stage."
    )
    priority = models.CharField(
        max_length=6, choices=Priority.choices, default=Priority.NORMAL, db_default=Priority.NORMAL
    )
    next_step = models.CharField(max_length=200, blank=True)
    next_step_on = models.DateField("next step on", null=True, blank=True)
    position = models.FloatField(default=0, help_text="Place in the column, ascending.")
    stage_entered_at = models.DateTimeField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.CharField(max_length=12, choices=LostReason.choices, blank=True)
    lost_note = models.CharField(max_length=300, blank=True)
    lost_to = models.ForeignKey(
        Competitor, models.PROTECT, null=True, blank=True, related_name="+", help_text="Whom they chose instead."
    )
    competitors: "models.ManyToManyField[Competitor, Any]" = models.ManyToManyField(
        Competitor, blank=True, related_name="opportunities"
    )
    co_owners: "models.ManyToManyField[User, Any]" = models.ManyToManyField(
        User, blank=True, related_name="+", help_text="They see and change it; the forecast stays with the owner."
    )
    tags: "models.ManyToManyField[Tag, Any]" = models.ManyToManyField(Tag, blank=True, related_name="+")
    custom: Any = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Fields of one's own, by their key."
    )
    snapshot: Any = models.JSONField(
        default=dict, help_text="The judgement it was based on: score with lines, evidence, definition version."
    )
    version = models.PositiveIntegerField(
        default=1, help_text="Grows with every change; a stale move names an old one."
    )
    changed_at = models.DateTimeField(default=timezone.now)
    search_text = models.TextField(editable=False, default="")
    former = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", help_text="The try before."
    )

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "opportunities"
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "pipeline"],
                condition=Q(closed_at=None),
                name="one_open_opportunity",
                violation_error_message=(
                    "Both have an open opportunity in the same pipeline. Win or lose one of them first."
                ),
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="amount_not_negative"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="opportunity_priority_known"),
            models.CheckConstraint(
                condition=Q(lost_reason="") | Q(closed_at__isnull=False), name="lost_reason_only_when_closed"
            ),
            models.CheckConstraint(
                condition=Q(lost_to=None) | ~Q(lost_reason=""), name="lost_to_somebody_only_when_lost"
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "position", "id"], condition=Q(closed_at=None), name="opportunity_column"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="opportunity_closed"),
            models.Index(fields=["expected_close"], condition=Q(closed_at=None), name="opportunity_expected"),
            models.Index(fields=["pipeline", "changed_at"], name="opportunity_changed"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="opportunity_search"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def closed_on(self) -> date | None:
        """The UTC day on which it was closed: months of the forecast are UTC months."""
        return self.closed_at.astimezone(UTC).date() if self.closed_at else None


class OpportunityPerson(models.Model):
    """A further person of the buying group."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="people")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    role = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["opportunity", "contact"], name="opportunity_person_once")]


class LineItem(models.Model):
    """A line of an opportunity, in its currency; the price and the name are those that were agreed."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="items", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=11, decimal_places=3)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=5, decimal_places=2, default=0, help_text="Percent.")
    amount = models.DecimalField(max_digits=14, decimal_places=2, help_text="Quantity × price less the discount.")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["opportunity", "position"]
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "position"], name="line_item_place_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_item_quantity_positive"),
            models.CheckConstraint(condition=Q(price__gte=0, amount__gte=0), name="line_item_not_negative"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=100), name="line_item_discount_percent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def said(self) -> str:
        """3 × Seat."""
        return f"{self.count} × {self.name}"

    @property
    def count(self) -> str:
        """The quantity without noughts behind the point."""
        return f"{self.quantity.normalize():f}"


class OpportunityFile(models.Model):
    """A file beside an opportunity: an offer, a contract, what they sent."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="files")
    name = models.CharField(max_length=150)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="opportunity_file_not_empty")]

    def __str__(self) -> str:
        return self.name


class StageMove(models.Model):
    """A card went from a stage to another. Append-only."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="moves")
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.SET_NULL, null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    class Meta:
        indexes = [models.Index(fields=["opportunity", "at"], name="stage_move_of")]
