from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0014_details")]

    operations = [
        migrations.AddField(
            "opportunity",
            "priority",
            models.CharField(
                choices=[("high", "High"), ("normal", "Normal"), ("low", "Low")], default="normal", max_length=6
            ),
        ),
        migrations.AddConstraint(
            "opportunity",
            models.CheckConstraint(
                condition=models.Q(priority__in=["high", "normal", "low"]), name="opportunity_priority_known"
            ),
        ),
    ]
