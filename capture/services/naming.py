"""Names of events that arrive by themselves: kept under a kind of their own until somebody describes it."""

import hashlib
import re
import unicodedata
from datetime import datetime

from capture.models import SiteNote
from capture.services.noting import note
from capture.sites import KnownSite
from leads import kinds, normalise
from leads.models import Category, Direction, EventKind

MOST_NAMES = 200  # that one site may bring in
MOST_UNREGISTERED = 2_000  # of all sites
SAME = {"email_link_clicked": "email_clicked"}  # what Segment's mail events are called, and we call otherwise
OTHER = "custom_event"  # where further names are kept, as a property


def key_of(name: str) -> str:
    """The key of a kind that is told by its name: "Trial Started" and trialStarted are trial_started."""
    plain = (
        unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).encode("ascii", "ignore").decode()
    )
    key = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if key and len(key) <= 60:
        return key
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{key[:51]}_{digest}" if key else f"name_{digest}"


def kind_for(name: str, *, site: KnownSite, now: datetime) -> str:
    """The key under which an event of this name is stored; `OTHER` when the site has brought too many names."""
    known = kinds.known_kinds()
    key = name if name in known else key_of(name)
    key = SAME.get(key, key)
    if key in known:
        if not known[key].is_registered:
            note(site.id, SiteNote.Topic.NAME, key, now=now, most=MOST_NAMES)
        return key
    brought = SiteNote.objects.filter(site=site.id, topic=SiteNote.Topic.NAME).count()
    if brought >= MOST_NAMES or EventKind.objects.filter(is_registered=False).count() >= MOST_UNREGISTERED:
        return OTHER
    kind, _ = EventKind.objects.get_or_create(
        key=key,
        defaults={
            "label": normalise.line(name)[:80] or key,
            "category": Category.PRODUCT if site.is_server else Category.CONTENT,
            "direction": Direction.ONE_WAY,
            "is_registered": False,
        },
    )
    kinds.forget()
    if not kind.is_registered:
        note(site.id, SiteNote.Topic.NAME, key, now=now, most=MOST_NAMES)
    return key
