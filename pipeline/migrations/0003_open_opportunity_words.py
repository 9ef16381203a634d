from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What is said when two people with an open opportunity each are merged; nothing changes in the database."""

    dependencies = [("pipeline", "0002_archived_stages")]

    operations = [
        migrations.AlterConstraint(
            model_name="opportunity",
            name="one_open_opportunity",
            constraint=models.UniqueConstraint(
                fields=["contact", "pipeline"],
                condition=Q(closed_at=None),
                name="one_open_opportunity",
                violation_error_message=(
                    "Both have an open opportunity in the same pipeline. Win or lose one of them first."
                ),
            ),
        )
    ]
