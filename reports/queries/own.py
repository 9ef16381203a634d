"""A rep's own month against the quota, for Today."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from pipeline.models import Category, Opportunity, Quota, StageKind
from pipeline.periods import Period, Unit, period_of
from pipeline.queries import Filters
from pipeline.queries.filters import COUNTED, closed_in, in_category
from pipeline.queries.totals import WEIGHTED
from users.models import User

_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=20, decimal_places=4)


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """What is won this month, what may still come, and what it is held against."""

    period: Period
    currency: str
    quota: Decimal
    closed: Decimal
    commit: Decimal  # open, due this month, in full
    weighted: Decimal  # all that is open and due this month
    owner: int

    @property
    def missing(self) -> Decimal:
        return max(Decimal(0), self.quota - self.closed)

    @property
    def reached(self) -> int | None:
        """Percent; none against a quota of nothing."""
        return round(100 * self.closed / self.quota) if self.quota else None

    @property
    def share(self) -> int:
        """Of the bar."""
        return min(100, self.reached or 0)

    @property
    def in_sight(self) -> int:
        """Percent that would be reached if commit came."""
        return min(100, int(100 * (self.closed + self.commit) / self.quota)) if self.quota else 0

    def _query(self, **asked: str) -> str:
        return Filters(owner=str(self.owner), currency=self.currency).query(**asked)

    @property
    def closed_query(self) -> str:
        return self._query(state="won", closed=self.period.key)

    @property
    def commit_query(self) -> str:
        return self._query(expected=self.period.key, overdue="no", category=Category.COMMIT.value)

    @property
    def due_query(self) -> str:
        return self._query(expected=self.period.key, overdue="no", category=COUNTED)


def own_month(user: User, *, now: datetime) -> OwnMonth | None:
    """None where nobody has set a quota. One query."""
    today = now.astimezone(UTC).date()
    period = period_of(today, Unit.MONTH)
    mine = Opportunity.objects.filter(owner=user, currency=OuterRef("currency")).order_by()
    due = Q(closed_at=None, expected_close__gte=today, expected_close__lt=period.end)

    def summed(what: Q, value: object) -> Coalesce:
        rows = mine.filter(what).values("owner").annotate(sum=Sum(value)).values("sum")
        return Coalesce(Subquery(rows, output_field=_MONEY), Value(Decimal(0), output_field=_MONEY))

    rows = Quota.objects.filter(user=user, month=period.start).annotate(
        closed=summed(Q(stage__kind=StageKind.WON) & closed_in(period), F("amount")),
        commit=summed(due & in_category(Category.COMMIT), F("amount")),
        weighted=summed(due & in_category(COUNTED), WEIGHTED),
    )
    row = rows.order_by("-amount", "currency").values("currency", "amount", "closed", "commit", "weighted").first()
    if row is None:
        return None
    return OwnMonth(period, row["currency"], row["amount"], row["closed"], row["commit"], row["weighted"], user.pk)
