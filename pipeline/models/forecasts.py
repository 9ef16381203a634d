from django.db import models
from django.db.models import Q

from users.models import Team, User


class Quota(models.Model):
    """What a person is to win in a month; quarters and years sum up months, teams their people."""

    user = models.ForeignKey(User, models.CASCADE, related_name="quotas")
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3, default="EUR")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "month", "currency"], name="quota_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="quota_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="quota_of_a_month"),
        ]
        indexes = [models.Index(fields=["month"], name="quota_month")]

    def __str__(self) -> str:
        return f"{self.user} {self.month:%Y-%m}"


class ForecastCall(models.Model):
    """What a manager thinks that a person, or a team, will bring in a month; kept beside what the deals say.

    Append-only: the newest stands, and one without an amount takes the ones before back.
    """

    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3, default="EUR")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, help_text="Empty: taken back.")
    original = models.DecimalField(max_digits=14, decimal_places=2, help_text="What closed and commit said then.")
    note = models.CharField(max_length=300)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None, team__isnull=False) | Q(owner__isnull=False, team=None),
                name="call_of_person_or_team",
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="call_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="call_of_a_month"),
        ]
        indexes = [models.Index(fields=["month", "-at"], name="call_month")]

    def __str__(self) -> str:
        return f"{self.owner or self.team} {self.month:%Y-%m}"
