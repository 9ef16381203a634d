"""Money, shares, counts and changes."""

from decimal import Decimal
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core.components.values import text

SMALL_SAMPLE = 30
COUNT_CAP = 10_000
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "AUD": "A$", "CAD": "C$"}


def money(amount: Decimal | int | float | None, currency: str = "", compact: bool = False) -> SafeString:
    """€12,500; compact €12.5k; unknown is a dash that says so."""
    if amount is None or amount == "":
        return mark_safe('<span class="muted" title="unknown">—<span class="visually-hidden">unknown</span></span>')
    return _money(amount if isinstance(amount, Decimal) else Decimal(str(amount)), str(currency), bool(compact))


@lru_cache(maxsize=4096)
def _money(number: Decimal, currency: str, compact: bool) -> SafeString:
    exact = text(money_text(number, currency))
    if not compact:
        return mark_safe(f'<span class="num">{exact}</span>')
    return mark_safe(f'<span class="num" title="{exact}">{text(money_text(number, currency, compact=True))}</span>')


def signed(value: int | float | Decimal) -> str:
    """+12, −5, +0: of a change, or of points."""
    return f"{value:+,}".replace("-", "−")


def money_text(amount: Decimal, currency: str, compact: bool = False) -> str:
    symbol = SYMBOLS.get(currency, f"{currency}\u00a0" if currency else "")
    sign, amount = ("−" if amount < 0 else ""), abs(amount)
    if compact:
        return f"{sign}{symbol}{compact_text(amount)}"
    return f"{sign}{symbol}{amount:,.2f}" if amount % 1 else f"{sign}{symbol}{amount:,.0f}"


def compact_text(amount: Decimal) -> str:
    """950, 12.5k, 1.2M: three figures at most."""
    for limit, unit in ((Decimal("999500"), "M"), (Decimal("999.5"), "k")):
        if amount >= limit:
            scaled = amount / (1_000_000 if unit == "M" else 1_000)
            figure = f"{scaled:.1f}" if scaled < Decimal("99.95") else f"{scaled:.0f}"
            return figure.removesuffix(".0") + unit
    return f"{amount:.0f}"


def percent(part: int | float | Decimal | None, whole: int | float | Decimal | None) -> SafeString:
    """A share that doesn't lie: a dash when there is nothing to share, and the sample beside it when it is small."""
    if part is None or not whole:
        return mark_safe('<span class="muted" title="nothing to compare with">–</span>')
    share = f"{100 * float(part) / float(whole):.0f} %"
    if whole < SMALL_SAMPLE:
        return format_html(
            '<span class="num" title="{} of {}: a small sample">{} <small class="muted">of {}</small></span>',
            part,
            whole,
            share,
            whole,
        )
    return format_html('<span class="num" title="{} of {}">{}</span>', f"{part:,}", f"{whole:,}", share)


def count(n: int | None, cap: int = COUNT_CAP) -> SafeString:
    """1,204; above the cap 10,000+; unknown is a dash."""
    if n is None:
        return mark_safe('<span class="muted">–</span>')
    return mark_safe(f'<span class="num">{f"{cap:,}+" if n > cap else f"{n:,}"}</span>')


def delta(now: int | float | Decimal | None, before: int | float | Decimal | None) -> SafeString:
    """Change against an earlier figure, with an arrow and a word for the ear; nothing when there was none."""
    if now is None or not before:
        return SafeString("")
    change = round(100 * (float(now) - float(before)) / abs(float(before)))
    if change == 0:
        return mark_safe('<span class="delta">unchanged</span>')
    kind, arrow, word = ("up", "↑", "up") if change > 0 else ("down", "↓", "down")
    return format_html(
        '<span class="delta-{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span> {} %</span>',
        kind,
        arrow,
        word,
        abs(change),
    )
