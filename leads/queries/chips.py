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


class Known:
    """What stands for each criterion of some contacts: read at once, drawn for those that are shown."""

    def __init__(self, contact_ids: Iterable[int], *, now: datetime) -> None:
        """One query."""
        self.criteria: dict[int, Chip] = {}
        self._now = now
        self._evidence: dict[tuple[int, int], tuple[Any, ...]] = {}
        for criterion_id, key, letter, label, question, contact_id, *evidence in _NEWEST.rows([list(contact_ids), now]):
            if criterion_id not in self.criteria:
                # an address per chip would cost more than the query
                url = reverse("evidence_new", args=[0, key])
                self.criteria[criterion_id] = Chip(
                    criterion_id, key, letter, label, "unknown", f"Ask: {question}", url, question
                )
            if contact_id is not None:
                self._evidence[contact_id, criterion_id] = tuple(evidence)
        self._asked = [(one, *_around(one.url)) for one in self.criteria.values()]

    def state(self, contact_id: int, criterion_id: int) -> str:
        """meets, weak, fails or unknown."""
        evidence = self._evidence.get((contact_id, criterion_id))
        return evidence[0] if evidence else "unknown"

    def chips(self, contact_id: int) -> list[Chip]:
        """One per criterion."""
        chips = []
        for one, before, after in self._asked:
            evidence = self._evidence.get((contact_id, one.criterion_id))
            state, said = (evidence[0], _tooltip(self._now, *evidence[1:])) if evidence else (one.state, one.tooltip)
            url = f"{before}/{contact_id}/{after}"
            chips.append(Chip(one.criterion_id, one.key, one.letter, one.label, state, said, url, one.question))
        return chips


def chips_for(contact_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, list[Chip]]:
    """Per contact, one chip per criterion from the evidence that stands. One query for all of them."""
    ids = list(contact_ids)
    known = Known(ids, now=now or timezone.now()) if ids else None
    return {pk: known.chips(pk) for pk in ids} if known else {}


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
