from django.db import migrations

# What is refused row by row (0002) is refused of all at once, too: TRUNCATE fires no trigger of a row.
KEPT = ("forecastsnapshot", "forecastline", "forecasttotal", "snapshotrange")
TRIGGERS = "".join(
    f"CREATE TRIGGER {name}_whole BEFORE TRUNCATE ON reports_{name} "
    "FOR EACH STATEMENT EXECUTE FUNCTION reports_refuse_change();"
    for name in KEPT
)
NO_TRIGGERS = "".join(f"DROP TRIGGER {name}_whole ON reports_{name};" for name in KEPT)


class Migration(migrations.Migration):

    dependencies = [("reports", "0003_journeys")]

    operations = [migrations.RunSQL(TRIGGERS, NO_TRIGGERS)]
