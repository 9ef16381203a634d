"""What an opportunity is about, checked before it is stored: amount, currency, dates, words."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Refused
from leads import normalise

MOST = Decimal(10) ** 12
FURTHEST = timedelta(days=3653)
EARLIEST = date(2000, 1, 1)
LABELS = {"amount": "an amount", "expected_close": "an expected close date", "next_step": "a next step"}
TEXTS = {"name": 200, "next_step": 200}
CATEGORIES = ("commit", "best", "pipeline", "omitted")  # of the forecast; as models.Category
PRIORITIES = ("high", "normal", "low")  # as models.Priority
DAYS = ("expected_close", "next_step_on")
FIELDS = frozenset({*TEXTS, *DAYS, "amount", "currency", "category", "priority"})


def amount(value: Any) -> Decimal | None:
    """An amount of money in whole cents; empty is unknown, which is not zero."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Refused(amount="Write an amount as a number, such as 12500 or 12500.50.") from None
    if not number.is_finite() or not 0 <= number < MOST:
        raise Refused(amount="An amount is between 0 and 999,999,999,999.")
    return number.quantize(Decimal("0.01"))


def currency(value: Any) -> str:
    """A three-letter code."""
    code = normalise.line(str(value or "")).upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Refused(currency="Use the currency's three-letter code, such as EUR.")
    return code


def day(name: str, value: date | None, today: date) -> date | None:
    """A day on which something is expected; within ten years."""
    if value is not None and not EARLIEST <= value <= today + FURTHEST:
        raise Refused(**{name: "Choose a day within the next ten years."})
    return value


def category(value: Any) -> str:
    """How sure the forecast may be of it; empty is what its stage says."""
    if value in (None, ""):
        return ""
    if value not in CATEGORIES:
        raise Refused(category="Choose one of the categories, or leave it to the stage.")
    return str(value)


def priority(value: Any) -> str:
    """What comes first when there is not enough time for everything."""
    if value not in PRIORITIES:
        raise Refused(priority="Choose high, normal or low.")
    return str(value)


def line(name: str, value: Any) -> str:
    """One line of text that fits the field."""
    text = normalise.line(str(value or ""))
    if len(text) > TEXTS[name]:
        raise Refused(**{name: f"At most {TEXTS[name]} characters; this has {len(text):,}."})
    return text


def cleaned(changes: dict[str, Any], *, today: date) -> dict[str, Any]:
    """The changes as they are stored; raises Refused with a word per wrong field."""
    errors = dict.fromkeys(set(changes) - FIELDS, "An opportunity has no such field.")
    result: dict[str, Any] = {}
    for name in changes.keys() & FIELDS:
        value = changes[name]
        try:
            if name == "amount":
                result[name] = amount(value)
            elif name == "currency":
                result[name] = currency(value)
            elif name in DAYS:
                result[name] = day(name, value, today)
            elif name == "category":
                result[name] = category(value)
            elif name == "priority":
                result[name] = priority(value)
            else:
                result[name] = line(name, value)
        except Refused as refused:
            errors |= refused.fields
    if result.get("name") == "":
        errors["name"] = "An opportunity needs a name."
    if errors:
        raise Refused(**errors)
    return result


def missing(required: list[str], values: dict[str, Any]) -> list[str]:
    """Which of the required fields have no value."""
    return [name for name in required if values.get(name) in (None, "")]


def ask_for(names: list[str], where: str) -> Refused:
    """The refusal that names each field that `where` needs."""
    return Refused(**{name: f"{where} needs {LABELS[name]}." for name in names})
