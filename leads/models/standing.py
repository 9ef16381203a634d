from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from leads.models.contact import Contact
from leads.vocabulary import Lifecycle, Source
from users.models import User


class StandingQuerySet(models.QuerySet["Standing"]):
    def visible_to(self, user: User) -> "StandingQuerySet":
        """Reps see what their team owns and what nobody owns; everybody else sees all. Nobody sees the erased."""
        known = self.filter(is_erased=False)
        if user.sees_everything:
            return known
        return known.filter(Q(owner=None) | Q(owner__in=user.visible_owner_ids))


class Standing(models.Model):
    """Where a contact stands, one narrow row: lists and scores work on it alone.

    Owner, lifecycle, source and tags live only here. The judgement (fit … definition_version) is written by `scoring`.
    """

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="standing")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False)
    lifecycle = models.CharField(max_length=12, choices=Lifecycle.choices, default=Lifecycle.LEAD)
    source = models.CharField(max_length=12, choices=Source.choices)
    tag_ids: Any = ArrayField(models.IntegerField(), default=list, blank=True)

    is_erased = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Counts in reports, is in no list."
    )

    fit = models.IntegerField(default=0)
    content = models.IntegerField(default=0)
    intent = models.IntegerField(default=0)
    conversation = models.IntegerField(default=0)
    social = models.IntegerField(default=0)
    product = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    grade = models.CharField(max_length=2, default="", blank=True)
    is_qualified = models.BooleanField(default=False)
    last_day = models.SmallIntegerField(null=True, help_text="Day of the newest event (EngagementEvent.day).")
    two_way_day = models.SmallIntegerField(null=True, help_text="Day of the newest two-way event.")
    day = models.SmallIntegerField(null=True, help_text="The day on which the judgement last changed.")
    definition_version = models.PositiveIntegerField(null=True)
    # Of an active definition, or out of date: one that has no personas or exclusions does not look at these.
    persona_id = models.IntegerField(null=True, help_text="The persona that suits them best (scoring.Persona).")
    exclusion_id = models.IntegerField(null=True, help_text="What keeps them out (scoring.Exclusion).")

    objects = StandingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["total", "contact"], name="standing_total"),
            models.Index(fields=["owner", "total", "contact"], name="standing_owner"),
            models.Index(fields=["lifecycle", "total", "contact"], name="standing_lifecycle"),
            models.Index(fields=["source", "total", "contact"], name="standing_source"),
            # never seen sorts as the longest ago
            models.Index(
                Coalesce("last_day", -1, output_field=models.IntegerField()), "contact", name="standing_last_seen"
            ),
            models.Index(
                fields=["contact"], condition=Q(is_qualified=True, lifecycle=Lifecycle.LEAD), name="standing_unpromoted"
            ),
            models.Index(
                fields=["persona_id", "total", "contact"],
                condition=Q(persona_id__isnull=False),
                name="standing_persona",
            ),
            models.Index(
                fields=["exclusion_id", "total", "contact"],
                condition=Q(exclusion_id__isnull=False),
                name="standing_exclusion",
            ),
            GinIndex(fields=["tag_ids"], name="standing_tags"),
        ]

    @property
    def engagement(self) -> int:
        """The categories together; with `fit` it makes `total`."""
        return self.content + self.intent + self.conversation + self.social + self.product
