from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("capture", "0006_form_columns")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="uses_cookie",
            field=models.BooleanField(
                default=True,
                help_text="Off: a visitor is known for one page only, and nothing is stored in the browser.",
            ),
        ),
    ]
