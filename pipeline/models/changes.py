from typing import Any

from django.db import models

from users.models import User


class BoardChange(models.Model):
    """What somebody did to some opportunities at once, kept for a while so that they can undo it."""

    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    what: Any = models.JSONField(help_text="Per opportunity: its version afterwards, and each value as it was before.")
