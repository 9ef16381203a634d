"""What each reason leads to, and how many rest for it."""

from dataclasses import dataclass

from django.db.models import Count

from pipeline.models import LostReason, Recycle, RejectReason, ReturnBy, ReturnRule


@dataclass(frozen=True, slots=True)
class Row:
    """One reason."""

    label: str
    rule: ReturnRule
    waiting: int

    @property
    def words(self) -> str:
        months = f"{self.rule.months} month{'' if self.rule.months == 1 else 's'}"
        return {
            ReturnBy.MONTHS: f"after {months}",
            ReturnBy.TIMELINE: f"when their timeline says; else after {months}",
            ReturnBy.VISIT: "when they come back to the site",
            ReturnBy.ANEW: "only when they qualify anew",
        }[ReturnBy(self.rule.by)]


def named_reasons() -> dict[str, str]:
    """Reasons of rejections and of losses by key; one that both have leads to the same."""
    named = {key: f"Rejected or lost: {label}" for key, label in RejectReason.choices if key in LostReason.values}
    named |= {key: f"Rejected: {label}" for key, label in RejectReason.choices if key not in LostReason.values}
    named |= {key: f"Lost: {label}" for key, label in LostReason.choices if key not in RejectReason.values}
    named.pop(RejectReason.TERRITORY)  # goes to the next rep at once
    return named


def rules() -> list[Row]:
    """Every reason with its rule, the usual one where none was chosen. Two queries."""
    kept = {rule.reason: rule for rule in ReturnRule.objects.all()}
    waiting = dict(Recycle.objects.waiting().order_by().values_list("reason").annotate(n=Count("pk")))
    return [
        Row(label, kept.get(key) or ReturnRule(reason=key), waiting.get(key, 0))
        for key, label in named_reasons().items()
    ]
