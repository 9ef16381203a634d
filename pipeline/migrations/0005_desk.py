import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0001_initial"),
        ("pipeline", "0004_forecast_categories_and_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeskOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "did",
                    models.CharField(
                        choices=[
                            ("answered", "Answered"),
                            ("called", "Called"),
                            ("promoted", "Promoted"),
                            ("nurture", "Left to nurture"),
                            ("disqualified", "Disqualified"),
                            ("later", "Call later"),
                            ("requested", "Asked for data"),
                            ("skipped", "Skipped"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        blank=True, help_text="How the call went, which criterion, which reason.", max_length=40
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "waits",
                    models.CharField(
                        blank=True,
                        choices=[("later", "A call at an hour"), ("until", "A day"), ("event", "Something they do")],
                        default="",
                        max_length=5,
                    ),
                ),
                ("until", models.DateTimeField(help_text="When the lead comes back to the desk.", null=True)),
                (
                    "made",
                    models.JSONField(
                        default=dict, help_text="What it made, as ids by kind: evidence, activity, change …"
                    ),
                ),
                (
                    "nonce",
                    models.CharField(
                        blank=True, help_text="Of the button: a double click does it once.", max_length=40
                    ),
                ),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="desk_outcomes",
                        to="leads.contact",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["by", "-at", "-id"], name="desk_outcome_by"),
                    models.Index(fields=["contact", "-at", "-id"], name="desk_outcome_of"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("nonce", ""), _negated=True), fields=("nonce",), name="desk_outcome_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeskPlace",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="desk_place",
                        serialize=False,
                        to="leads.contact",
                    ),
                ),
                (
                    "value",
                    models.SmallIntegerField(
                        help_text="What asking is worth, in thousandths (asking.py); 0 while it waits."
                    ),
                ),
                ("total", models.IntegerField()),
                ("day", models.SmallIntegerField(help_text="The day for which it was worked out.")),
                ("placed_at", models.DateTimeField()),
                (
                    "waits",
                    models.CharField(
                        blank=True,
                        choices=[("later", "A call at an hour"), ("until", "A day"), ("event", "Something they do")],
                        default="",
                        max_length=5,
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="When it comes back; empty: when they do something.", null=True),
                ),
                ("held_until", models.DateTimeField(null=True)),
                *(
                    (
                        name,
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    )
                    for name in ("holder", "kept_for", "owner")
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("value"), descending=True),
                        models.F("contact"),
                        condition=models.Q(("waits", "")),
                        name="desk_queue",
                    ),
                    models.Index(
                        models.F("owner"),
                        models.OrderBy(models.F("value"), descending=True),
                        models.F("contact"),
                        condition=models.Q(("waits", "")),
                        name="desk_queue_of_owner",
                    ),
                    models.Index(
                        condition=models.Q(("waits", ""), _negated=True),
                        fields=["waits", "due_at"],
                        name="desk_waiting",
                    ),
                    models.Index(condition=models.Q(("holder__isnull", False)), fields=["holder"], name="desk_held"),
                    models.Index(fields=["day"], name="desk_place_day"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="leads.criterion"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "constraints": [models.UniqueConstraint(fields=("criterion", "text"), name="question_once")],
            },
        ),
    ]
