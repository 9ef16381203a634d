from django.db import models
from django.db.models import F

from users.models import User


class Turn(models.Model):
    """When a rep was last handed a prospect; the longest-waiting is next."""

    rep = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(F("at").asc(nulls_first=True), "rep", name="turn_next")]
