import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scoring", "0008_persona_criteria")]

    operations = [
        migrations.AddField(
            model_name="definition",
            name="withdrew",
            field=models.ForeignKey(
                editable=False,
                help_text="The version that was active when this one was brought back.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scoring.definition",
            ),
        ),
    ]
