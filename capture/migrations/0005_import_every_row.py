from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("capture", "0004_imports_undone")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="every_row",
            field=models.CharField(
                blank=True, help_text="What happened, where no column says it.", max_length=80, default=""
            ),
            preserve_default=False,
        ),
    ]
