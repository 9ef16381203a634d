"""Quotas, and what managers make of the forecast."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.errors import Refused
from leads import normalise
from pipeline import terms
from pipeline.models import ForecastCall, Quota
from users.models import Team, User
from users.roles import Can

FURTHEST = timedelta(days=3 * 366)


def _month(month: date, now: datetime) -> date:
    if month.day != 1 or abs(month - now.date()) > FURTHEST:
        raise Refused(month="Choose a month within three years.")
    return month


@transaction.atomic
def set_quotas(
    *, amounts: Mapping[tuple[int, date], Any], currency: str, actor: User, now: datetime
) -> tuple[int, int]:
    """Quotas per person and month; an empty one is taken away. (set, taken away); Refused names each wrong field."""
    currency = terms.currency(currency)
    sellers = {user.pk for user in User.objects.filter(pk__in={user for user, _ in amounts})}
    errors: dict[str, str] = {}
    kept: list[Quota] = []
    gone: list[tuple[int, date]] = []
    for (user, month), text in amounts.items():
        try:
            amount = terms.amount(text)
            _month(month, now)
        except Refused as refused:
            errors[f"q-{user}-{month:%Y-%m}"] = next(iter(refused.fields.values()))
            continue
        if user not in sellers:
            errors[f"q-{user}-{month:%Y-%m}"] = "There is no such person."
        elif amount is None:
            gone.append((user, month))
        else:
            kept.append(Quota(user_id=user, month=month, currency=currency, amount=amount, set_by=actor, set_at=now))
    if errors:
        raise Refused(**errors)
    Quota.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["user", "month", "currency"],
        update_fields=["amount", "set_by", "set_at"],
    )
    taken = 0
    for user, month in gone:
        taken += Quota.objects.filter(user=user, month=month, currency=currency).delete()[0]
    return len(kept), taken


@transaction.atomic
def call_forecast(
    *,
    month: date,
    currency: str,
    amount: Any,
    note: str,
    original: Decimal,
    actor: User,
    now: datetime,
    owner: User | None = None,
    team: Team | None = None,
) -> ForecastCall:
    """What a manager thinks a person or a team will bring, and why; without an amount the one before is taken back."""
    if (owner is None) == (team is None):
        raise Refused("Say whose figure it is: a person's or a team's.")
    if owner is not None and not owner.can(Can.WORK_PIPELINE):
        raise Refused(f"{owner} does not sell.")
    value, note = terms.amount(amount), normalise.line(note)
    if value is not None and not note:
        raise Refused(note="Say in a few words why it will be another sum than the opportunities say.")
    if len(note) > 300:
        raise Refused(note=f"At most 300 characters; this has {len(note):,}.")
    return ForecastCall.objects.create(
        owner=owner,
        team=team,
        month=_month(month, now),
        currency=terms.currency(currency),
        amount=value,
        original=original,
        note=note,
        by=actor,
        at=now,
    )
