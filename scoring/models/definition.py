from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from leads.models import Criterion, EventKind, Facet
from leads.models import Verdict as EvidenceVerdict
from users.models import Team, User


class DefinitionStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Definition(models.Model):
    """A versioned, shared answer to "what is a prospect here?". Once active it never changes.

    One is active for all; a team may have one of its own, which then judges the leads that its members own.
    """

    version = models.PositiveIntegerField(unique=True)
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose leads it judges; empty: of all who have none of their own.",
    )
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True, default="", help_text="Why it was made, for those who sign it.")
    status = models.CharField(max_length=8, choices=DefinitionStatus.choices, default=DefinitionStatus.DRAFT)
    threshold = models.SmallIntegerField(help_text="Least total score of a prospect.")
    two_way_days = models.PositiveSmallIntegerField(
        null=True, help_text="They must have talked to us within this many days; empty: not required."
    )
    grade_a_fit = models.SmallIntegerField(help_text="Least fit for an A.")
    grade_b_fit = models.SmallIntegerField(help_text="Least fit for a B; below it is C.")
    grade_1_engagement = models.SmallIntegerField(help_text="Least engagement for a 1.")
    grade_2_engagement = models.SmallIntegerField(help_text="Least engagement for a 2; below it is 3.")
    signed_by_marketing = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    signed_by_sales = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    marketing_signed_at = models.DateTimeField(null=True)
    sales_signed_at = models.DateTimeField(null=True)
    based_on = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    withdrew = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="The version that was active when this one was brought back.",
    )
    revision = models.PositiveIntegerField(default=1, help_text="Counts the changes of a draft.")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="active", team=None), name="definition_one_active"
            ),
            models.UniqueConstraint(
                fields=["team"], condition=Q(status="active"), name="definition_one_active_of_team"
            ),
            models.CheckConstraint(
                condition=Q(grade_a_fit__gte=F("grade_b_fit")), name="definition_fit_grades_ordered"
            ),
            models.CheckConstraint(
                condition=Q(grade_1_engagement__gte=F("grade_2_engagement")),
                name="definition_engagement_grades_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version} {self.name}"

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed."""
        return self.status in {DefinitionStatus.DRAFT, DefinitionStatus.REVIEW}

    @property
    def whom(self) -> str:
        """Whose leads it judges, in words; reads its team."""
        return f"team {self.team}" if self.team_id else "everybody"

    @property
    def is_signed(self) -> bool:
        """Whether marketing and sales have both signed."""
        return self.marketing_signed_at is not None and self.sales_signed_at is not None


class Exclusion(models.Model):
    """Whom the definition never lets through, whatever their score: competitors, own staff, those who said no."""

    id = models.AutoField(primary_key=True)  # as wide as it stands in leads.Standing
    definition = models.ForeignKey(Definition, models.CASCADE, related_name="exclusions")
    name = models.CharField(max_length=60, help_text="Said as the reason: competitor.")
    conditions: Any = models.JSONField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class EngagementRule(models.Model):
    """Points for what they did: each event decays by half in `half_life_days`; the sum is capped."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="engagement_rules")
    name = models.CharField(max_length=120)
    kind = models.ForeignKey(EventKind, models.PROTECT, related_name="+")
    facet_ids: Any = ArrayField(
        models.IntegerField(), default=list, blank=True, help_text="Empty: any event of the kind."
    )
    points = models.SmallIntegerField()
    first_only = models.BooleanField(
        default=False, db_default=False, help_text="It counts once however often it happens: the newest time."
    )
    half_life_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: no decay.")
    window_days = models.PositiveSmallIntegerField(help_text="Older events count nothing.")
    cap = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Most points this rule can give.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(half_life_days=None) | Q(half_life_days__gt=0), name="half_life_positive"
            ),
            models.CheckConstraint(
                condition=Q(window_days__gt=0, window_days__lte=3650), name="window_within_ten_years"
            ),
            models.CheckConstraint(condition=~Q(points=0) & Q(points__gte=-1000, points__lte=1000), name="points_sane"),
        ]

    def __str__(self) -> str:
        return self.name

    def facets(self) -> list[Facet]:
        return list(Facet.objects.filter(pk__in=self.facet_ids))


class Persona(models.Model):
    """A kind of buyer: a named group of fit rules. Only the one that suits somebody best counts."""

    id = models.AutoField(primary_key=True)  # as wide as it stands in leads.Standing
    definition = models.ForeignKey(Definition, models.CASCADE, related_name="personas")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["definition", "name"], name="persona_name_once")]

    def __str__(self) -> str:
        return self.name


class RequiredCriterion(models.Model):
    """A criterion that must be answered at least this well: by everybody, or by those of a persona.

    A persona that has any of its own is asked for these instead of for everybody's.
    """

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="required")
    persona = models.ForeignKey(
        Persona, models.CASCADE, null=True, related_name="required", help_text="Empty: everybody."
    )
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    least = models.CharField(
        max_length=5,
        choices=[(EvidenceVerdict.MEETS, "Meets"), (EvidenceVerdict.WEAK, "Weak or better")],
        default=EvidenceVerdict.MEETS,
    )
    fresh_days = models.PositiveSmallIntegerField(
        null=True, help_text="The answer must not be older than so many days; empty: as long as it stands."
    )

    class Meta:
        ordering = ["criterion__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "persona", "criterion"], nulls_distinct=False, name="required_criterion_once"
            ),
            models.CheckConstraint(condition=Q(fresh_days=None) | Q(fresh_days__gt=0), name="fresh_days_positive"),
        ]


class FitRule(models.Model):
    """Points, possibly negative, for who they are: conditions over contact and company (leads/conditions.py)."""

    definition = models.ForeignKey(Definition, models.CASCADE, related_name="fit_rules")
    persona = models.ForeignKey(Persona, models.CASCADE, null=True, related_name="rules", help_text="Empty: general.")
    name = models.CharField(max_length=120)
    conditions: Any = models.JSONField()
    points = models.SmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(points=0) & Q(points__gte=-1000, points__lte=1000), name="fit_points_sane"
            )
        ]

    def __str__(self) -> str:
        return self.name
