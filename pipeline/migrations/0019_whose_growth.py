import django.db.models.deletion
from django.db import migrations, models

# Whoever rests until their company has grown: it is the one that they are with now.
OF_NOW = """
UPDATE pipeline_recycle r
SET company_id = c.company_id, due_at = coalesce(r.due_at, r.created_at + interval '180 days')
FROM leads_contact c WHERE c.id = r.contact_id AND r.by = 'grows'
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_evidence_recorded"), ("pipeline", "0018_skills")]

    operations = [
        migrations.AddField(
            model_name="recycle",
            name="company",
            field=models.ForeignKey(
                help_text="Whose growth is waited for.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="leads.company",
            ),
        ),
        migrations.AlterField(
            model_name="recycle",
            name="employees",
            field=models.PositiveIntegerField(help_text="What that company had.", null=True),
        ),
        migrations.RunSQL(OF_NOW, migrations.RunSQL.noop),
    ]
