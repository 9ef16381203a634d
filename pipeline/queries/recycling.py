"""What each reason leads to, and how many rest for it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from core import keyset
from leads.models import Contact
from leads.vocabulary import DISQUALIFIED_BECAUSE
from pipeline.models import LostReason, Recycle, RejectReason, ReturnBy, ReturnRule
from pipeline.services.recycling import OF_DISQUALIFIED
from users.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One reason."""

    label: str
    rule: ReturnRule
    waiting: int

    @property
    def words(self) -> str:
        if self.rule.by == ReturnBy.ANEW and self.rule.reason.startswith(OF_DISQUALIFIED):
            return "not by themselves; a person takes them back"
        months = f"{self.rule.months} month{'' if self.rule.months == 1 else 's'}"
        return {
            ReturnBy.MONTHS: f"after {months}",
            ReturnBy.TIMELINE: f"when their timeline says; else after {months}",
            ReturnBy.VISIT: "when they come back to the site",
            ReturnBy.GROWS: f"when their company grows by a tenth; else, where nobody knows its size, after {months}",
            ReturnBy.ANEW: "only when they qualify anew",
        }[ReturnBy(self.rule.by)]


def named_reasons() -> dict[str, str]:
    """Reasons of rejections, losses and disqualifications by key; one that both have leads to the same."""
    named = {key: f"Rejected or lost: {label}" for key, label in RejectReason.choices if key in LostReason.values}
    named |= {key: f"Rejected: {label}" for key, label in RejectReason.choices if key not in LostReason.values}
    named |= {key: f"Lost: {label}" for key, label in LostReason.choices if key not in RejectReason.values}
    named.pop(RejectReason.TERRITORY)  # goes to the next rep at once
    out = {key: label for key, (label, is_withdrawal) in DISQUALIFIED_BECAUSE.items() if not is_withdrawal}
    return named | {f"{OF_DISQUALIFIED}{key}": f"Disqualified: {label}" for key, label in out.items()}


def resting(user: User, reason: str, *, after: str = "", before: str = "") -> "keyset.Page[Recycle]":
    """Who rests for this reason now, whoever was let go last first. One query."""
    rows = Recycle.objects.waiting().filter(reason=reason, contact__in=Contact.objects.visible_to(user).values("pk"))
    rows = rows.select_related("contact__company", "company", "actor").defer("contact__search_text", "contact__custom")
    return keyset.page(rows, by=[("created_at", datetime), ("pk", int)], after=after, before=before, size=PAGE)


def rules() -> list[Row]:
    """Every reason with its rule, the usual one where none was chosen. Two queries."""
    kept = {rule.reason: rule for rule in ReturnRule.objects.all()}
    rests = Recycle.objects.waiting().filter(contact__erased_at=None)
    waiting = dict(rests.order_by().values_list("reason").annotate(n=Count("pk")))
    return [
        Row(label, kept.get(key) or ReturnRule(reason=key), waiting.get(key, 0))
        for key, label in named_reasons().items()
    ]
