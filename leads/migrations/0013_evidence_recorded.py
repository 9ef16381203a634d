from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0012_fields_of_opportunities"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="recorded_at",
            field=models.DateTimeField(
                blank=True, help_text="When we heard of it; empty: as soon as it was observed.", null=True
            ),
        ),
    ]
