import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import pipeline.models.availability


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0010_trapped"),
        ("pipeline", "0005_desk"),
        ("users", "0004_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReturnRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        help_text="Of a rejection, a loss or a disqualification.", max_length=40, unique=True
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        choices=[
                            ("months", "After some months"),
                            ("timeline", "When their timeline says"),
                            ("visit", "When they come back to the site"),
                            ("anew", "Only when they qualify anew"),
                        ],
                        default="anew",
                        max_length=8,
                    ),
                ),
                (
                    "months",
                    models.PositiveSmallIntegerField(
                        default=6, help_text="How long; for a timeline, when they have not said one."
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="opportunity",
            name="former",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The try before.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="pipeline.opportunity",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="credit",
            field=models.BigIntegerField(
                default=0, help_text="Millionths of a prospect; below zero: ahead (sharing.py)."
            ),
        ),
        migrations.CreateModel(
            name="HandOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offered_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="In the rep's working time; empty: has no end.", null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Waits for an answer"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("expired", "Ran out"),
                            ("passed_on", "Given to somebody else"),
                            ("joined", "Joined an opportunity"),
                            ("undone", "Promotion undone"),
                        ],
                        default="offered",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_authority", "No authority"),
                            ("no_budget", "No budget"),
                            ("no_need", "No need"),
                            ("timing", "Wrong timing"),
                            ("unreachable", "Cannot be reached"),
                            ("duplicate", "Duplicate"),
                            ("territory", "Wrong territory"),
                            ("bad_data", "Bad data"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                (
                    "promoted",
                    models.CharField(
                        choices=[
                            ("automatic", "By itself"),
                            ("confirmed", "Suggested and confirmed"),
                            ("manual", "By hand"),
                        ],
                        default="automatic",
                        max_length=9,
                    ),
                ),
                (
                    "is_override",
                    models.BooleanField(default=False, help_text="By hand although the definition was not met."),
                ),
                ("definition_version", models.PositiveIntegerField(null=True)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("form", "Web form"),
                            ("newsletter", "Newsletter"),
                            ("download", "Download"),
                            ("webinar", "Webinar"),
                            ("referral", "Referral"),
                            ("card", "Business card"),
                            ("api", "API"),
                            ("import", "Import"),
                            ("manual", "Entered by hand"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("campaign", models.CharField(blank=True, default="", max_length=200)),
                (
                    "rule",
                    models.CharField(
                        blank=True, default="", help_text="The routing rule that applied, by name.", max_length=80
                    ),
                ),
                ("snapshot", models.JSONField(default=dict, help_text="The judgement it was based on.")),
                (
                    "routing",
                    models.JSONField(default=dict, help_text="Why it went to this rep, and why to nobody else."),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hand_offs",
                        to="leads.contact",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "former_owner",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Who had the lead before.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="hand_offs",
                        to="pipeline.opportunity",
                    ),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Empty: nobody is free yet.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.handoff",
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-off",
            },
        ),
        migrations.CreateModel(
            name="HandOffTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("automatic", "By itself, as soon as the definition is met"),
                            ("suggest", "Suggested; a person confirms"),
                            ("manual", "By hand only"),
                        ],
                        default="automatic",
                        max_length=9,
                    ),
                ),
                (
                    "is_offered",
                    models.BooleanField(
                        default=False,
                        help_text="A rep accepts or rejects what is handed over; else it counts as accepted at once.",
                    ),
                ),
                (
                    "answer_within",
                    models.PositiveSmallIntegerField(
                        default=4,
                        help_text="Hours of the rep's working time until an offer runs out.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(200),
                        ],
                    ),
                ),
                (
                    "joins_company",
                    models.BooleanField(
                        default=True, help_text="Somebody whose company has an open opportunity joins that one."
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="users.team",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "hand-off terms",
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("name", models.CharField(max_length=80)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="users.team",
                    ),
                ),
            ],
            options={
                "ordering": ["day", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Recycle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=40)),
                (
                    "label",
                    models.CharField(help_text="The reason in words, as it stands on the timeline.", max_length=120),
                ),
                (
                    "by",
                    models.CharField(
                        choices=[
                            ("months", "After some months"),
                            ("timeline", "When their timeline says"),
                            ("visit", "When they come back to the site"),
                            ("anew", "Only when they qualify anew"),
                        ],
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="Empty: no day brings them back.", null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Rests"), ("returned", "Came back"), ("dropped", "No longer waited for")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recycles",
                        to="leads.contact",
                    ),
                ),
                (
                    "hand_off",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.handoff",
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="pipeline.opportunity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "conditions",
                    models.JSONField(blank=True, default=dict, help_text="leads/conditions.py; empty: everybody."),
                ),
                (
                    "waits",
                    models.BooleanField(
                        default=False,
                        help_text="When none of them is free, it waits for them instead of trying the next rule.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("members", models.ManyToManyField(blank=True, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="users.team",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("why", models.CharField(blank=True, max_length=80)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["first_day", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="absence_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Availability",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="availability",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "week",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(blank=True, max_length=60),
                        default=pipeline.models.availability.usual_week,
                        help_text="Monday first.",
                        size=7,
                    ),
                ),
                (
                    "capacity",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Prospects a week; empty: no limit.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                ("is_paused", models.BooleanField(default=False, help_text="Gets nothing until it is taken back.")),
                (
                    "substitute",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "availabilities",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("capacity", None), ("capacity__gte", 0), _connector="OR"),
                        name="availability_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("substitute", None),
                            models.Q(("substitute", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="availability_other_substitute",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("state", "offered")), fields=["rep", "due_at"], name="hand_off_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(condition=models.Q(("state", "offered")), fields=["due_at"], name="hand_off_due"),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(fields=["rep", "offered_at"], name="hand_off_of_rep"),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(fields=["contact", "-offered_at", "-id"], name="hand_off_of_contact"),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(fields=["-offered_at", "-id"], name="hand_off_newest"),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "offered")), fields=("opportunity",), name="hand_off_one_offer"
            ),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("state", "offered")),
                    models.Q(models.Q(("state", "offered"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="hand_off_decided_or_not",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "rejected"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="hand_off_reason_of_rejected",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoffterms",
            constraint=models.UniqueConstraint(fields=("team",), name="hand_off_terms_once", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name="handoffterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer_within__gte", 1), ("answer_within__lte", 200)), name="hand_off_terms_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.UniqueConstraint(fields=("day", "team"), name="holiday_once", nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name="recycle",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="recycle_due"),
        ),
        migrations.AddIndex(
            model_name="recycle",
            index=models.Index(fields=["contact", "-created_at", "-id"], name="recycle_of_contact"),
        ),
        migrations.AddConstraint(
            model_name="recycle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")), fields=("contact",), name="recycle_one_waits"
            ),
        ),
        migrations.AddConstraint(
            model_name="recycle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="recycle_ended_or_not",
            ),
        ),
    ]
