"""In which currency the company reports, and what the others are worth in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from core.errors import Refused
from leads import normalise
from pipeline import signals, terms
from pipeline.exchange import FINEST
from pipeline.models import ExchangeRate, ReportingCurrency
from users.models import User

MOST_RATE = Decimal(10) ** 9
MOST_LINES = 20_000
SHOWN_WRONG = 20


@transaction.atomic
def set_reporting_currency(*, currency: str) -> str:
    """Sums of several currencies are shown in this one; empty: they only stand side by side."""
    code = terms.currency(currency) if currency else ""
    if code:
        ReportingCurrency.objects.update_or_create(pk=1, defaults={"currency": code})
    else:
        ReportingCurrency.objects.all().delete()
    signals.worth_changed.send(sender=None)
    return code


def _rate(value: Any) -> Decimal:
    try:
        number = Decimal(normalise.line(str(value)))
    except InvalidOperation:
        raise Refused(rate="Write the rate as a number, such as 0.92.") from None
    if not number.is_finite() or not FINEST <= number < MOST_RATE:
        raise Refused(rate="A rate is more than 0 and less than 1,000,000,000.")
    return number.quantize(FINEST)


def _checked(*, currency: Any, base: str, day: date | None, rate: Any, actor: User, now: datetime) -> ExchangeRate:
    errors: dict[str, str] = {}
    code, number, valid = "", Decimal(1), terms.EARLIEST
    try:
        code = terms.currency(currency)
    except Refused as refused:
        errors |= refused.fields
    try:
        number = _rate(rate)
    except Refused as refused:
        errors |= refused.fields
    if code and code == base:
        errors["currency"] = f"{code} is the reporting currency itself."
    if day is not None and terms.EARLIEST <= day <= now.date() + timedelta(days=1):
        valid = day
    else:
        errors["day"] = "A rate counts from a day since 2000, not from one in the future."
    if errors:
        raise Refused(**errors)
    return ExchangeRate(currency=code, base=base, day=valid, rate=number, set_by=actor, set_at=now)


def _base() -> str:
    row = ReportingCurrency.objects.first()
    if row is None:
        raise Refused("Choose the reporting currency first.")
    return row.currency


def _keep(rows: list[ExchangeRate]) -> None:
    ExchangeRate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["base", "currency", "day"],
        update_fields=["rate", "set_by", "set_at"],
        batch_size=2000,
    )


@transaction.atomic
def set_rate(*, currency: str, day: date | None, rate: Any, actor: User, now: datetime) -> ExchangeRate:
    """What one unit is worth in the reporting currency from that day on; said again, it replaces what was said."""
    row = _checked(currency=currency, base=_base(), day=day, rate=rate, actor=actor, now=now)
    _keep([row])
    return row


@transaction.atomic
def remove_rate(*, rate_id: int) -> bool:
    """It was wrong; false when it was gone already."""
    gone, _ = ExchangeRate.objects.filter(pk=rate_id).delete()
    if gone:
        signals.worth_changed.send(sender=None)
    return bool(gone)


@dataclass(frozen=True, slots=True)
class Listed:
    """What came of a list of rates: how many are kept, and what is wrong with which lines."""

    kept: int
    wrong: list[str]


@transaction.atomic
def take_rates(*, text: str, actor: User, now: datetime) -> Listed:
    """Lines of day, currency, rate; the good ones are kept, the others come back with what is wrong."""
    base, lines = _base(), text.replace("\0", "").splitlines()
    if len(lines) > MOST_LINES:
        raise Refused(text=f"At most {MOST_LINES:,} lines at once; these are {len(lines):,}.")
    kept: dict[tuple[str, date], ExchangeRate] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip().strip('"') for cell in line.replace(";", ",").replace("\t", ",").split(",")]
        if not any(cells) or (number == 1 and cells[0].lower() in {"day", "date"}):
            continue
        try:
            if len(cells) != 3:
                raise Refused("A line is day, currency, rate, such as 2026-03-31,USD,0.92.")
            row = _checked(currency=cells[1], base=base, day=_day(cells[0]), rate=cells[2], actor=actor, now=now)
        except Refused as refused:
            wrong.append(f"Line {number}: {refused}")
            continue
        kept[row.currency, row.day] = row  # the last word on a day counts
    if not kept:
        raise Refused(text=" ".join(wrong[:3]) or "There is no line with a rate.")
    _keep(list(kept.values()))
    return Listed(len(kept), wrong)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(day="Write days as 2026-03-31.") from None
