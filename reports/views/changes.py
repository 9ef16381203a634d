"""What changed in the forecast since a day, bar by bar, and the deals behind each bar."""

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from pipeline.periods import Period, Unit, around, parse, period_of
from pipeline.queries import Filters
from pipeline.queries.currencies import reporting_currency
from pipeline.views.filtering import owner_filters, sellers
from pipeline.waterfall import LABELS, Kind, Stood
from reports.queries.changes import Changes, changes, currencies_on, with_names
from reports.queries.record import counted_for, first_snapshot, snapshot_until
from reports.views.asked import asked_of
from reports.views.forecast import kept_query, pages
from users.access import SignedInRequest, requires
from users.exports import send
from users.models import User
from users.roles import Can

SHOWN = 500
EVER = "all"
TOGETHER = "yes"  # in place of a currency: all in the reporting one
TONES = {
    Kind.NEW: "prospect",
    Kind.REOPENED: "prospect",
    Kind.PULLED_IN: "prospect",
    Kind.GREW: "prospect",
    Kind.HANDED_IN: "prospect",
    Kind.WON: "closed",
}


def day_of(text: str, otherwise: date) -> date:
    """A day as 2026-03-31; nonsense is as if it had not been asked."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if 2000 <= day.year <= 2199 else otherwise


class Asked:
    """What the address asks for: two days, a period, whose deals, a kind."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        self.today = timezone.now().astimezone(UTC).date()
        self.filters = counted_for(user, asked_of(request))
        self.begins = first_snapshot()
        week = self.today - timedelta(days=7)
        self.first = day_of(request.GET.get("from", ""), max(week, min(self.begins or week, self.today)))
        self.last = day_of(request.GET.get("to", ""), self.today)
        named = request.GET.get("period", "")
        opens = settings.FISCAL_YEAR_START
        self.period: Period | None = None
        if named != EVER:
            self.period = parse(named, opens) or period_of(self.today, Unit.QUARTER, opens)
        kind = request.GET.get("kind", "")
        self.kind = kind if kind in LABELS else ""
        self.money = MoneyAsked(request, self.filters, self.last)
        self.together, self.currency = self.money.together, self.money.currency
        self.found: Changes | None = None
        if self.first <= self.last:
            self.found = changes(
                user,
                self.filters,
                first=self.first,
                last=self.last,
                period=self.period,
                currency=self.currency,
                together=self.together,
            )

    def query(self, **more: str) -> str:
        said = {
            "from": f"{self.first}",
            "to": f"{self.last}",
            "period": self.period.key if self.period else EVER,
            "owner": self.filters.owner,
            "team": str(self.filters.team or ""),
            "currency": TOGETHER if self.together else self.filters.currency,
            "kind": self.kind,
        } | more
        return urlencode({name: value for name, value in said.items() if value})

    def filters_query(self) -> str:
        """What the other pages of the forecast keep."""
        return kept_query(self.filters, self.together)


class MoneyAsked:
    """In which currency the record is shown: in one of those that it has on a day, or all of them in the reporting one.

    Two queries, three where several occur.
    """

    def __init__(self, request: HttpRequest, filters: Filters, day: date) -> None:
        self.known = currencies_on(day)
        self.ours = reporting_currency() if len(self.known) > 1 else ""
        self.together = bool(self.ours) and TOGETHER in (request.GET.get("currency"), request.GET.get("together"))
        self.currency = self.ours if self.together else filters.currency or main_currency()

    @property
    def filter(self) -> list[dict[str, Any]]:
        """The choice, where there is one."""
        codes = sorted(self.known | {self.currency})
        choices = [*((code, code) for code in codes), *([(TOGETHER, f"all in {self.ours}")] if self.ours else [])]
        value = TOGETHER if self.together else self.currency
        return [{"name": "currency", "label": "Currency", "value": value, "choices": choices}] if len(codes) > 1 else []


def main_currency() -> str:
    """That of the first pipeline. One query."""
    from pipeline.queries import pipelines

    return next((one.currency for one in pipelines()), "EUR")


@require_safe
def forecast_changes(request: SignedInRequest) -> HttpResponse:
    """From the sum of one day to that of another."""
    asked = Asked(request, request.user)
    address, found = reverse("forecast_changes"), asked.found
    moved = with_names(found.of(asked.kind)[:SHOWN], request.user) if found else []
    opens = settings.FISCAL_YEAR_START
    periods = [
        *around(asked.today, Unit.QUARTER, before=2, after=2, opens=opens),
        *around(asked.today, Unit.MONTH, before=2, after=4, opens=opens),
        *around(asked.today, Unit.YEAR, before=0, after=1, opens=opens),
    ]
    if asked.period and asked.period not in periods:
        periods.append(asked.period)
    context: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "bars": bars(found, lambda kind: f"{address}?{asked.query(kind='' if kind == asked.kind else kind)}#deals")
        if found
        else [],
        "moved": moved,
        "more": (len(found.of(asked.kind)) - len(moved)) if found else 0,
        "kind_label": next((label for kind, label, _, _ in found.kinds if kind == asked.kind), "") if found else "",
        "begins": asked.begins if asked.begins != asked.today else None,  # a day alone has no change
        "newest": snapshot_until(asked.today),
        "without_kind": f"{address}?{asked.query(kind='')}",
        "pages": pages("forecast_changes", asked.filters_query()),
        "filters": [
            *owner_filters(sellers(request.user), asked.filters),
            {
                "name": "period",
                "label": "Expected in",
                "value": asked.period.key if asked.period else EVER,
                "choices": [(EVER, "whenever"), *((one.key, one.name) for one in periods)],
            },
            {"name": "from", "label": "From", "value": f"{asked.first}", "kind": "date"},
            {"name": "to", "label": "To", "value": f"{asked.last}", "kind": "date"},
            *asked.money.filter,
        ],
        "kept": {},
        "export_query": asked.query(),
    }
    return render(request, f"reports/forecast_changes.html{'#figures' if wants_part(request) else ''}", context)


def bars(found: Changes, url: Any) -> list[dict[str, Any]]:
    """Bars that hang where the one before ended; places and widths in percent of the widest."""
    level, rows = found.first, []
    top, bottom = max(found.first, found.last), Decimal(0)
    for kind, label, count, amount in found.kinds:
        low, high = sorted((level, level + amount))
        rows.append((label, kind, count, amount, low, high))
        level += amount
        top, bottom = max(top, high), min(bottom, low)
    width = (top - bottom) or Decimal(1)

    def place(low: Decimal, high: Decimal) -> dict[str, str]:
        return {"left": f"{100 * (low - bottom) / width:.2f}", "width": f"{max(100 * (high - low) / width, 0):.2f}"}

    first = {"label": f"{found.first_day:%-d %b %Y}", "count": found.first_count, "amount": found.first}
    last = {"label": f"{found.last_day:%-d %b %Y}", "count": found.last_count, "amount": found.last}
    whole = {"tone": "weighted", "is_sum": True}
    return [
        first | whole | place(Decimal(0), found.first),
        *(
            {"label": label, "count": count, "amount": amount, "url": url(kind.value)}
            | {"tone": TONES.get(kind, "alarm")}
            | place(low, high)
            for label, kind, count, amount, low, high in rows
        ),
        last | whole | place(Decimal(0), found.last),
    ]


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """The waterfall deal by deal; the column Change adds up to the difference of the two days."""
    asked = Asked(request, request.user)
    header = ["Change", "Amount", "Currency", "Number", "Opportunity", "From state", "From amount", "From date"]
    header += ["To state", "To amount", "To date"]

    def of(stood: Stood | None) -> list[Any]:
        return [stood.state, stood.amount, stood.expected] if stood else [None, None, None]

    def rows() -> Iterator[list[Any]]:
        if asked.found is None:
            return
        found = asked.found
        yield [f"On {found.first_day}", found.first, found.currency, *[None] * 8]
        for row in with_names(found.of(asked.kind), request.user):
            name = row.opportunity.name if row.opportunity else None
            ours = [row.kind, row.change.amount, found.currency, row.change.deal, name]
            yield [*ours, *of(row.before), *of(row.after)]
        yield [f"On {found.last_day}", found.last, found.currency, *[None] * 8]
        if found.unrated:
            yield ["Without a rate", None, ", ".join(found.unrated), *[None] * 8]

    return send(request, format, header, rows(), name="forecast-changes")
