"""The rows of the forecast's tables: hundreds of cells, each a sum that opens its list, so they are drawn at once."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from core.components.numbers import count, money
from core.components.people import person
from core.components.values import text

if TYPE_CHECKING:
    from reports.queries import Forecast
    from reports.queries.forecast import Figure

NOTHING = '<span class="muted">–</span>'
NOW = ' <span class="pill pill-plain">now</span>'


def forecast_months(forecast: "Forecast", list_url: str) -> SafeString:
    """What each month is made of, then what is in none of them, then all that is open."""
    draw = _Cells(list_url, forecast.currency)
    rows = [
        _row(
            f"{month.month:%b %Y}{NOW if month.is_current else ''}",
            draw.sum(month.closed, month.closed.amount),
            draw.sum(month.open, month.open.weighted),
            draw.link(month.query, draw.rounded(month.total)) if month.closed.count or month.open.count else NOTHING,
            draw.sum(month.open, month.open.amount),
            *draw.counts(month.open),
        )
        for month in forecast.months
    ]
    rests = [
        (f'<span title="{text(why.capitalize())}">{text(label)}</span>', one) for label, why, one in forecast.rests
    ]
    for label, figure in (*rests, ("<b>All that is open</b>", forecast.all)):
        weighted, whole = draw.sum(figure, figure.weighted), draw.sum(figure, figure.amount)
        rows.append(_row(label, NOTHING, weighted, NOTHING, whole, *draw.counts(figure)))
    return mark_safe("\n".join(rows))


def forecast_sellers(forecast: "Forecast", list_url: str) -> SafeString:
    """What each owner has in the forecast."""
    draw = _Cells(list_url, forecast.currency)
    return mark_safe(
        "\n".join(
            _row(
                str(person(seller.owner)) if seller.is_known else '<span class="muted">Former colleague</span>',
                draw.sum(seller.closed, seller.closed.amount),
                draw.sum(seller.due, seller.due.weighted),
                draw.sum(seller.all, seller.all.weighted),
                draw.sum(seller.overdue, seller.overdue.weighted),
                draw.sum(seller.undated, seller.undated.weighted),
                draw.sum(seller.all, seller.all.amount),
                *draw.counts(seller.all),
            )
            for seller in forecast.sellers
        )
    )


class _Cells:
    """Cells of one currency, each with the list behind it."""

    def __init__(self, list_url: str, currency: str) -> None:
        self.list_url, self.currency = list_url, currency

    def link(self, query: str, inside: str) -> str:
        return f'<a href="{self.list_url}?{text(query)}">{inside}</a>'

    def rounded(self, value: Decimal) -> str:
        return money(value.quantize(Decimal(1), ROUND_HALF_UP), self.currency)

    def sum(self, figure: "Figure", value: Decimal) -> str:
        """Of unknown amounts alone the sum is unknown, and not zero."""
        if not figure.count:
            return NOTHING
        return self.link(figure.query, money(None) if figure.count == figure.unknown else self.rounded(value))

    def counts(self, figure: "Figure") -> Iterable[str]:
        """How many are open, and of how many the amount is unknown."""
        yield self.link(figure.query, count(figure.count)) if figure.count else NOTHING
        yield self.link(f"{figure.query}&amount=unknown", count(figure.unknown)) if figure.unknown else NOTHING


def _row(label: str, *cells: str) -> str:
    """A phone has room for the first two figures."""
    shown = "".join(
        f'<td class="num{" hide-phone" if number >= 2 else ""}">{cell}</td>' for number, cell in enumerate(cells)
    )
    return f'<tr><td role="rowheader" class="shrink">{label}</td>{shown}</tr>'
