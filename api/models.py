"""Other programs that want to know (Standard Webhooks): where they listen, what is told, how each telling went."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from users.models import User


class WebhookEndpoint(models.Model):
    """An address of another program, and what it wants to hear."""

    url = models.CharField(max_length=500)
    note = models.CharField(max_length=120, blank=True, default="", help_text="What listens there.")
    types: Any = ArrayField(models.CharField(max_length=40), help_text="Of api/webhooks.py.")
    secret = models.CharField(max_length=80)
    former_secret = models.CharField(max_length=80, blank=True, default="", help_text="Signs too until it ends.")
    former_ends_at = models.DateTimeField(null=True)
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=200, blank=True, default="")
    failing_since = models.DateTimeField(null=True, help_text="The first failure since the last success.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.note or self.url


class WebhookMessage(models.Model):
    """Something happened that other programs are told of; written in the transaction in which it happened.

    It names no person: `about` is a number, and the payload holds numbers and addresses of the API.
    """

    key = models.CharField(max_length=40, unique=True, help_text="The webhook-id; the same however often it is sent.")
    type = models.CharField(max_length=40)
    about = models.BigIntegerField(help_text="Id of the contact, opportunity … that the type speaks of.")
    at = models.DateTimeField()
    payload: Any = models.JSONField(null=True)
    spread_at = models.DateTimeField(null=True, help_text="When each endpoint got its delivery.")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(spread_at=None), name="webhook_message_unspread"),
            models.Index(fields=["at"], name="webhook_message_at"),
        ]


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class WebhookDelivery(models.Model):
    """One message for one endpoint."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True, help_text="A worker is sending it.")
    status = models.PositiveSmallIntegerField(null=True, help_text="What the last attempt was answered.")
    error = models.CharField(max_length=200, blank=True, default="")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["message", "endpoint"], name="webhook_delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="webhook_delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
        ]


class WebhookAttempt(models.Model):
    """One time that it was sent. Append-only."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")
    answer = models.CharField(max_length=1000, blank=True, default="")
