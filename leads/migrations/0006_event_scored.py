from django.db import migrations, models


class Migration(migrations.Migration):
    """The score reads an index of its own, narrow and without the quarantined; the timeline's becomes narrow too."""

    dependencies = [("leads", "0005_privacy")]

    operations = [
        migrations.AddIndex(
            model_name="engagementevent",
            index=models.Index(
                fields=["contact", "day", "kind", "facet"],
                condition=models.Q(("contact__isnull", False), ("is_quarantined", False)),
                name="event_scored",
            ),
        ),
        migrations.RemoveIndex(model_name="engagementevent", name="event_of_contact"),
        migrations.AddIndex(
            model_name="engagementevent",
            index=models.Index(
                fields=["contact", "occurred_at", "id"],
                condition=models.Q(("contact__isnull", False)),
                name="event_of_contact",
            ),
        ),
    ]
