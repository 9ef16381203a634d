"""What is known of each criterion, as chips."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from leads.models import Contact, Criterion, Evidence

LONGEST_QUOTE = 140


@dataclass(frozen=True, slots=True)
class Chip:
    """One criterion of one contact: `state` is meets, weak, fails or unknown (no evidence stands)."""

    criterion_id: int
    key: str
    letter: str
    label: str
    state: str
    tooltip: str
    url: str
    question: str

    @property
    def is_known(self) -> bool:
        return self.state != "unknown"


_NEWEST = """
SELECT asked.id, c.id, c.key, c.letter, c.label, c.question,
       v.verdict, v.text, v.amount, v.on_date, v.quote, v.observed_at,
       u.name, v.expires_at
FROM unnest(%s::bigint[]) AS asked(id)
CROSS JOIN leads_criterion c
LEFT JOIN LATERAL (
    SELECT * FROM leads_evidence e
    WHERE e.contact_id = asked.id AND e.criterion_id = c.id AND (e.expires_at IS NULL OR e.expires_at > %s)
    ORDER BY e.observed_at DESC, e.id DESC LIMIT 1) v ON true
LEFT JOIN users_user u ON u.id = v.recorded_by_id
ORDER BY asked.id, c.position, c.id
"""


def chips_for(contact_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, list[Chip]]:
    """Per contact, one chip per criterion from the evidence that stands. One query for all of them."""
    ids = list(contact_ids)
    now = now or timezone.now()
    found: dict[int, list[Chip]] = {pk: [] for pk in ids}
    if not ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [ids, now])
        rows = cursor.fetchall()
    # an address per chip would cost more than the query
    addresses = {key: reverse("evidence_new", args=[0, key]).split("/0/", 1) for key in {row[2] for row in rows}}
    for contact_id, criterion_id, key, letter, label, question, verdict, *evidence in rows:
        found[contact_id].append(
            Chip(
                criterion_id=criterion_id,
                key=key,
                letter=letter,
                label=label,
                state=verdict or "unknown",
                tooltip=_tooltip(now, *evidence) if verdict else f"Ask: {question}",
                url=f"/{contact_id}/".join(addresses[key]),
                question=question,
            )
        )
    return found


def _tooltip(
    now: datetime, text: str, amount: Any, on_date: Any, quote: str, observed_at: datetime, who: str | None, _: Any
) -> str:
    """The quote, its age and who wrote it down."""
    said = []
    if quote:
        said.append(f"“{quote if len(quote) <= LONGEST_QUOTE else quote[:LONGEST_QUOTE].rstrip() + '…'}”")
    if text:
        said.append(text)
    if amount is not None:
        said.append(f"{amount:,.0f}")
    if on_date:
        said.append(f"{on_date.day} {on_date:%b %Y}")
    days = max(0, (now - observed_at).days)
    said.append("today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago")
    if who:
        said.append(who)
    return " · ".join(said)


def answers_of(contact: Contact, criterion: Criterion) -> list[Evidence]:
    """All answers to a criterion, newest first, with who wrote them down."""
    answers = Evidence.objects.filter(contact=contact, criterion=criterion).select_related("recorded_by")
    return list(answers.order_by("-observed_at", "-pk")[:50])
