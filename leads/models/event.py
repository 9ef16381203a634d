from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q

from leads.models.contact import Contact
from leads.vocabulary import Category, Direction, IdentityKind


class Identity(models.Model):
    """One way we know somebody; without a contact it is an unknown visitor."""

    kind = models.CharField(max_length=10, choices=IdentityKind.choices)
    value = models.CharField(max_length=254, help_text="Normalised (leads/normalise.py).")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="identities")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="identity_once"),
            models.CheckConstraint(condition=~Q(value=""), name="identity_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class EventKind(models.Model):
    """Registry of what can happen: its label, category, direction, and which property rules may look at."""

    id = models.SmallAutoField(primary_key=True)
    key = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=80)
    category = models.CharField(max_length=12, choices=Category.choices)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    facet_property = models.CharField(
        max_length=40, blank=True, help_text="The one property that rules can look at: path, form, asset, campaign…"
    )
    is_registered = models.BooleanField(
        default=True, help_text="Off for a name that arrived by itself and waits for somebody to describe it."
    )

    def __str__(self) -> str:
        return self.label


class Facet(models.Model):
    """A named pattern over a kind's scorable property; an event gets the first one (by position) that matches."""

    kind = models.ForeignKey(EventKind, models.CASCADE, related_name="facets")
    name = models.CharField(max_length=60)
    pattern = models.CharField(max_length=200, help_text="The value itself; * stands for anything.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="facet_name_once")]

    def __str__(self) -> str:
        return self.name


class _DaysSince2020(Func):
    """Whole UTC days since 2020-01-01; rules count time in it."""

    template = "((%(expressions)s AT TIME ZONE 'UTC')::date - DATE '2020-01-01')"
    output_field = models.SmallIntegerField()


class UserAgent(models.Model):
    """What a browser or program calls itself, once for all its events: 4 bytes an event, and judged again at will."""

    id = models.AutoField(primary_key=True)
    text = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text"], name="user_agent_once")]

    def __str__(self) -> str:
        return self.text


class EngagementEvent(models.Model):
    """Something that happened at an instant. Append-only; `contact` follows the identity.

    Only `is_quarantined`, `human` and `human_reasons` are opinions and may change (leads/services/humans.py).
    """

    kind = models.ForeignKey(EventKind, models.PROTECT, db_index=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    day = models.GeneratedField(
        expression=_DaysSince2020(F("occurred_at")), output_field=models.SmallIntegerField(), db_persist=True
    )
    identity = models.ForeignKey(Identity, models.PROTECT)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, db_index=False, related_name="events")
    facet = models.ForeignKey(Facet, models.SET_NULL, null=True, db_index=False)
    source = models.CharField(max_length=64, help_text="Where it came from: tracker:site, form:slug, api, manual.")
    message_id = models.CharField(max_length=100)
    properties = models.JSONField(default=dict)
    agent = models.ForeignKey(UserAgent, models.PROTECT, null=True, db_index=False, related_name="+")
    human = models.SmallIntegerField(
        null=True, help_text="How likely a person did it, in percent; none: not judged (by hand, by a trusted program)."
    )
    human_reasons: Any = ArrayField(
        models.CharField(max_length=16), null=True, help_text="Signs (leads/human.py); none when nothing was noticed."
    )
    is_quarantined = models.BooleanField(
        default=False, db_default=False, help_text="Kept and visible, but not scored: it was hardly a person."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "message_id"], name="event_once"),
            models.CheckConstraint(condition=Q(human__range=(0, 100)), name="event_human_in_percent"),
        ]
        indexes = [
            # the quarantine, newest arrivals first; small, because few events are in it
            models.Index(fields=["id"], condition=Q(is_quarantined=True), name="event_in_quarantine"),
            # the timeline (keyset)
            models.Index(
                fields=["contact", "occurred_at", "id"],
                condition=Q(contact__isnull=False),
                name="event_of_contact",
            ),
            # all that a score looks at, read without touching the table
            models.Index(
                fields=["contact", "day", "kind", "facet"],
                condition=Q(contact__isnull=False, is_quarantined=False),
                name="event_scored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} at {self.occurred_at:%Y-%m-%d %H:%M}"


class ChangedContact(models.Model):
    """Append-only queue of contacts whose facts changed, written with the fact; judgement takes rows away.

    Not a set with ON CONFLICT DO NOTHING: that loses a change when the taker removes the mark that an uncommitted
    fact has just relied on.
    """

    contact_id = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = "changed contact"


class Trapped(models.Model):
    """A visitor who followed a link that nobody can see, and when last: what it did around then was no person's."""

    identity = models.OneToOneField(Identity, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "trapped"

    def __str__(self) -> str:
        return f"{self.identity_id} at {self.at:%Y-%m-%d %H:%M}"


class HumanRule(models.Model):
    """How sure we must be that a person did something; one row."""

    line = models.PositiveSmallIntegerField(
        default=50, help_text="Events that are less likely a person's than this, in percent, are quarantined."
    )
    machines: Any = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text="Parts of user agents that are machines."
    )
    people: Any = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text="Parts of user agents that are people."
    )
    watched_to = models.BigIntegerField(
        default=0, editable=False, help_text="Events up to this id were looked at for bursts twice."
    )
    seen_to = models.BigIntegerField(default=0, editable=False, help_text="And up to this id once.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="human_rule_one_row"),
            models.CheckConstraint(condition=Q(line__range=(0, 100)), name="human_rule_line_in_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.line} %"


class Rejudging(models.Model):
    """History judged again after the rule changed, range by range; another process goes on where one died."""

    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    next_id = models.BigIntegerField(default=0, help_text="Events below this id are done.")
    last_id = models.BigIntegerField()
    moved = models.BigIntegerField(default=0, help_text="Events that went into the quarantine or came out.")

    def __str__(self) -> str:
        return f"{self.done} of {self.last_id}"

    @property
    def done(self) -> int:
        """How many ids lie behind it."""
        return min(self.next_id, self.last_id)
