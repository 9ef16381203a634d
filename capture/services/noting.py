"""What a person should know about a site's traffic: refused origins, unknown names. Seldom enough to cost nothing."""

import time
from datetime import datetime

from django.db import transaction
from django.db.models import F

from capture.models import Site, SiteNote
from leads import normalise

EVERY_SECONDS = 5.0
MOST_NOTES = 50  # of one topic about one site: what strangers send must not fill the table
_waiting: dict[tuple[int, str, str], tuple[float, int]] = {}  # when this process last wrote it down, and how many since


def note(site_id: int, topic: SiteNote.Topic, about: str, *, now: datetime, most: int = MOST_NOTES) -> None:
    """Count it; written at once the first time, then every few seconds."""
    about = normalise.line(about)[:200] or "(empty)"
    key = (site_id, topic.value, about)
    if len(_waiting) > 5_000:
        _waiting.clear()
    last, count = _waiting.get(key, (-EVERY_SECONDS, 0))
    if time.monotonic() - last < EVERY_SECONDS:
        _waiting[key] = (last, count + 1)
        return
    _waiting[key] = (time.monotonic(), 0)
    _write(site_id, topic, about, count + 1, now, most)


@transaction.atomic
def _write(site_id: int, topic: SiteNote.Topic, about: str, count: int, now: datetime, most: int) -> None:
    notes = SiteNote.objects.filter(site=site_id, topic=topic)
    if notes.filter(about=about).update(count=F("count") + count, last_at=now) or notes.count() >= most:
        return
    row = SiteNote(site_id=site_id, topic=topic, about=about, count=count, first_at=now, last_at=now)
    SiteNote.objects.bulk_create([row], ignore_conflicts=True)


def forget() -> None:
    """Nothing was noted yet (between tests)."""
    _waiting.clear()


def forget_notes(site: Site) -> None:
    """Somebody has read them. Names stay: they count against how many a site may bring in."""
    SiteNote.objects.filter(site=site).exclude(topic=SiteNote.Topic.NAME).delete()
    forget()
