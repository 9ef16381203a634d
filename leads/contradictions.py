"""Whether a condition can hold for anybody at all. Careful: false only where it certainly cannot."""

from collections.abc import Iterator
from typing import Any

from core.errors import Refused
from leads import conditions

MOST_CASES = 300
CONTRADICTION = "These conditions contradict each other: nobody can ever fulfil all of them."
Leaf = dict[str, Any]


def wrong_with(condition: Any, *, judged: bool = False) -> str:
    """What is wrong with a condition; nothing when it can be asked and somebody could fulfil it."""
    try:
        conditions.check(condition, judged=judged)
    except Refused as refused:
        return str(refused)
    return "" if can_hold(condition) else CONTRADICTION


def can_hold(condition: dict[str, Any]) -> bool:
    """Whether some contact could fulfil it; true also where there are too many cases to look at."""
    return any(number >= MOST_CASES or _is_possible(case) for number, case in enumerate(_cases(condition)))


def _cases(condition: dict[str, Any]) -> Iterator[list[Leaf]]:
    """The ways in which it can hold: lists of leaves that hold together. Negations are left out: they may hold."""
    if "any" in condition:
        for part in condition["any"]:
            yield from _cases(part)
    elif "all" in condition:
        yield from _together(condition["all"])
    elif "not" in condition:
        yield []
    else:
        yield [condition]


def _together(parts: list[dict[str, Any]]) -> Iterator[list[Leaf]]:
    if not parts:
        yield []
        return
    for first in _cases(parts[0]):
        for rest in _together(parts[1:]):
            yield first + rest


def _is_possible(case: list[Leaf]) -> bool:
    by_field: dict[str, list[Leaf]] = {}
    for leaf in case:
        by_field.setdefault(leaf["field"], []).append(leaf)
    return all(_of_one(conditions.field(key).type, leaves) for key, leaves in by_field.items())


def _of_one(type_: str, leaves: list[Leaf]) -> bool:
    """Whether one value, or its absence, can fulfil all of them."""
    ops = {leaf["op"] for leaf in leaves}
    if "unknown" in ops:
        return ops == {"unknown"}
    asked = [leaf for leaf in leaves if leaf["op"] != "known"]
    if type_ == "number":
        return _number(asked)
    if type_ == "custom":
        return _number([leaf for leaf in asked if leaf["op"] in conditions.RANGES]) and _text(asked)
    if type_ == "text":
        return _text(asked)
    return len({repr(leaf.get("value")) for leaf in asked if leaf["op"] == "is"}) <= 1


def _number(leaves: list[Leaf]) -> bool:
    low, high = float("-inf"), float("inf")
    for leaf in leaves:
        value: Any = leaf.get("value")
        if leaf["op"] == "between":
            low, high = max(low, value[0]), min(high, value[1])
        elif leaf["op"] == "at_least":
            low = max(low, value)
        elif leaf["op"] == "at_most":
            high = min(high, value)
        elif leaf["op"] == "is":
            low, high = max(low, value), min(high, value)
    return low <= high


def _text(leaves: list[Leaf]) -> bool:
    wanted: set[str] | None = None
    for leaf in leaves:
        if leaf["op"] in {"is", "in"}:
            values = _values(leaf)
            wanted = values if wanted is None else wanted & values
    if wanted is None:
        return True
    for leaf in leaves:
        if leaf["op"] in {"is_not", "not_in"}:
            wanted = wanted - _values(leaf)
        elif leaf["op"] in {"contains", "contains_any"}:
            wanted = {text for text in wanted if any(part in text for part in _values(leaf))}
    return bool(wanted)


def _values(leaf: Leaf) -> set[str]:
    value = leaf.get("value")
    return {str(one).lower() for one in (value if isinstance(value, list) else [value])}
