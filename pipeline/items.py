"""What is being sold, line by line: quantity, price, discount, and their sum to the cent. Values only."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from core.errors import Refused
from leads import normalise
from pipeline.terms import MOST

CENT, PER_MILLE = Decimal("0.01"), Decimal("0.001")
MOST_QUANTITY = Decimal(10) ** 7
MOST_LINES = 100


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """Quantity times price less the discount (percent), in whole cents."""
    return (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an opportunity."""

    product_id: int | None
    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal

    @property
    def amount(self) -> Decimal:
        return line_amount(self.quantity, self.price, self.discount)


def _number(value: Any, what: str, most: Decimal, step: Decimal) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Refused(f"Write the {what} as a number.") from None
    if not number.is_finite() or not 0 <= number <= most:
        raise Refused(f"The {what} is between 0 and {most:,}.")
    return number.quantize(step, ROUND_HALF_UP)


def price(value: Any, what: str = "price") -> Decimal:
    """A price in whole cents; Refused says what is wrong."""
    return _number(value, what, MOST - 1, CENT)


def line(*, product_id: int | None, name: Any, quantity: Any, price_: Any, discount: Any) -> Line:
    """A line as it is stored; Refused names the wrong part: name, quantity, price or discount."""
    errors: dict[str, str] = {}
    found: dict[str, Any] = {"name": normalise.line(str(name or ""))}
    if not 1 <= len(found["name"]) <= 200:
        errors["name"] = "Say in 1 to 200 characters what it is, or choose a product."
    limits = (("quantity", quantity, MOST_QUANTITY, PER_MILLE), ("discount", discount or 0, Decimal(100), CENT))
    for part, value, most, step in limits:
        try:
            found[part] = _number(value, part, most, step)
        except Refused as refused:
            errors[part] = str(refused)
    try:
        found["price"] = price(price_)
    except Refused as refused:
        errors["price"] = str(refused)
    if not errors and found["quantity"] == 0:
        errors["quantity"] = "A quantity is more than 0; empty the line to take it away."
    if errors:
        raise Refused(**errors)
    return Line(product_id, **found)


def total(lines: "list[Line]") -> Decimal:
    """What they come to; Refused when that is more than an amount can be."""
    sum_ = sum((one.amount for one in lines), Decimal(0))
    if sum_ >= MOST:
        raise Refused("Together they are more than 999,999,999,999.")
    return sum_
