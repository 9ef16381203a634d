# Web processes of the version before go on inserting while an upgrade is under way; they do not know these columns.

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0019_whose_growth'),
    ]

    operations = [
        migrations.AlterField(
            model_name='availability',
            name='region',
            field=models.CharField(blank=True, db_default='', default='', help_text="Whose public holidays they have; empty: the team's.", max_length=10),
        ),
        migrations.AlterField(
            model_name='availability',
            name='skills',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, help_text='What rules may ask for, such as German.', size=None),
        ),
        migrations.AlterField(
            model_name='handoffterms',
            name='region',
            field=models.CharField(blank=True, db_default='', default='', help_text='Whose public holidays the team has, such as DE or DE-BY.', max_length=10),
        ),
        migrations.AlterField(
            model_name='holiday',
            name='is_worked',
            field=models.BooleanField(db_default=False, default=False, help_text='A day off that is taken back.'),
        ),
        migrations.AlterField(
            model_name='opportunity',
            name='custom',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text="Fields of one's own, by their key."),
        ),
        migrations.AlterField(
            model_name='opportunity',
            name='priority',
            field=models.CharField(choices=[('high', 'High'), ('normal', 'Normal'), ('low', 'Low')], db_default='normal', default='normal', max_length=6),
        ),
        migrations.AlterField(
            model_name='question',
            name='persona',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of whom it is asked first, by name; empty: of everybody.', max_length=60),
        ),
        migrations.AlterField(
            model_name='routingrule',
            name='skills',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, help_text='Who may get it has all of these.', size=None),
        ),
        migrations.AlterField(
            model_name='stage',
            name='gate',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What must be known of its people first (gates.py); empty: nothing.'),
        ),
    ]
