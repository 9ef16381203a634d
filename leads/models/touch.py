from django.db import models

from leads.models.event import Identity


class Position(models.TextChoices):
    """Which of an identity's touches it is."""

    FIRST = "first", "First"
    LAST = "last", "Last"


class Touch(models.Model):
    """What brought somebody to us, the first and the last time; kept per identity, so that it follows a stitch.

    A contact's first touch is the earliest over the contact's identities.
    """

    identity = models.ForeignKey(Identity, models.CASCADE, related_name="touches")
    position = models.CharField(max_length=5, choices=Position.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=100, help_text="utm_source, else the site they came from; direct when none.")
    medium = models.CharField(max_length=100, help_text="utm_medium, else organic, social, referral or direct.")
    campaign = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    content = models.CharField(max_length=200, blank=True)
    referrer = models.CharField(max_length=500, blank=True)
    landing = models.CharField(max_length=500, blank=True, help_text="The page on which they arrived.")

    class Meta:
        verbose_name_plural = "touches"
        constraints = [models.UniqueConstraint(fields=["identity", "position"], name="touch_once")]

    def __str__(self) -> str:
        return f"{self.source} / {self.medium}"


class FacetRun(models.Model):
    """The patterns of a kind changed: its events get their facet anew, range by range, while people go on working."""

    kind = models.OneToOneField("leads.EventKind", models.CASCADE, primary_key=True, related_name="facet_run")
    changed_at = models.DateTimeField(help_text="When the patterns were last changed; a change starts the run again.")
    next_id = models.BigIntegerField(default=0, help_text="Events with smaller ids are done.")
    done_at = models.DateTimeField(null=True)
    rescores = models.BooleanField(
        default=False, help_text="Category or direction changed, too: everybody with such an event is scored anew."
    )
    changed_events = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind_id} from {self.next_id}"
