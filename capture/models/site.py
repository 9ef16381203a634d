import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from capture.traits import key_of


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
    uses_cookie = models.BooleanField(
        default=True, help_text="Off: a visitor is known for one page only, and nothing is stored in the browser."
    )
    is_server = models.BooleanField(
        default=False, help_text="The key is kept secret on a server and may say who somebody is."
    )
    last_event_at = models.DateTimeField(
        null=True, editable=False, help_text="When the tracker was last heard; some seconds coarse."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SiteNote(models.Model):
    """Something about a site's traffic that a person should look at; said once, counted on."""

    class Topic(models.TextChoices):
        ORIGIN = "origin", "Refused origin"
        NAME = "name", "Unknown name"
        TRAIT = "trait", "Unknown trait"
        REFUSED = "refused", "Refused"

    site = models.ForeignKey(Site, models.CASCADE, related_name="notes")
    topic = models.CharField(max_length=8, choices=Topic.choices)
    about = models.CharField(max_length=200, help_text="The origin, the name, or what was wrong.")
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "topic", "about"], name="site_note_once")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.about}"

    @property
    def field_key(self) -> str:
        """The key of a custom field for this trait."""
        return key_of(self.about)
