from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("capture", "0009_field_fills"),
    ]

    operations = [
        migrations.AddField(
            model_name="toldtraits",
            name="is_waiting",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Nobody was known by this identity when it was said."
            ),
        ),
        migrations.AddIndex(
            model_name="toldtraits",
            index=models.Index(condition=models.Q(("is_waiting", True)), fields=["identity"], name="told_waiting"),
        ),
    ]
