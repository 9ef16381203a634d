from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("capture", "0007_site_uses_cookie")]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("did__has_key", "asked"), ("mailed_at", None), ("status", "accepted")),
                fields=["id"],
                name="submission_boxes_to_mail",
            ),
        ),
    ]
