
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A snapshot is what was believed on its day; nobody corrects it later, not even by hand.
KEPT = ("forecastsnapshot", "forecastline", "forecasttotal", "snapshotrange")
REFUSE = """
CREATE FUNCTION reports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A forecast snapshot is never changed (%)', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGERS = "".join(
    f"CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON reports_{name} "
    "FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();"
    for name in KEPT
)
NO_TRIGGERS = "".join(f"DROP TRIGGER {name}_kept ON reports_{name};" for name in KEPT)


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0004_forecast_categories_and_quotas'),
        ('reports', '0001_initial'),
        ('users', '0003_exports'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ForecastSnapshot',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('taken_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Outlook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, unique=True)),
                ('day', models.DateField()),
                ('mark', models.BigIntegerField(help_text='Of the deals it was made of; another one says that they have moved.')),
                ('seed', models.PositiveIntegerField()),
                ('runs', models.PositiveIntegerField()),
                ('open_deals', models.PositiveIntegerField()),
                ('closed_deals', models.PositiveIntegerField()),
                ('leads_a_month', models.FloatField(null=True)),
                ('lead_conversion_low', models.FloatField(help_text='Share of leads that become opportunities.', null=True)),
                ('lead_conversion', models.FloatField(null=True)),
                ('lead_conversion_high', models.FloatField(null=True)),
                ('win_rate', models.FloatField(null=True)),
                ('deal_size', models.FloatField(null=True)),
                ('at', models.DateTimeField()),
                ('took_ms', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ForecastLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'Open'), ('won', 'Won'), ('lost', 'Lost'), ('gone', 'No longer there')], max_length=4)),
                ('currency', models.CharField(max_length=3)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('probability', models.PositiveSmallIntegerField()),
                ('category', models.CharField(choices=[('commit', 'Commit'), ('best', 'Best case'), ('pipeline', 'Pipeline'), ('omitted', 'Omitted')], max_length=8)),
                ('created_on', models.DateField()),
                ('expected_close', models.DateField(null=True)),
                ('closed_on', models.DateField(null=True)),
                ('opportunity', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.opportunity')),
                ('owner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reports.forecastsnapshot')),
            ],
            options={
                'indexes': [models.Index(fields=['snapshot', 'opportunity'], name='forecast_line_of_day')],
                'constraints': [models.UniqueConstraint(fields=('opportunity', 'snapshot'), name='forecast_line_once')],
            },
        ),
        migrations.CreateModel(
            name='ForecastTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('month', models.DateField(null=True)),
                ('closed', models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ('commit', models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ('best', models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ('pipeline', models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ('weighted', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('owner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='totals', to='reports.forecastsnapshot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('snapshot', 'currency', 'owner', 'month'), name='forecast_total_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='OutlookRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis', models.CharField(choices=[('deals', 'Opportunities'), ('leads', 'Leads')], default='deals', max_length=5)),
                ('unit', models.CharField(help_text='month, quarter or year', max_length=7)),
                ('start', models.DateField()),
                ('p10', models.DecimalField(decimal_places=2, max_digits=16)),
                ('p50', models.DecimalField(decimal_places=2, max_digits=16)),
                ('p90', models.DecimalField(decimal_places=2, max_digits=16)),
                ('outlook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ranges', to='reports.outlook')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='users.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('outlook', 'basis', 'owner', 'team', 'unit', 'start'), name='outlook_range_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('p10__lte', models.F('p50')), ('p50__lte', models.F('p90'))), name='outlook_range_ordered')],
            },
        ),
        migrations.CreateModel(
            name='SnapshotRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('unit', models.CharField(max_length=7)),
                ('start', models.DateField()),
                ('p10', models.DecimalField(decimal_places=2, max_digits=16)),
                ('p50', models.DecimalField(decimal_places=2, max_digits=16)),
                ('p90', models.DecimalField(decimal_places=2, max_digits=16)),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ranges', to='reports.forecastsnapshot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('snapshot', 'currency', 'unit', 'start'), name='snapshot_range_once')],
            },
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION reports_refuse_change"),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
