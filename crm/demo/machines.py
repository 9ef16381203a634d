"""What visitors' browsers called themselves, and the machines among them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from leads.human import Rule, Sign, judge
from leads.models import EngagementEvent, EventKind, Identity, IdentityKind, UserAgent

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Mobile/15E148 Safari/604.1",
)
MACHINES = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
)
_JUDGED = """
UPDATE leads_engagementevent e
SET agent_id = t.agent_id, human = t.human, human_reasons = string_to_array(t.reasons, ' '), is_quarantined = t.held
FROM unnest(%s::int[], %s::smallint[], %s::text[], %s::bool[]) WITH ORDINALITY AS t(agent_id, human, reasons, held, nth)
WHERE e.source LIKE 'tracker:%%' AND (e.contact_id IS NULL) = %s AND t.nth = 1 + e.identity_id %% %s
"""
SCANNED = ("/product/", "/pricing/", "/customers/", "/blog/", "/imprint/")


def name_browsers(midnight: datetime) -> None:
    """Every visit has a browser; some unknown visitors are crawlers; a mail scanner opened all links of one mail."""
    people = [(agent, signs) for agent in BROWSERS for signs in ((), (Sign.INTERACTED,))]
    _judge(people, is_unknown=False)
    doubtful = [(BROWSERS[0], (Sign.HOSTING,)), (BROWSERS[2], (Sign.NO_SCRIPT,)), (BROWSERS[0], (Sign.HONEYPOT,))]
    strangers = [*people, *doubtful, *((agent, ()) for agent in MACHINES)]
    _judge(strangers, is_unknown=True)
    _scan(midnight - timedelta(minutes=47))


def _judge(visitors: Sequence[tuple[str, tuple[Sign, ...]]], *, is_unknown: bool) -> None:
    ids = {text: UserAgent.objects.get_or_create(text=text)[0].pk for text, _ in visitors}
    opinions = [judge(text, signs, Rule()) for text, signs in visitors]
    columns: list[list[Any]] = [
        [ids[text] for text, _ in visitors],
        [opinion.human for opinion in opinions],
        [" ".join(opinion.reasons) or None for opinion in opinions],
        [opinion.is_quarantined for opinion in opinions],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, [*columns, is_unknown, len(visitors)])


def _scan(at: datetime) -> None:
    """Every link of a mail within two seconds, before anybody could have read it."""
    kind = EventKind.objects.get(key="email_clicked")
    somebody = Identity.objects.filter(kind=IdentityKind.EMAIL, contact__is_demo=True).order_by("pk")[40]
    agent = UserAgent.objects.get(text=BROWSERS[0])
    opinion = judge(agent.text, (Sign.BURST,), Rule())
    EngagementEvent.objects.bulk_create(
        [
            EngagementEvent(
                kind=kind,
                occurred_at=at + timedelta(milliseconds=400 * number),
                received_at=at + timedelta(milliseconds=400 * number),
                identity=somebody,
                contact_id=somebody.contact_id,
                source="mail",
                message_id=f"demo-scan-{number}",
                properties={"campaign": "The planning digest", "url": path},
                agent=agent,
                human=opinion.human,
                human_reasons=list(opinion.reasons),
                is_quarantined=opinion.is_quarantined,
            )
            for number, path in enumerate(SCANNED)
        ]
    )
