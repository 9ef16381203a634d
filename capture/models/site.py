import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


def new_key() -> str:
    return secrets.token_urlsafe(15)


class Site(models.Model):
    """A web site whose visits are recorded by the tracker."""

    name = models.CharField(max_length=80, unique=True)
    write_key = models.CharField(max_length=40, unique=True, default=new_key)
    allowed_origins: Any = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Empty: any origin."
    )
    asks_consent = models.BooleanField(
        default=False, help_text="The tracker stores nothing in the browser before winnow('consent', true)."
    )
    last_event_at = models.DateTimeField(
        null=True, editable=False, help_text="When the tracker was last heard; some seconds coarse."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
