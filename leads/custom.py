"""What a custom field takes: one rule for forms, the API and imports. Values in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Refused
from leads import normalise
from leads.vocabulary import FieldType

LONGEST_TEXT = 1000
MOST_DIGITS = 15  # as many as a JSON number keeps exactly
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """A custom field, as far as its values are concerned."""

    type: str
    options: tuple[str, ...] = ()


def stored(rule: Rule, value: Any) -> Any:
    """The value as it is kept; None for nothing. Raises Refused with what is wrong."""
    if value is None or value == "":
        return None
    if rule.type == FieldType.NUMBER:
        return _number(value)
    if rule.type == FieldType.DATE:
        return _date(value)
    if rule.type == FieldType.YES_NO:
        if not isinstance(value, bool):
            raise Refused(f"“{_short(value)}” is neither yes nor no.")
        return value
    if not isinstance(value, str):
        raise Refused("Give text.")
    if rule.type == FieldType.CHOICE:
        wanted = normalise.line(value).casefold()
        match = next((option for option in rule.options if option.casefold() == wanted), None)
        if match is None:
            raise Refused(f"“{_short(value)}” is not one of {', '.join(rule.options)[:120]}.")
        return match
    text = normalise.line(value)
    if len(text) > LONGEST_TEXT:
        raise Refused(f"At most {LONGEST_TEXT:,} characters; this has {len(text):,}.")
    return text or None


def clean(given: Any, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """All given values as they are kept. Raises Refused naming each wrong one as `custom.key`."""
    if not isinstance(given, Mapping):
        raise Refused(custom="Give the custom fields by their keys.")
    unknown = sorted(str(key) for key in given if key not in rules)
    if unknown:
        raise Refused(custom=f"No such custom field: {', '.join(unknown)[:100]}. Add it in Settings first.")
    cleaned, errors = {}, {}
    for key, value in given.items():
        try:
            cleaned[key] = stored(rules[key], value)
        except Refused as refused:
            errors[f"custom.{key}"] = str(refused)
    if errors:
        raise Refused(**errors)
    return cleaned


def _short(value: Any) -> str:
    return normalise.line(str(value)[:40]) if isinstance(value, str | date) else type(value).__name__


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused(f"“{_short(value)}” is not a number.")
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise Refused("This is not a number.")
        if number.adjusted() < MOST_DIGITS:  # else don't even write it out
            number = number.quantize(Decimal(1).scaleb(-MOST_DECIMALS)).normalize()
    except InvalidOperation:
        raise Refused("This is not a number.") from None
    _, digits, exponent = number.as_tuple()
    if number.adjusted() >= MOST_DIGITS or len(digits) + max(int(exponent), 0) > MOST_DIGITS:
        raise Refused(f"A number has at most {MOST_DIGITS} digits, {MOST_DECIMALS} of them behind the point.")
    return int(number) if number == number.to_integral_value() else float(number)


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise Refused(f"“{_short(value)}” is not a date. Write it as 2024-03-05.") from None
