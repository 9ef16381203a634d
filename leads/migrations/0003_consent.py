import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def number_wordings(apps, schema_editor):
    """Each sentence that was agreed to becomes a version of its purpose."""
    Consent, Wording = apps.get_model("leads", "Consent"), apps.get_model("leads", "ConsentWording")
    told = Consent.objects.exclude(wording="").values_list("purpose", "wording")
    versions = {}
    for purpose, text, since in told.annotate(since=models.Min("at")).order_by("purpose", "since", "wording"):
        versions[purpose] = versions.get(purpose, 0) + 1
        row = Wording.objects.create(purpose=purpose, version=versions[purpose], text=text, since=since)
        Consent.objects.filter(purpose=purpose, wording=text).update(shown=row)


def write_wordings(apps, schema_editor):
    """The way back."""
    Consent, Wording = apps.get_model("leads", "Consent"), apps.get_model("leads", "ConsentWording")
    for row in Wording.objects.all():
        Consent.objects.filter(shown=row).update(wording=row.text)


PURPOSES = [("marketing", "Marketing mail"), ("calls", "Calls"), ("profiling", "Profiling")]
USER = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_human_likelihood"), migrations.swappable_dependency(USER)]

    operations = [
        migrations.CreateModel(
            name="ConsentWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(choices=PURPOSES, max_length=12)),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("since", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "version"), name="consent_wording_version_once")
                ]
            },
        ),
        migrations.AddField(
            model_name="consent",
            name="shown",
            field=models.ForeignKey(
                help_text="The sentence they agreed to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="leads.consentwording",
            ),
        ),
        migrations.RunPython(number_wordings, write_wordings),
        # the keys that were just written are checked now: a table with pending checks cannot be altered
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField(model_name="consent", name="wording"),
        migrations.AddField(
            model_name="consent",
            name="event",
            field=models.ForeignKey(
                help_text="What they did with it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="leads.engagementevent",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="identity",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="leads.identity",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="is_pending",
            field=models.BooleanField(
                default=False,
                help_text="They still have to confirm it, by the link in a mail; until then it counts for nothing.",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="proof",
            field=models.CharField(
                blank=True, default="", help_text="A reference: submission:17, letter of 3 March.", max_length=200
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consent",
            name="recorded_by",
            field=models.ForeignKey(
                help_text="Empty: the person themselves.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to=USER,
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="basis",
            field=models.CharField(
                choices=[
                    ("consent", "Consent"),
                    ("contract", "Contract"),
                    ("interest", "Legitimate interest"),
                    ("obligation", "Legal obligation"),
                ],
                default="consent",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="leads.contact",
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="source",
            field=models.CharField(
                help_text="Where they said it: form:slug, preferences, by phone.", max_length=160
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(contact__isnull=False, identity=None)
                | models.Q(contact=None, identity__isnull=False),
                name="consent_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("given", True), ("is_pending", False), _connector="OR"),
                name="consent_withdrawn_at_once",
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                condition=models.Q(identity__isnull=False),
                fields=["identity", "purpose", "-at"],
                name="consent_newest_of_identity",
            ),
        ),
        migrations.CreateModel(
            name="SuppressedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("email", "E-mail"), ("phone", "Phone")], max_length=10)),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("erased", "Erased on request"),
                            ("unsubscribed", "Unsubscribed"),
                            ("complaint", "Complained"),
                            ("bounced", "Does not exist"),
                            ("manual", "By hand"),
                        ],
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=USER),
                ),
            ],
            options={
                "verbose_name_plural": "suppressed addresses",
                "indexes": [models.Index(fields=["reason", "-at"], name="suppressed_by_reason")],
            },
        ),
    ]
