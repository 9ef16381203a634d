"""What leads will bring, month by month, as the last simulation saw it."""

from dataclasses import dataclass

from pipeline.periods import Period, Unit, period_of
from reports.models import Basis, Outlook, OutlookRange
from reports.queries.figures import Likely


@dataclass(frozen=True, slots=True)
class LeadsThrough:
    """New leads × conversion × wins × size, with its ranges by month."""

    outlook: Outlook
    months: list[tuple[Period, Likely]]


def leads_through(currency: str) -> LeadsThrough | None:
    """None before it has been worked out. Two queries."""
    outlook = Outlook.objects.filter(currency=currency, is_together=False, lead_conversion__isnull=False).first()
    if outlook is None:
        return None
    rows = OutlookRange.objects.filter(outlook=outlook, basis=Basis.LEADS, unit=Unit.MONTH).order_by("start")
    months = [(period_of(row.start, Unit.MONTH), Likely(row.p10, row.p50, row.p90)) for row in rows]
    return LeadsThrough(outlook, months)
