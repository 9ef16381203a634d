import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("capture", "0010_waiting_traits"),
    ]

    operations = [
        migrations.CreateModel(
            name="UploadedBook",
            fields=[
                (
                    "of",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="book",
                        serialize=False,
                        to="capture.import",
                    ),
                ),
                ("content", models.BinaryField()),
                (
                    "sheets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        help_text="Names of the sheets that are shown, in their order.",
                        size=None,
                    ),
                ),
            ],
        ),
    ]
