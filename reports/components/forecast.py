"""The rows of the forecast's tables: hundreds of cells, each a sum that opens its list, so they are drawn at once."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from core.components.numbers import count, money, money_text
from core.components.people import person
from core.components.values import text
from pipeline.rollup import Sum

if TYPE_CHECKING:
    from reports.queries import Forecast
    from reports.queries.figures import Call, Figure, Likely, Month, Seller

MOST_SELLERS = 40
NOTHING = '<span class="muted">–</span>'
NOW = ' <span class="pill pill-plain">now</span>'


def forecast_months(forecast: "Forecast", list_url: str) -> SafeString:
    """What each period is made of, then what is in none of them, then all that is open."""
    draw = _Cells(list_url, forecast.currency)
    rows = [
        _row(
            f"{text(_name(month))}{NOW if month.is_current else ''}",
            *draw.sure(month),
            draw.link(month.query, draw.rounded(month.total)) if month.closed.count or month.open.count else NOTHING,
            draw.likely(month.likely),
            draw.quota(month.quota, month.closed.amount),
            *draw.counts(month.open),
        )
        for month in forecast.months
    ]
    rests = [
        (f'<span title="{text(why.capitalize())}">{text(label)}</span>', one) for label, why, one in forecast.rests
    ]
    for label, figure in (*rests, ("<b>All that is open</b>", forecast.all)):
        weighted = draw.sum(figure, figure.weighted)
        rows.append(_row(label, NOTHING, "", "", "", weighted, "", "", *draw.counts(figure)))
    return mark_safe("\n".join(rows))


def _name(month: "Month") -> str:
    return f"{month.period.start:%b %Y}" if len(month.period.months) == 1 else month.period.name


def forecast_sellers(forecast: "Forecast", list_url: str, team_url: str, can_call: bool = False) -> SafeString:
    """What each owner has in the forecast, by teams where there are several, with the sum of each.

    Of very many owners the teams alone; the owners of one stand behind its name, at `team_url` and its id.
    """
    draw = _Cells(list_url, forecast.currency)
    period = forecast.current.period
    call_url = ""
    if can_call and not forecast.is_together:  # a manager's figure is of one currency
        call_url = f"{reverse('forecast_call')}?period={period.key}&currency={forecast.currency}"
    teams: dict[int | None, list[Seller]] = {}
    for seller in forecast.sellers:
        teams.setdefault(seller.owner.team_id if seller.owner else None, []).append(seller)
    rows: list[str] = []
    are_folded = len(forecast.sellers) > MOST_SELLERS and len(teams) > 1
    order = sorted(teams.items(), key=lambda item: (item[0] is None, str(_team(item[1]))))
    for team, sellers in order:
        if len(teams) > 1 and team is not None:
            rows.append(_team_row(forecast, draw, team, sellers, f"{team_url}{team}", call_url))
        if team is None or not are_folded:
            rows += [_seller_row(draw, seller, call_url) for seller in sellers]
    if len(forecast.sellers) > 1 and forecast.rolled is not None:
        everybody = draw.adjusted(forecast.rolled.all)
        rows.append(_sums(draw, "<b>Together</b>", forecast.sellers, everybody, forecast.current.quota))
    return mark_safe("\n".join(rows))


def _team(sellers: "list[Seller]") -> str:
    owner = sellers[0].owner
    return str(owner.team) if owner and owner.team else ""


def _team_row(
    forecast: "Forecast", draw: "_Cells", team: int, sellers: "list[Seller]", team_url: str, call_url: str
) -> str:
    rolled = forecast.rolled.teams.get(team, Sum()) if forecast.rolled else Sum()
    shown = draw.adjusted(rolled)
    if call_url:
        shown = draw.dialog(f"{call_url}&team={team}", shown, f"Your figure for {_team(sellers)}")
    known = [seller.now.quota for seller in sellers if seller.now.quota is not None]
    name = f'<a href="{text(team_url)}" title="By owner"><b>{text(_team(sellers))}</b></a>'
    return _sums(draw, name, sellers, shown, sum(known, Decimal(0)) if known else None)


def _sums(draw: "_Cells", label: str, sellers: "list[Seller]", called: str, quota: Decimal | None) -> str:
    """A row of sums; the figures of its people are the links."""
    now = [seller.now for seller in sellers]
    closed = sum((one.closed.amount for one in now), Decimal(0))
    amounts = [
        closed,
        sum((one.commit.amount for one in now), Decimal(0)),
        sum((one.best.amount for one in now), Decimal(0)),
        sum((one.early.weighted for one in now), Decimal(0)),
        sum((one.total for one in now), Decimal(0)),
    ]
    late = draw.rounded(sum((seller.overdue.weighted for seller in sellers), Decimal(0)))
    whole = draw.rounded(sum((seller.all.weighted for seller in sellers), Decimal(0)))
    bold = [f"<b>{draw.rounded(amount)}</b>" if amount else NOTHING for amount in amounts]
    return _row(label, *bold, called, draw.quota(quota, closed), late, whole)


def _seller_row(draw: "_Cells", seller: "Seller", call_url: str) -> str:
    name = str(person(seller.owner)) if seller.is_known else '<span class="muted">Former colleague</span>'
    called = draw.called(seller.call)
    if call_url and seller.owner is not None:
        url = f"{call_url}&person={seller.owner.pk}"
        called = draw.dialog(url, called, f"Your figure for {text(seller.owner)}")
    month = seller.now
    return _row(
        name,
        *draw.sure(month),
        draw.link(month.query, draw.rounded(month.total)) if month.closed.count or month.open.count else NOTHING,
        called,
        draw.quota(month.quota, month.closed.amount),
        draw.sum(seller.overdue, seller.overdue.weighted),
        draw.sum(seller.all, seller.all.weighted),
    )


class _Cells:
    """Cells of one currency, each with the list behind it."""

    def __init__(self, list_url: str, currency: str) -> None:
        self.list_url, self.currency = list_url, currency

    def link(self, query: str, inside: str) -> str:
        return f'<a href="{self.list_url}?{text(query)}">{inside}</a>'

    def dialog(self, url: str, inside: str, label: str) -> str:
        hidden = f'<span class="visually-hidden">, {text(label)}</span>'
        return f'<a href="{text(url)}" data-dialog title="{text(label)}">{inside}{hidden}</a>'

    def rounded(self, value: Decimal) -> str:
        return money(value.quantize(Decimal(1), ROUND_HALF_UP), self.currency)

    def short(self, value: Decimal) -> str:
        return money(value, self.currency, compact=True)

    def sum(self, figure: "Figure", value: Decimal) -> str:
        """Of unknown amounts alone the sum is unknown, and not zero."""
        if not figure.count:
            return NOTHING
        return self.link(figure.query, money(None) if figure.count == figure.unknown else self.rounded(value))

    def sure(self, month: "Month") -> Iterable[str]:
        """Closed, and what is open by how sure it is."""
        yield self.sum(month.closed, month.closed.amount)
        yield self.sum(month.commit, month.commit.amount)
        yield self.sum(month.best, month.best.amount)
        yield self.sum(month.early, month.early.weighted)

    def likely(self, likely: "Likely | None") -> str:
        if likely is None:
            return NOTHING
        middle = money_text(likely.middle.quantize(Decimal(1), ROUND_HALF_UP), self.currency)
        low, high = (money_text(value, self.currency, compact=True) for value in (likely.low, likely.high))
        said = f"half of the futures bring more than {middle}"
        return f'<span class="num" title="{text(said)}">{text(low)}–{text(high)}</span>'

    def quota(self, quota: Decimal | None, closed: Decimal) -> str:
        if not quota:
            return NOTHING
        return f'{self.short(quota)} <small class="muted">{100 * closed / quota:.0f} %</small>'

    def called(self, call: "Call | None") -> str:
        if call is None:
            return NOTHING
        return f'<span title="{text(f"{call.by}: {call.note}")}">{self.rounded(call.amount)}</span>'

    def adjusted(self, rolled: Sum) -> str:
        return f"<b>{self.rounded(rolled.adjusted)}</b>" if rolled.is_adjusted else NOTHING

    def counts(self, figure: "Figure") -> Iterable[str]:
        """How many are open, and of how many the amount is unknown."""
        yield self.link(figure.query, count(figure.count)) if figure.count else NOTHING
        yield self.link(f"{figure.query}&amount=unknown", count(figure.unknown)) if figure.unknown else NOTHING


def _row(label: str, *cells: str) -> str:
    """A phone has room for the first two figures, and scrolls for the others."""
    shown = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f'<tr><td role="rowheader" class="shrink">{label}</td>{shown}</tr>'
