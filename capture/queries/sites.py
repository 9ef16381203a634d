"""Tracked sites, and how they are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from capture.models import Site, SiteNote
from capture.traits import key_of
from leads.models import CustomField, EventKind

RECENT = 20_000  # the newest events that are looked through for a day's count
SHOWN = 8  # of each topic


@dataclass(slots=True)
class Health:
    """A site's traffic of the last day, and what a person should look at."""

    site: Site
    events: int = 0
    quarantined: int = 0
    is_partial: bool = False  # the day had more events than were looked through
    notes: dict[str, list[SiteNote]] = field(default_factory=dict)

    @property
    def origins(self) -> list[SiteNote]:
        return self.notes.get(SiteNote.Topic.ORIGIN, [])

    @property
    def names(self) -> list[SiteNote]:
        return self.notes.get(SiteNote.Topic.NAME, [])

    @property
    def traits(self) -> list[SiteNote]:
        return self.notes.get(SiteNote.Topic.TRAIT, [])

    @property
    def refused(self) -> list[SiteNote]:
        return self.notes.get(SiteNote.Topic.REFUSED, [])


def sites() -> list[Site]:
    """All tracked sites, oldest first."""
    return list(Site.objects.order_by("pk"))


_DAY = """
WITH e AS (SELECT source, received_at, is_quarantined FROM leads_engagementevent ORDER BY id DESC LIMIT %s)
SELECT split_part(source, ':', 2), count(*) FILTER (WHERE received_at > %s),
    count(*) FILTER (WHERE received_at > %s AND is_quarantined),
    (SELECT count(*) FILTER (WHERE received_at > %s) = %s FROM e)
FROM e WHERE source ~ '^(tracker|segment):[0-9]{1,9}$' GROUP BY 1
"""


def health(*, now: datetime) -> list[Health]:
    """Every site with its last day; as many statements for one site as for many."""
    rows = {site.pk: Health(site) for site in sites()}
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [RECENT, *[now - timedelta(days=1)] * 3, RECENT])
        for number, events, quarantined, is_partial in cursor.fetchall():
            if row := rows.get(int(number)):
                row.events, row.quarantined, row.is_partial = events, quarantined, is_partial
    for note in _open_notes():
        of = rows[note.site_id].notes.setdefault(note.topic, [])
        if len(of) < SHOWN:
            of.append(note)
    return list(rows.values())


def _open_notes() -> list[SiteNote]:
    """Notes of which nobody has taken care yet, the newest first."""
    waiting = set(EventKind.objects.filter(is_registered=False).values_list("key", flat=True))
    fields = set(CustomField.objects.values_list("key", flat=True))
    notes = SiteNote.objects.order_by("-last_at", "-pk")[:2000]
    return [
        note
        for note in notes
        if (note.topic != SiteNote.Topic.NAME or note.about in waiting)
        and (note.topic != SiteNote.Topic.TRAIT or key_of(note.about) not in fields)
    ]
