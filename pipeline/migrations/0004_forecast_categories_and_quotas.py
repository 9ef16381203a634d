import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What the stages say already: nearly sure, likely, and everything before that.
CATEGORIES = """
UPDATE pipeline_stage SET category = CASE
    WHEN kind <> 'open' OR probability < 40 THEN 'pipeline'
    WHEN probability < 70 THEN 'best'
    ELSE 'commit'
END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0003_open_opportunity_words"),
        ("users", "0003_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="opportunity",
            name="category",
            field=models.CharField(
                blank=True,
                choices=[("commit", "Commit"), ("best", "Best case"), ("pipeline", "Pipeline"), ("omitted", "Omitted")],
                help_text="Empty: that of its stage.",
                max_length=8,
                verbose_name="forecast category",
            ),
        ),
        migrations.AddField(
            model_name="stage",
            name="category",
            field=models.CharField(
                choices=[("commit", "Commit"), ("best", "Best case"), ("pipeline", "Pipeline"), ("omitted", "Omitted")],
                default="pipeline",
                help_text="Where the forecast counts such cards, unless one says otherwise.",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="ForecastCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.")),
                ("currency", models.CharField(default="EUR", max_length=3)),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, help_text="Empty: taken back.", max_digits=14, null=True),
                ),
                (
                    "original",
                    models.DecimalField(decimal_places=2, help_text="What closed and commit said then.", max_digits=14),
                ),
                ("note", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.team"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["month", "-at"], name="call_month")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("team__isnull", False)),
                            models.Q(("owner__isnull", False), ("team", None)),
                            _connector="OR",
                        ),
                        name="call_of_person_or_team",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount", None), ("amount__gte", 0), _connector="OR"),
                        name="call_not_negative",
                    ),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="call_of_a_month"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.")),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("set_at", models.DateTimeField()),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotas", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["month"], name="quota_month")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "month", "currency"), name="quota_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="quota_not_negative"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="quota_of_a_month"),
                ],
            },
        ),
    ]
