"""A list of what campaigns cost, read line by line; and what that comes to per person. Values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

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
_MONTH = re.compile(r"(20\d\d|21\d\d)[-/.](0?[1-9]|1[0-2])(?:[-/.]\d{1,2})?", re.ASCII)
_TURNED = re.compile(r"(?:\d{1,2}[-/.])?(0?[1-9]|1[0-2])[-/.](20\d\d|21\d\d)", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a campaign cost in a month."""

    month: date
    campaign: str
    amount: Decimal
    currency: str


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


def cost_of(cells: Sequence[str], columns: "dict[str, int]", currency: str) -> Cost:
    """One line. Raises Refused, saying what is wrong with it."""

    def cell(what: str) -> str:
        place = columns.get(what)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    return Cost(
        month_named(cell("month")),
        campaign_named(cell("campaign")),
        amount_of(cell("amount")),
        terms.currency(cell("currency") or currency),
    )


def campaign_named(text: str) -> str:
    """As visits name it: one line, in lower case."""
    name = normalise.line(text[:1000]).lower()
    if not name:
        raise Refused(campaign="Say which campaign.")
    if len(name) > 200:
        raise Refused(campaign="A campaign's name has at most 200 characters.")
    return name


def month_named(text: str) -> date:
    """The first day of a month written as 2026-06, 06/2026, June 2026, or with a day."""
    text = text.strip()[:40]
    if match := _MONTH.fullmatch(text):
        return date(int(match[1]), int(match[2]), 1)
    if match := _TURNED.fullmatch(text):
        return date(int(match[2]), int(match[1]), 1)
    for pattern in ("%B %Y", "%b %Y", "%b %y"):
        try:
            return datetime.strptime(text, pattern).date().replace(day=1)
        except ValueError:
            continue
    raise Refused(month="Write the month as 2026-06.")


def amount_of(text: str) -> Decimal:
    """1234.50, 1,234.50, 1.234,50 or 1234,5."""
    plain = text.strip().strip("€$£ ").strip()[:40]
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
