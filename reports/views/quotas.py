"""Quotas per person and month, set by managers."""

import re
from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from capture.rows import read_number
from core.errors import Refused
from pipeline import services, terms
from pipeline.periods import Period, Unit, parse, period_of
from pipeline.queries.quotas import quotas
from pipeline.views.filtering import sellers
from reports.views.changes import main_currency
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can

PAGE = 60  # people; each has twelve fields, and a form takes a thousand
_WRITTEN = re.compile(r"[^\d.,%]*(\d+|\d{1,3}([.,'’\s]\d{3})+)?([.,]\d+)?[^\d.,%]*")
_FIELD = re.compile(r"q-(\d{1,18})-(20\d\d|21\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_FORECAST)
def forecast_quotas(request: SignedInRequest) -> HttpResponse:
    """A table to fill in: who is to win how much in which month of the company's year."""
    now = timezone.now()
    this_year = period_of(now.astimezone(UTC).date(), Unit.YEAR, settings.FISCAL_YEAR_START)
    asked = parse(request.GET.get("year", ""), settings.FISCAL_YEAR_START)
    year = asked if asked and asked.unit == Unit.YEAR and abs(asked.year - this_year.year) <= 2 else this_year
    try:
        currency = terms.currency(request.GET.get("currency") or main_currency())
    except Refused:
        currency = main_currency()
    everybody = sellers(request.user)
    shown = _page(everybody, request.GET.get("page", ""))
    given: dict[str, str] = {}
    errors: dict[str, str] = {}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip()[:40] for name in request.POST if _FIELD.fullmatch(name)}
        try:
            kept, gone = services.set_quotas(
                amounts=_amounts(given, shown, year), currency=currency, actor=request.user, now=now
            )
        except Refused as refused:
            errors = refused.fields
        else:
            text = f"{kept} quota{'s' if kept != 1 else ''} saved" + (f", {gone} taken away." if gone else ".")
            messages.success(request, text)
            return redirect(f"{reverse('forecast_quotas')}?{request.GET.urlencode()}")
    found = quotas(request.user, first=year.start, end=year.end, currency=currency)
    context: dict[str, Any] = {
        "year": year,
        "currency": currency,
        "rows": [_row(one, year, found, given, errors) for one in shown],
        "months": year.months,
        "sums": [_sum(found.get((one.pk, month)) for one in shown) for month in year.months],
        "errors": sorted(set(errors.values())),
        "years": [
            {"label": one.name, "url": f"?year={one.key}&currency={currency}", "active": one == year}
            for one in (this_year.moved(-1), this_year, this_year.moved(1))
        ],
        "numbers": [
            {"label": f"{start + 1}–{min(start + PAGE, len(everybody))}", "url": f"?year={year.key}&page={number}",
             "active": shown[:1] == everybody[start : start + 1]}
            for number, start in enumerate(range(0, len(everybody), PAGE), 1)
        ],
    }  # fmt: skip
    return render(request, "reports/forecast_quotas.html", context, status=422 if errors else 200)


def _page(people: list[User], number: str) -> list[User]:
    start = (int(number) - 1) * PAGE if number.isascii() and number.isdigit() and 0 < len(number) < 5 else 0
    return people[start : start + PAGE] or people[:PAGE]


def _amounts(given: dict[str, str], shown: list[User], year: Period) -> dict[tuple[int, date], str]:
    """The fields of the people and months that are on the page."""
    people, months, found = {one.pk for one in shown}, set(year.months), {}
    for name, text in given.items():
        if match := _FIELD.fullmatch(name):
            user, month = int(match[1]), date(int(match[2]), int(match[3]), 1)
            if user in people and month in months:
                found[user, month] = _amount(text)
    return found


def _amount(text: str) -> str:
    """12.500 and 12,500 are thousands, 12.500,50 and 12500.50 have cents; what is no number is refused later."""
    is_plain = len(text) <= 40 and _WRITTEN.fullmatch(text)  # no exponent: written out it may be endless
    number = read_number(text, decimal_comma="." in text) if is_plain else None
    return text if number is None else f"{number:f}"


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Of those that are known; unknown where none is, and not zero."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _row(
    person: User,
    year: Period,
    found: dict[tuple[int, date], Decimal],
    given: dict[str, str],
    errors: dict[str, str],
) -> dict[str, Any]:
    fields = []
    for month in year.months:
        name, known = f"q-{person.pk}-{month:%Y-%m}", found.get((person.pk, month))
        value = given.get(name, "" if known is None else f"{known:.2f}".removesuffix(".00"))
        fields.append({"name": name, "value": value, "month": month, "error": errors.get(name, "")})
    return {"person": person, "fields": fields, "sum": _sum(found.get((person.pk, month)) for month in year.months)}
