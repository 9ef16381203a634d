"""What is seen of a visitor without the tracker's help: a page whose script did not run, a link that nobody can see."""

import re
import uuid
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from django.db import transaction
from django.utils.crypto import salted_hmac

from capture.beacon import Beacon, Seen
from capture.models import SiteNote
from capture.services.collecting import collect_events
from capture.services.noting import note
from capture.sites import KnownSite
from leads.human import Hints
from leads.models import Identity, IdentityKind
from leads.queries.consent import objecting
from leads.services import NewEvent, quarantine, record_events

_CAMPAIGN = re.compile(r"utm_(source|medium|campaign|term|content)|gclid|msclkid|fbclid")


def visitor_of_today(address: str, agent: str, *, site: KnownSite, now: datetime) -> str:
    """An id for whoever keeps none of ours: the same for a day, and no way leads from it back to an address."""
    told = f"{now.date()} {site.id} {address} {agent}"
    return salted_hmac("capture.unscripted", told, algorithm="sha256").hexdigest()[:32]


def see_page(page: str, visitor: str, *, site: KnownSite, now: datetime, hints: Hints) -> bool:
    """A page was opened whose script did not run; not kept where the site asks first. Whether it was stored."""
    address = urlsplit(page[:2000])
    origin = f"{address.scheme}://{address.netloc}".lower()
    if site.is_server or site.asks_consent or address.scheme not in {"http", "https"}:
        return False
    if not site.allows(origin):
        note(site.id, SiteNote.Topic.ORIGIN, origin, now=now)
        return False
    props = {"path": address.path[:500] or "/", "host": address.netloc[:200]}
    props |= {name: value[:200] for name, value in parse_qsl(address.query)[:50] if _CAMPAIGN.fullmatch(name)}
    event = Seen(uuid.uuid4().hex, "page_view", now, props)
    return collect_events(Beacon("", visitor, [event]), site=site, now=now, hints=hints).accepted > 0


@transaction.atomic
def follow_hidden(visitor: str, *, site: KnownSite, now: datetime, hints: Hints) -> None:
    """A visitor followed a link that no person can see: nothing of what it does around now counts."""
    key = (IdentityKind.ANONYMOUS.value, visitor)
    if site.is_server or objecting([key]):
        return
    event = NewEvent(
        kind="link_clicked",
        identity=key,
        occurred_at=now,
        source=f"tracker:{site.id}",
        message_id=f"hidden:{visitor}:{now:%Y%m%d%H}",
        properties={"path": "a link that nobody can see"},
        hints=hints,
    )
    record_events([event], now=now)
    quarantine.note_trapped(Identity.objects.values_list("pk", flat=True).get(kind=key[0], value=key[1]), now=now)
