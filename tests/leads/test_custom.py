"""What a custom field takes, said once for forms, the API and imports."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Refused
from leads.custom import Rule, clean, stored

CHOICE = Rule("choice", ("Gold", "Silver"))


@pytest.mark.parametrize(
    ("rule", "given", "kept"),
    [
        (Rule("text"), " a\0b  c\ud800 ", "ab c"),
        (Rule("text"), "x" * 1000, "x" * 1000),
        (Rule("text"), "", None),
        (Rule("text"), "\0", None),
        (Rule("text"), None, None),
        (Rule("number"), 12, 12),
        (Rule("number"), Decimal("12.00"), 12),
        (Rule("number"), 0.1 + 0.2, 0.3),
        (Rule("number"), -1234.5, -1234.5),
        (Rule("number"), 999_999_999_999_999, 999_999_999_999_999),
        (Rule("number"), Decimal("1e-999999999"), 0),
        (Rule("date"), "2024-02-29", "2024-02-29"),
        (Rule("date"), date(2024, 2, 29), "2024-02-29"),
        (CHOICE, "gold", "Gold"),
        (Rule("yes_no"), False, False),
    ],
)
def test_what_fits_is_kept(rule: Rule, given: Any, kept: Any) -> None:
    value = stored(rule, given)
    assert (value, type(value)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        (Rule("text"), "x" * 1001),
        (Rule("text"), 5),
        (Rule("text"), {"a": 1}),
        (Rule("number"), "12"),
        (Rule("number"), True),
        (Rule("number"), {"a": {"b": 1}}),
        (Rule("number"), [1]),
        (Rule("number"), float("inf")),
        (Rule("number"), float("nan")),
        (Rule("number"), Decimal("NaN")),
        (Rule("number"), 10**15),
        (Rule("number"), 10**4000),
        (Rule("number"), Decimal("1e5000")),
        (Rule("number"), Decimal("-1e999999999")),
        (Rule("number"), Decimal("123456789012345.6")),
        (Rule("date"), "29.02.2024"),
        (Rule("date"), "2023-02-29"),
        (Rule("date"), 20240229),
        (Rule("date"), datetime(2024, 2, 29)),
        (CHOICE, "Bronze"),
        (CHOICE, ["Gold"]),
        (Rule("yes_no"), "yes"),
        (Rule("yes_no"), 1),
    ],
)
def test_what_does_not_fit_is_refused(rule: Rule, given: Any) -> None:
    with pytest.raises(Refused):
        stored(rule, given)


def test_each_wrong_value_is_named() -> None:
    rules = {"fleet": Rule("number"), "tier": CHOICE, "note": Rule("text")}
    with pytest.raises(Refused) as refused:
        clean({"fleet": "many", "tier": "Tin", "note": "x"}, rules)
    assert refused.value.fields == {
        "custom.fleet": "“many” is not a number.",
        "custom.tier": "“Tin” is not one of Gold, Silver.",
    }
    with pytest.raises(Refused) as refused:
        clean({"nope": 1}, rules)
    assert list(refused.value.fields) == ["custom"]
