from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0010_trapped"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("persona_id__isnull", False)),
                fields=["persona_id", "total", "contact"],
                name="standing_persona",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("exclusion_id__isnull", False)),
                fields=["exclusion_id", "total", "contact"],
                name="standing_exclusion",
            ),
        ),
    ]
