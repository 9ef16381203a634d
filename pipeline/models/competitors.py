from django.db import models
from django.db.models.functions import Lower


class Competitor(models.Model):
    """Somebody who sells to the same people."""

    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True, help_text="Else it is not offered; where it is named, it stays.")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="competitor_once")]

    def __str__(self) -> str:
        return self.name
