from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("reports", "0004_whole_record")]

    operations = [
        migrations.AddField(
            model_name="outlook",
            name="is_together",
            field=models.BooleanField(default=False, help_text="Of all currencies, by the rates of their days."),
        ),
        migrations.AlterField(model_name="outlook", name="currency", field=models.CharField(max_length=3)),
        migrations.AddConstraint(
            model_name="outlook",
            constraint=models.UniqueConstraint(fields=["currency", "is_together"], name="outlook_once"),
        ),
    ]
