import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="UserAgent",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=300)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("text",), name="user_agent_once")]},
        ),
        migrations.CreateModel(
            name="HumanRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="Events that are less likely a person's than this, in percent, are quarantined.",
                    ),
                ),
                (
                    "machines",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        help_text="Parts of user agents that are machines.",
                        size=None,
                    ),
                ),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        help_text="Parts of user agents that are people.",
                        size=None,
                    ),
                ),
                (
                    "watched_to",
                    models.BigIntegerField(
                        default=0, editable=False, help_text="Events up to this id were looked at for bursts twice."
                    ),
                ),
                (
                    "seen_to",
                    models.BigIntegerField(default=0, editable=False, help_text="And up to this id once."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="human_rule_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("line__range", (0, 100))), name="human_rule_line_in_percent"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Rejudging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("next_id", models.BigIntegerField(default=0, help_text="Events below this id are done.")),
                ("last_id", models.BigIntegerField()),
                (
                    "moved",
                    models.BigIntegerField(default=0, help_text="Events that went into the quarantine or came out."),
                ),
            ],
        ),
        migrations.AddField(
            model_name="engagementevent",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.useragent",
            ),
        ),
        migrations.AddField(
            model_name="engagementevent",
            name="human",
            field=models.SmallIntegerField(
                help_text="How likely a person did it, in percent; none: not judged (by hand, by a trusted program).",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="engagementevent",
            name="human_reasons",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16),
                help_text="Signs (leads/human.py); none when nothing was noticed.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="engagementevent",
            name="is_quarantined",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Kept and visible, but not scored: it was hardly a person.",
            ),
        ),
        migrations.AddIndex(
            model_name="engagementevent",
            index=models.Index(condition=models.Q(("is_quarantined", True)), fields=["id"], name="event_in_quarantine"),
        ),
        migrations.AddConstraint(
            model_name="engagementevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("human__range", (0, 100))), name="event_human_in_percent"
            ),
        ),
    ]
