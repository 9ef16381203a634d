from django.db import models
from django.db.models import F, Q

from users.models import User


class ReportingCurrency(models.Model):
    """The one currency in which sums of several are shown; without a row they only stand side by side."""

    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "reporting currencies"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="reporting_currency_one")]

    def __str__(self) -> str:
        return self.currency


class ExchangeRate(models.Model):
    """What one unit of a currency is worth in another from a day on, until the next rate."""

    currency = models.CharField(max_length=3)
    base = models.CharField(max_length=3, help_text="The currency in which it is worth so much.")
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "currency", "base"]
        constraints = [
            models.UniqueConstraint(fields=["base", "currency", "day"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=~Q(currency=F("base")), name="exchange_rate_of_two"),
        ]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate.normalize():f} {self.base}"
