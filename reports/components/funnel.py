"""The tables of the funnel: hundreds of cells, each a number that opens its list, so they are drawn at once."""

from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from core.components.numbers import delta, money_text
from core.components.values import text

if TYPE_CHECKING:
    from reports.queries.cohorts import Cohorts
    from reports.queries.comparison import Compared, Comparison
    from reports.queries.costs import Campaign, Costs
    from reports.queries.funnel import Funnel, Reached, Row
    from reports.queries.restated import Restatement
    from reports.spread import Spread

NOTHING = '<span class="muted">–</span>'
FEW = 30
UNKNOWN = '<span class="muted" title="unknown">—<span class="visually-hidden">unknown</span></span>'
SMALL = ' <span class="muted small">small sample</span>'


def _link(list_url: str, query: str, inside: str) -> str:
    return f'<a href="{list_url}?{text(query)}">{inside}</a>'


def _tint(shade: int) -> str:
    return f' style="background:color-mix(in oklab, var(--brand) {shade}%, transparent)"' if shade else ""


def days(spread: "Spread | None") -> SafeString:
    """Median and quartiles in words: "4 days (1–9)"."""
    if spread is None:
        return mark_safe(NOTHING)
    few = f' <small class="muted">of {spread.people:,}</small>' if spread.is_few else ""
    middle = f"{spread.median:,} day{'' if spread.median == 1 else 's'}" if spread.median else "same day"
    title = f"half of {spread.people:,} took {spread.low} to {spread.high} days"
    between = f'<small class="muted">({spread.low:,}–{spread.high:,})</small>'
    return mark_safe(f'<span title="{title}">{middle} {between}</span>{few}')


def _change(now: int, before: int) -> str:
    """Against the months before; a few people are named, because percents of them say nothing."""
    return str(delta(now, before)) if before >= FEW else f"{before:,} before"


def funnel_steps(funnel: "Funnel", list_url: str) -> SafeString:
    """The whole funnel, step by step, with denominators, intervals and times."""
    return mark_safe("\n".join(_step(one, list_url) for one in funnel.total.steps))


def _step(one: "Reached", list_url: str) -> str:
    step, number = one.step, _link(list_url, one.query, one.text) if one.parts else "0"
    former = (
        f'<span class="sheet-sub chart-mute">{_change(one.count, one.former)}</span>' if one.former is not None else ""
    )
    if one.before is None:
        rest = [NOTHING] * 4
    else:
        rate = one.rate
        few = f' <small class="muted">of {rate.of:,}</small>' if rate.of and rate.is_few else ""
        said = (
            f'{rate.percent} <small class="muted" title="95 % interval">({rate.range})</small>{few}'
            if rate.of
            else NOTHING
        )
        lost = _link(list_url, one.lost_query, f"{one.lost:,}") if one.lost else "0"
        rest = [said, f"{one.share:.0f} %" if one.all else NOTHING, days(one.spread), lost]
    bar = (
        f'<span class="stat-bar tone-{step.tone}" style="display:block;height:14px" aria-hidden="true">'
        f'<i style="width:{one.share:.1f}%"></i></span>'
    )
    cells = "".join(
        f'<td class="num{" hide-phone" if place > 0 else ""}">{cell}</td>' for place, cell in enumerate(rest)
    )
    return (
        f'<tr><td role="rowheader" class="wrap"><span class="sheet-name">{text(step.label)}</span>'
        f'<span class="sheet-sub">{text(step.means)}</span></td>'
        f'<td class="hide-phone">{bar}</td><td class="num">{number}{former}</td>{cells}</tr>'
    )


def funnel_rows(rows: "list[Row]", list_url: str, restated: "Restatement | None" = None) -> SafeString:
    """A line for each part or month; with how many another definition would have judged a prospect."""
    return mark_safe("\n".join(_row(row, list_url, restated) for row in rows))


def _row(row: "Row", list_url: str, restated: "Restatement | None" = None) -> str:
    cells = []
    for place, one in enumerate(row.steps):
        number = _link(list_url, one.query, one.text) if one.parts else '<span class="muted">0</span>'
        share = f' <span class="small">{one.of_before:.0f} %</span>' if place and one.before_parts else ""
        tint = _tint(one.shade) if place and one.before_parts else ""
        cells.append(f'<td class="num"{tint}>{number}{share}</td>')
    if restated is not None and row.month is not None:
        told = restated.months[row.month]
        number = _link(list_url, told.query, f"{told.count:,}") if told.count else "0"
        cells.append(f'<td class="num">{UNKNOWN if told.count is None else number}</td>')
    marks = "".join(f'<span class="sheet-sub">{text(mark)}</span>' for mark in row.marks)
    label = f"{text(row.label)}{SMALL if row.is_small else ''}{marks}"
    return f'<tr><td role="rowheader" class="shrink">{label}</td>{"".join(cells)}</tr>'


def cohort_rows(cohorts: "Cohorts", list_url: str) -> SafeString:
    """The heat map: numbers first, colour beside; then the table that counts "not yet"."""
    lines = []
    for row in cohorts.rows:
        cells = "".join(
            f'<td class="num{" heat-open" if one.is_open else ""}"{_tint(one.shade)} title="{one.count:,} of {one.of:,}'
            f'{", month still running" if one.is_open else ""}">'
            f"{_link(list_url, one.query, _percent(one.percent)) if one.count else _percent(0.0)}</td>"
            for one in row.cells
        )
        cells += "<td></td>" * (len(cohorts.ages) - len(row.cells))
        marks = "".join(f'<span class="sheet-sub">{text(mark)}</span>' for mark in row.marks)
        small = SMALL if row.is_small else ""
        not_yet = _link(list_url, row.not_yet_query, f"{row.not_yet:,}") if row.not_yet else "0"
        lines.append(
            f'<tr><td role="rowheader" class="shrink">{row.month:%b %Y}{small}{marks}</td>'
            f'<td class="num">{_link(list_url, row.query, f"{row.size:,}")}</td>{cells}'
            f'<td class="num">{not_yet}</td></tr>'
        )
    cells = "".join(
        f'<td class="num" title="{one.reached:,} of {one.at_risk:,} who were old enough and had not got there">'
        f"<b>{_percent(100 * one.share)}</b>"
        f'<span class="sheet-sub">{_figure(100 * one.low)}–{_figure(100 * one.high)}</span></td>'
        for one in cohorts.table
    )
    cells += "<td></td>" * (len(cohorts.ages) - len(cohorts.table))
    lines.append(
        '<tr><td role="rowheader" class="shrink"><b>All</b><span class="sheet-sub">95 % interval</span></td>'
        f'<td class="num">{cohorts.size:,}</td>{cells}<td class="num">{cohorts.size - cohorts.count:,}</td></tr>'
    )
    return mark_safe("\n".join(lines))


def _percent(value: float) -> str:
    """Tenths where a whole percent would hide it."""
    return f"{_figure(value)}\u202f%"


def _figure(value: float) -> str:
    return f"{value:.1f}" if 0 < value < 9.95 else f"{value:.0f}"


def comparison_rows(comparison: "Comparison", list_url: str) -> SafeString:
    """All, then each source."""
    lines = [_compared(one, list_url, is_whole=False) for one in comparison.parts]
    return mark_safe("\n".join([*lines, _compared(comparison.whole, list_url, is_whole=True)]))


def _compared(one: "Compared", list_url: str, *, is_whole: bool) -> str:
    cells = []
    for counted, queries, rate in (
        (one.before, one.before_queries, one.rates[0]),
        (one.after, one.after_queries, one.rates[1]),
    ):
        came, got = (
            (_link(list_url, query, f"{number:,}") if number else "0")
            for number, query in zip((counted.came, counted.got), queries, strict=True)
        )
        title = f' title="95 % interval {rate.range}"' if rate.of else ""
        said = NOTHING if rate.value is None else _percent(100 * rate.value)
        cells += [came, got, f"<span{title}>{said}</span>"]
    cells += [f"<b>{signed(10 * one.difference)}</b>", *(signed(value) for value in (one.volume, one.mix, one.rate))]
    label = f"<b>{text(one.label)}</b>" if is_whole else text(one.label) + (SMALL if one.is_small else "")
    drawn = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f'<tr><td role="rowheader" class="shrink">{label}</td>{drawn}</tr>'


def signed(tenths: int) -> str:
    """+3, −1.5, or 0."""
    if not tenths:
        return '<span class="muted">0</span>'
    number = f"{abs(tenths) // 10:,}" if tenths % 10 == 0 else f"{abs(tenths) / 10:,.1f}"
    return f"{'+' if tenths > 0 else '−'}{number}"


def cost_rows(costs: "Costs", list_url: str) -> SafeString:
    """Each campaign, then those whose cost is known together."""
    lines = [_campaign(one, costs.currency, list_url) for one in costs.campaigns]
    if costs.total.cost is not None:
        lines.append(_campaign(costs.total, costs.currency, list_url))
    return mark_safe("\n".join(lines))


def _campaign(one: "Campaign", currency: str, list_url: str) -> str:
    def sum_of(value: object) -> str:
        return UNKNOWN if value is None else text(money_text(value, currency))  # type: ignore[arg-type]

    cells = [sum_of(one.cost)]
    for figure in one.figures:
        cells.append(_link(list_url, figure.query, figure.text) if figure.parts and figure.query else figure.text)
        cells.append(NOTHING if one.cost is not None and not figure.parts else sum_of(figure.each))
    cells += [sum_of(one.revenue), UNKNOWN if one.back is None else f"{one.back:,.1f} ×"]
    label = text(one.label) if not one.label.startswith("All") else f"<b>{text(one.label)}</b>"
    return (
        f'<tr><td role="rowheader" class="wrap">{label}</td>'
        + "".join(f'<td class="num">{cell}</td>' for cell in cells)
        + "</tr>"
    )
