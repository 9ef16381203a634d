from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_merges")]

    operations = [
        migrations.AddField(
            model_name="facetrun",
            name="rescores",
            field=models.BooleanField(
                default=False,
                help_text="Category or direction changed, too: everybody with such an event is scored anew.",
            ),
        ),
    ]
