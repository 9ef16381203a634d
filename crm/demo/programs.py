"""Where the demo's visitors came from, and the product's own server, which speaks the Segment protocol."""

from collections import defaultdict
from datetime import datetime, timedelta

from capture.models import Site, SiteNote
from crm.demo import words
from crm.demo.machines import BROWSERS
from leads.human import Rule, Sign, judge
from leads.models import (
    Category,
    Direction,
    EngagementEvent,
    EventKind,
    Identity,
    IdentityKind,
    Lifecycle,
    UserAgent,
)
from leads.origin import Arrival, origin_of
from leads.services import note_arrivals
from leads.services.identities import IdentityKey

CHUNK = 2_000
VISITS = 40
SERVER = "The product"
# name, key, how often, days ago
TOLD = (("Plan Exported", "plan_exported", 9), ("Teammate Invited", "teammate_invited", 5))
TRAITS = ("planSize", "lastLogin")


def connect_programs(midnight: datetime) -> None:
    """Touches from the visits; a server whose names of events nobody has described yet."""
    _note_where_they_came_from()
    _look_around(midnight)
    server = _server(midnight)
    _tell(server, midnight)


def _note_where_they_came_from() -> None:
    arrivals: dict[IdentityKey, list[Arrival]] = defaultdict(list)
    seen = EngagementEvent.objects.filter(kind__key="page_view", source__startswith="tracker:").order_by("pk")
    rows = seen.values_list("identity__kind", "identity__value", "occurred_at", "properties")
    for kind, value, at, properties in rows.iterator(CHUNK):
        if "referrer" in properties or (kind, value) not in arrivals:
            origin = origin_of(properties)
            if origin is not None:
                arrivals[kind, value].append(Arrival(at, origin))
    keys = list(arrivals)
    for start in range(0, len(keys), CHUNK):
        note_arrivals({key: arrivals[key] for key in keys[start : start + CHUNK]})


def _look_around(midnight: datetime) -> None:
    """Visitors of the last hours, none of whom has said yet who it is."""
    kind = EventKind.objects.get(key="page_view")
    agent = UserAgent.objects.get(text=BROWSERS[0])
    opinion = judge(agent.text, (Sign.INTERACTED,), Rule())
    source = f"tracker:{Site.objects.order_by('pk')[0].pk}"
    strangers = list(Identity.objects.filter(kind=IdentityKind.ANONYMOUS, contact=None).order_by("pk")[:VISITS])
    pages = [*words.PAGES["early"], *words.PAGES["middle"]]
    views = []
    for number, identity in enumerate(strangers):
        came = midnight - timedelta(minutes=4 + 13 * number)
        for nth in range(1 + number % 3):
            path, title = pages[(number + 3 * nth) % len(pages)]
            at = came - timedelta(seconds=48 * (number % 3 - nth))
            views.append(
                EngagementEvent(
                    kind=kind,
                    occurred_at=at,
                    received_at=at,
                    identity=identity,
                    source=source,
                    message_id=f"demo-today-{number}-{nth}",
                    properties={"path": path, "title": title},
                    agent=agent,
                    human=opinion.human,
                    human_reasons=list(opinion.reasons) or None,
                )
            )
    EngagementEvent.objects.bulk_create(views)


def _server(midnight: datetime) -> Site:
    site = Site.objects.create(name=SERVER, is_server=True, last_event_at=midnight - timedelta(minutes=18))
    web = Site.objects.order_by("pk")[0]
    web.last_event_at = midnight - timedelta(minutes=4)
    web.save(update_fields=["last_event_at"])
    noted = [(site, SiteNote.Topic.NAME, key, count) for _, key, count in TOLD]
    noted += [(site, SiteNote.Topic.TRAIT, name, 14) for name in TRAITS]
    noted += [(web, SiteNote.Topic.ORIGIN, "https://staging.planning.example", 12)]
    SiteNote.objects.bulk_create(
        SiteNote(
            site=of,
            topic=topic,
            about=about,
            count=count,
            first_at=midnight - timedelta(days=6),
            last_at=midnight - timedelta(hours=3),
        )
        for of, topic, about, count in noted
    )
    return site


def _tell(server: Site, midnight: datetime) -> None:
    """Customers at work, as the product tells it; kept although nobody has said what these names mean."""
    customers = Identity.objects.filter(
        kind=IdentityKind.EMAIL, contact__standing__lifecycle=Lifecycle.CUSTOMER, contact__is_demo=True
    ).order_by("pk")[: max(count for _, _, count in TOLD)]
    events = []
    for name, key, count in TOLD:
        kind = EventKind.objects.create(
            key=key, label=name, category=Category.PRODUCT, direction=Direction.ONE_WAY, is_registered=False
        )
        for number, identity in enumerate(customers[:count]):
            at = midnight - timedelta(days=number * 3 % 11, minutes=37 * number + len(name))
            events.append(
                EngagementEvent(
                    kind=kind,
                    occurred_at=at,
                    received_at=at,
                    identity=identity,
                    contact_id=identity.contact_id,
                    source=f"segment:{server.pk}",
                    message_id=f"demo-{key}-{number}",
                    properties={"format": "pdf"} if key == "plan_exported" else {"role": "viewer"},
                )
            )
    EngagementEvent.objects.bulk_create(events)
