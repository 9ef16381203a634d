"""A list of what campaigns cost, read line by line; and what that comes to per person. Values in, values out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from capture.rows import read_date
from core.errors import Refused
from leads import normalise
from pipeline import terms

NAMES = {
    "campaign": frozenset({"campaign", "campaign name", "utm_campaign", "utm campaign", "name"}),
    "month": frozenset({"month", "date", "day", "period", "month of"}),
    "amount": frozenset({"amount", "cost", "costs", "spend", "spent", "amount spent", "budget"}),
    "currency": frozenset({"currency", "currency code"}),
}
MOST_LINES = 20_000
SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY"}
_SHARED = {"€": (), "£": ("EGP", "FKP", "GIP", "SHP"), "¥": ("CNY",)}  # who writes the same sign
_MONTH = re.compile(r"(20\d\d|21\d\d)[-/.](0?[1-9]|1[0-2])", re.ASCII)
_TURNED = re.compile(r"(0?[1-9]|1[0-2])[-/.](20\d\d|21\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/]\d{2,4}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a campaign cost in a month, or on a day of it."""

    month: date
    campaign: str
    amount: Decimal
    currency: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that was not taken, and why."""

    line: int
    why: str


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which column is which. Raises Refused when one that must be there is not."""
    names = [" ".join(cell.casefold().split()) for cell in header]
    found = {
        what: place
        for what, known in NAMES.items()
        if (place := next((i for i, n in enumerate(names) if n in known), None)) is not None
    }
    if missing := [what for what in ("campaign", "month", "amount") if what not in found]:
        raise Refused(
            file=f"The first line must name the columns campaign, month and amount; {', '.join(missing)} is missing."
        )
    return found


def cell_of(cells: Sequence[str], columns: Mapping[str, int], what: str) -> str:
    """What a line says in one of its columns."""
    place = columns.get(what)
    return cells[place].strip() if place is not None and place < len(cells) else ""


def is_day_first(days: Iterable[str]) -> bool | None:
    """Whether 03/04/2026 is in April, as the other days of the list show; none where they leave it open."""
    pairs = [(int(found[1]), int(found[2])) for day in days if (found := _SLASHED.fullmatch(day.strip()))]
    return True if any(one > 12 for one, _ in pairs) else False if any(other > 12 for _, other in pairs) else None


def cost_of(cells: Sequence[str], columns: Mapping[str, int], currency: str, *, day_first: bool | None = None) -> Cost:
    """One line. Raises Refused, saying what is wrong with it."""
    month, day = time_named(cell_of(cells, columns, "month"), day_first=day_first)
    campaign, said = campaign_named(cell_of(cells, columns, "campaign")), cell_of(cells, columns, "amount")
    amount = amount_of(said)
    code = cell_of(cells, columns, "currency") or _signed(said, currency)
    return Cost(month, campaign, amount, terms.currency(code), day)


def _signed(amount: str, currency: str) -> str:
    """In which currency an amount is that has no column for it."""
    if "$" in amount and not currency.endswith("D"):
        raise Refused(currency="Say which dollars these are in a column currency, such as USD.")
    return next((code for sign, code in SIGNS.items() if sign in amount and currency not in _SHARED[sign]), currency)


def added(cost: Cost, other: Cost) -> Cost:
    """Two days of one month."""
    return replace(cost, amount=terms.amount(cost.amount + other.amount) or Decimal(0))


def campaign_named(text: str) -> str:
    """As visits name it: one line, in lower case."""
    name = normalise.line(text[:1000]).lower()
    if not name:
        raise Refused(campaign="Say which campaign.")
    if len(name) > 200:
        raise Refused(campaign="A campaign's name has at most 200 characters.")
    return name


def time_named(text: str, *, day_first: bool | None = None) -> tuple[date, date | None]:
    """The first day of a month written as 2026-06, 06/2026 or June 2026; of a day also the day, in any style."""
    text = text.strip()[:40]
    if match := _MONTH.fullmatch(text):
        return date(int(match[1]), int(match[2]), 1), None
    if match := _TURNED.fullmatch(text):
        return date(int(match[2]), int(match[1]), 1), None
    for pattern in ("%B %Y", "%b %Y", "%b %y"):
        try:
            return datetime.strptime(text, pattern).date().replace(day=1), None
        except ValueError:
            continue
    if (slashed := _SLASHED.fullmatch(text)) and day_first is None and slashed[1].zfill(2) != slashed[2].zfill(2):
        raise Refused(month=f"“{text}” may be two days. Write days as 2026-06-14.")
    if day := read_date(text, day_first=bool(day_first)):
        return day.replace(day=1), day
    raise Refused(month="Write the month as 2026-06, or a day as 2026-06-14.")


def amount_of(text: str) -> Decimal:
    """1234.50, 1,234.50, 1.234,50 or 1234,5."""
    plain = text.strip().strip("€$£¥ ").strip()[:40]
    if _GROUPED.fullmatch(plain):
        decimals = re.search(r"[.,](\d{1,2})$", plain)
        whole = plain[: decimals.start()] if decimals else plain
        plain = re.sub(r"\D", "", whole) + (f".{decimals[1]}" if decimals else "")
    elif re.fullmatch(r"\d+,\d{1,2}", plain):
        plain = plain.replace(",", ".")
    try:
        amount = terms.amount(plain)
    except (Refused, InvalidOperation):
        amount = None
    if amount is None:
        raise Refused(amount="Write what it cost as a number, such as 1200 or 1200.50.")
    return amount


def per(cost: Decimal | None, parts: int) -> Decimal | None:
    """What one person cost, of so many thousandths of people; unknown when either is."""
    if cost is None or parts <= 0:
        return None
    return (cost * 1000 / parts).quantize(Decimal("0.01"))


def times(revenue: Decimal, cost: Decimal | None) -> Decimal | None:
    """How many times the cost came back; unknown without a cost."""
    return (revenue / cost).quantize(Decimal("0.01")) if cost else None
