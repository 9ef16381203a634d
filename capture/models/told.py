from django.db import models

from leads.models import Company, CustomField, Identity


class ToldGroup(models.Model):
    """An organisation as another program names it (Segment's group)."""

    key = models.CharField(max_length=254, unique=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, related_name="+")
    traits = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class ToldTraits(models.Model):
    """What other programs said about whoever is behind an identity: by trait the newest value and when it was said."""

    identity = models.OneToOneField(Identity, models.CASCADE, primary_key=True, related_name="told")
    traits = models.JSONField(default=dict, help_text="name → [value, ISO instant]")
    group = models.ForeignKey(ToldGroup, models.SET_NULL, null=True, related_name="members")
    is_trusted = models.BooleanField(default=False, help_text="Said with a server's key, not by a page.")
    is_waiting = models.BooleanField(
        default=False, db_default=False, help_text="Nobody was known by this identity when it was said."
    )
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "told traits"
        indexes = [models.Index(fields=["identity"], condition=models.Q(is_waiting=True), name="told_waiting")]

    def __str__(self) -> str:
        return f"{self.identity_id}: {len(self.traits)} traits"


class SamePerson(models.Model):
    """Two identities that a program says are one person; when one becomes a contact's, the other follows.

    Never moves an identity that already belongs to a contact.
    """

    one = models.ForeignKey(Identity, models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Identity, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="same_person_once"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="same_person_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} = {self.other_id}"


class DeviceTurn(models.Model):
    """From an instant on another person sits at a device: what it sends without a user's id is this visitor's."""

    device = models.ForeignKey(Identity, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    visitor = models.ForeignKey(Identity, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "at"], name="device_turn_once")]

    def __str__(self) -> str:
        return f"{self.device_id} → {self.visitor_id}"


class FieldFill(models.Model):
    """A custom field is filled with what programs said before it was made, range by range of what was told."""

    field = models.OneToOneField(CustomField, models.CASCADE, primary_key=True, related_name="fill")
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    next_id = models.BigIntegerField(default=0, help_text="What was told under smaller ids is done.")
    filled = models.PositiveIntegerField(default=0, help_text="Contacts or companies that got a value.")

    def __str__(self) -> str:
        return f"{self.field_id}: {self.filled}"
