import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_consent"),
    ]

    operations = [
        migrations.CreateModel(
            name="FacetRun",
            fields=[
                (
                    "kind",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="facet_run",
                        serialize=False,
                        to="leads.eventkind",
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When the patterns were last changed; a change starts the run again."
                    ),
                ),
                ("next_id", models.BigIntegerField(default=0, help_text="Events with smaller ids are done.")),
                ("done_at", models.DateTimeField(null=True)),
                ("changed_events", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Touch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.CharField(choices=[("first", "First"), ("last", "Last")], max_length=5)),
                ("at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        help_text="utm_source, else the site they came from; direct when none.", max_length=100
                    ),
                ),
                (
                    "medium",
                    models.CharField(help_text="utm_medium, else organic, social, referral or direct.", max_length=100),
                ),
                ("campaign", models.CharField(blank=True, max_length=200)),
                ("term", models.CharField(blank=True, max_length=200)),
                ("content", models.CharField(blank=True, max_length=200)),
                ("referrer", models.CharField(blank=True, max_length=500)),
                (
                    "landing",
                    models.CharField(blank=True, help_text="The page on which they arrived.", max_length=500),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="touches", to="leads.identity"
                    ),
                ),
            ],
            options={"verbose_name_plural": "touches"},
        ),
        migrations.AddConstraint(
            model_name="touch",
            constraint=models.UniqueConstraint(fields=("identity", "position"), name="touch_once"),
        ),
    ]
