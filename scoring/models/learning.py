from typing import Any

from django.db import models
from django.db.models import Q

from leads.models import Contact
from scoring.models.definition import Definition
from users.models import User


class ModelState(models.TextChoices):
    ASKED = "asked", "Being trained"
    ACTIVE = "active", "In use"
    WORSE = "worse", "Not better than the one in use"
    RETIRED = "retired", "Replaced"
    FAILED = "failed", "Training failed"


class PurchaseModel(models.Model):
    """A version of the learned probability that somebody becomes a customer, and how it did on rows it had not seen."""

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=7, choices=ModelState.choices, default=ModelState.ASKED)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    trained_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    is_useful = models.BooleanField(default=False, help_text="Off: no useful signal was found, the base rate is shown.")
    card: Any = models.JSONField(default=dict, help_text="What it was trained on and how it did (scoring/purchase.py).")
    content = models.BinaryField(null=True, help_text="The model itself, signed by us; none when there is no signal.")
    library = models.CharField(max_length=20, blank=True, help_text="Release of scikit-learn that can read it.")
    walked_to = models.BigIntegerField(default=0, help_text="Contacts up to this id have their probability of the day.")
    walked_on = models.SmallIntegerField(null=True, help_text="The day (leads/days.py) of the walk that is going on.")
    walked_at = models.DateTimeField(null=True, help_text="When the last range was written.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="purchase_model_one_active"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="asked"), name="purchase_model_one_asked"),
        ]

    def __str__(self) -> str:
        return f"model v{self.version}"


class Likelihood(models.Model):
    """How likely a contact becomes a customer, as the model in use says; never a part of the score."""

    is_derived = True  # worked out again by itself (leads/services/dependents.py)

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="likelihood")
    permille = models.SmallIntegerField(help_text="Of a thousand such leads, how many become customers.")
    reasons: Any = models.JSONField(default=list, help_text="Feature, what was known, what it moved (log-odds × 100).")
    version = models.PositiveIntegerField(help_text="Of the model that said so.")
    day = models.SmallIntegerField(help_text="The day on which it last changed.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(permille__range=(0, 1000)), name="likelihood_in_permille")]


class RuleReport(models.Model):
    """What the rules of a definition did, as counted on a day; the newest of a definition is shown."""

    definition = models.OneToOneField(Definition, models.CASCADE, primary_key=True, related_name="rule_report")
    day = models.SmallIntegerField()
    counted_at = models.DateTimeField()
    content: Any = models.JSONField(default=dict, help_text="scoring/accountability.py")
