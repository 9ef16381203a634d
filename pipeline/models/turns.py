from django.db import models
from django.db.models import F

from users.models import User


class Turn(models.Model):
    """A rep's place in the fair share: what is owed to them, and when they last got something."""

    rep = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(null=True)
    credit = models.BigIntegerField(default=0, help_text="Millionths of a prospect; below zero: ahead (sharing.py).")

    class Meta:
        indexes = [models.Index(F("at").asc(nulls_first=True), "rep", name="turn_next")]
