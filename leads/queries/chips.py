"""What is known of each criterion, as chips."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone

from core.prepared import Prepared
from leads.models import Contact, Criterion, Evidence

LONGEST_QUOTE = 140


class Chip(NamedTuple):
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


# every criterion comes once, and once more for each contact of whom something is known
_NEWEST = Prepared(
    "newest_evidence",
    ["bigint[]", "timestamptz"],
    """
SELECT c.id, c.key, c.letter, c.label, c.question, v.contact_id,
       v.verdict, v.text, v.amount, v.on_date, v.quote, v.observed_at, u.name
FROM leads_criterion c
LEFT JOIN (
    SELECT DISTINCT ON (contact_id, criterion_id) * FROM leads_evidence
    WHERE contact_id = ANY(%s) AND (expires_at IS NULL OR expires_at > %s)
    ORDER BY contact_id, criterion_id, observed_at DESC, id DESC) v ON v.criterion_id = c.id
LEFT JOIN users_user u ON u.id = v.recorded_by_id
ORDER BY c.position, c.id
""",
)


def chips_for(contact_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, list[Chip]]:
    """Per contact, one chip per criterion from the evidence that stands. One query for all of them."""
    ids = list(contact_ids)
    now = now or timezone.now()
    if not ids:
        return {}
    criteria: dict[int, Chip] = {}
    known: dict[tuple[int, int], tuple[Any, ...]] = {}
    for criterion_id, key, letter, label, question, contact_id, *evidence in _NEWEST.rows([ids, now]):
        if criterion_id not in criteria:
            # an address per chip would cost more than the query
            url = reverse("evidence_new", args=[0, key])
            criteria[criterion_id] = Chip(
                criterion_id, key, letter, label, "unknown", f"Ask: {question}", url, question
            )
        if contact_id is not None:
            known[contact_id, criterion_id] = tuple(evidence)
    asked: list[tuple[Chip, str, str]] = [(one, *_around(one.url)) for one in criteria.values()]
    found: dict[int, list[Chip]] = {}
    for pk in ids:
        chips = found[pk] = []
        for one, before, after in asked:
            known_of = known.get((pk, one.criterion_id))
            state, tooltip = (known_of[0], _tooltip(now, *known_of[1:])) if known_of else (one.state, one.tooltip)
            url = f"{before}/{pk}/{after}"
            chips.append(Chip(one.criterion_id, one.key, one.letter, one.label, state, tooltip, url, one.question))
    return found


def _around(url: str) -> tuple[str, str]:
    """The address before and after the contact's id."""
    before, _, after = url.partition("/0/")
    return before, after


def _tooltip(
    now: datetime, text: str, amount: Any, on_date: Any, quote: str, observed_at: datetime, who: str | None
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
