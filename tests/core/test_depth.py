"""Nesting is measured without recursion."""

import json
from typing import Any

import pytest

from core.depth import is_too_deep


def nested(levels: int) -> Any:
    value: Any = 1
    for number in range(levels):
        value = [value] if number % 2 else {"a": value}
    return value


@pytest.mark.parametrize(("levels", "expected"), [(0, False), (1, False), (10, False), (11, True), (100_000, True)])
def test_levels_are_counted(levels: int, expected: bool) -> None:
    assert is_too_deep(nested(levels), "[" * levels, most=10) is expected


def test_much_beside_each_other_is_not_deep() -> None:
    value = [[number, {"a": []}] for number in range(1000)]
    assert not is_too_deep(value, json.dumps(value), most=4)
    assert is_too_deep(value, json.dumps(value), most=3)
