"""Quotas and managers' own figures."""

from datetime import date, datetime
from decimal import Decimal

from pipeline.models import ForecastCall, Quota
from users.models import User


def quotas(user: User, *, first: date, end: date, currency: str) -> dict[tuple[int, date], Decimal]:
    """Per person and month from `first` to before `end`, as far as the user may see. One query."""
    rows = Quota.objects.filter(month__gte=first, month__lt=end, currency=currency)
    if not user.sees_everything:
        rows = rows.filter(user__in=user.visible_owner_ids)
    return {(owner, month): amount for owner, month, amount in rows.values_list("user", "month", "amount")}


def calls(*, first: date, end: date, currency: str, until: datetime | None = None) -> list[ForecastCall]:
    """The figures that stand (at an instant), per person or team and month. One query."""
    rows = ForecastCall.objects.filter(month__gte=first, month__lt=end, currency=currency)
    if until is not None:
        rows = rows.filter(at__lt=until)
    newest = rows.order_by("owner", "team", "month", "-at", "-pk").distinct("owner", "team", "month")
    return [call for call in newest.select_related("by") if call.amount is not None]


def sees_calls(user: User) -> bool:
    """What a manager makes of somebody's forecast is for those who see everything."""
    return user.sees_everything
