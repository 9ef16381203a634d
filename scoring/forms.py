"""The studio's controls, read into a definition's content; all is in the page, so that it works without script.

`e` names the engagement rules in the order in which they stand there, `e3-points` are the points of no. 3; `f` the fit
rules, `f2-c` the conditions of no. 2. What cannot be read is told by scoring/drafting.py.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import QueryDict

from core.errors import Refused
from leads import conditions, normalise
from leads.models import CustomField
from scoring.drafting import LONGEST_NAME, LONGEST_NOTE, MOST_RULES, Content, EngagementDraft, FitDraft, Known, Number
from scoring.services.back_tests import LEAST_WEEKS, MOST_WEEKS

_BLOCK = re.compile(r"\d{1,3}")
_WHOLE = re.compile(r"[+\-−]?\d{1,9}")
LISTS = {"in", "not_in", "contains_any"}
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "contains_any": "contains one of",
    "at_least": "is at least",
    "at_most": "is at most",
    "between": "is between",
    "known": "is known",
    "unknown": "is unknown",
}
MOST_LEAVES = 20


class BackTestForm(forms.Form):
    """How far back."""

    weeks = forms.TypedChoiceField(
        coerce=int,
        choices=[(13, "the last 3 months"), (26, "the last 6 months"), (52, "the last 12 months")],
        initial=26,
        label="Weeks",
        help_text=f"From {LEAST_WEEKS} to {MOST_WEEKS}.",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that conditions may ask about."""

    key: str
    label: str
    operators: tuple[tuple[str, str], ...]


def asked_fields() -> list[Asked]:
    """All fields, custom ones last. One query."""
    rows = [(key, known.label, known.type) for key, known in conditions.FIELDS.items()]
    for field in CustomField.objects.order_by("about", "position"):
        key = f"{field.about}.custom.{field.key}"
        rows.append((key, field.label, conditions.field(key).type))
    return [Asked(key, label, tuple((op, OPERATORS[op]) for op in conditions.OPS[type_])) for key, label, type_ in rows]


def read_content(data: QueryDict, criteria: Iterable[str]) -> Content:
    """What the controls say."""
    return Content(
        name=_line(data, "name"),
        note=normalise.text(data.get("note", "")[: 4 * LONGEST_NOTE])[: LONGEST_NOTE + 1],
        threshold=_number(data, "threshold"),
        two_way_days=_number(data, "two_way_days"),
        grades=(
            _number(data, "grade_a_fit"),
            _number(data, "grade_b_fit"),
            _number(data, "grade_1_engagement"),
            _number(data, "grade_2_engagement"),
        ),
        engagement=tuple(_engagement(data, f"e{n}") for n in _blocks(data, "e")[: MOST_RULES + 1]),
        fit=tuple(_fit(data, f"f{n}") for n in _blocks(data, "f")[: MOST_RULES + 1]),
        required=tuple((key, least) for key in criteria if (least := data.get(f"required-{key}", "")[:10])),
    )


def rearranged(content: Content, do: str, data: QueryDict, known: Known) -> Content:
    """The content after a button: `add:e`, `up:e:2`, `remove:f:1`, `leaf:f:1`, `unleaf:f:1:0`; else as it is."""
    verb, which, block, leaf = (*do.split(":"), "", "", "")[:4]
    if verb == "add" and which == "e" and len(content.engagement) <= MOST_RULES:
        kind = next(iter(known.kinds), "")
        return replace(content, engagement=(*content.engagement, EngagementDraft("", kind, 5, (), 30, 180, 15)))
    if verb == "add" and which == "f" and len(content.fit) <= MOST_RULES:
        blank = {"field": "company.industry", "op": "is", "value": ""}
        return replace(content, fit=(*content.fit, FitDraft("", 5, blank)))
    blocks = _blocks(data, which) if which in {"e", "f"} else []
    if block not in blocks:
        return content
    place = blocks.index(block)
    if which == "e":
        return replace(content, engagement=_moved(content.engagement, verb, place))
    rules = list(content.fit)
    if verb == "leaf":
        rules[place] = replace(rules[place], conditions=_with_leaf(rules[place].conditions))
    elif verb == "unleaf":
        rules[place] = replace(rules[place], conditions=_without_leaf(rules[place].conditions, leaf))
    return replace(content, fit=_moved(tuple(rules), verb, place))


def _moved(rules: tuple[Any, ...], verb: str, place: int) -> tuple[Any, ...]:
    if verb not in {"up", "down", "remove"} or place >= len(rules):
        return rules
    rest = list(rules)
    rule = rest.pop(place)
    if verb != "remove":
        rest.insert(max(0, place - 1 if verb == "up" else place + 1), rule)
    return tuple(rest)


def leaves_of(condition: dict[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
    """(joiner, leaves) of a condition that is flat enough for the controls; none when it is nested."""
    if "field" in condition:
        return "all", [condition]
    if not condition:
        return None
    for joiner in ("all", "any"):
        parts = condition.get(joiner)
        if (
            isinstance(parts, list)
            and len(condition) == 1
            and all(isinstance(part, dict) and "field" in part for part in parts)
        ):
            return joiner, parts
    return None


def _with_leaf(condition: dict[str, Any]) -> dict[str, Any]:
    joiner, leaves = leaves_of(condition) or ("all", [])
    if not leaves or len(leaves) >= MOST_LEAVES:
        return condition
    return {joiner: [*leaves, {"field": leaves[-1].get("field"), "op": "is", "value": ""}]}


def _without_leaf(condition: dict[str, Any], leaf: str) -> dict[str, Any]:
    joiner, leaves = leaves_of(condition) or ("all", [])
    if not leaf.isdecimal() or len(leaf) > 3 or len(leaves) < 2 or int(leaf) >= len(leaves):
        return condition
    return _joined(joiner, [row for number, row in enumerate(leaves) if number != int(leaf)])


def _joined(joiner: str, leaves: list[dict[str, Any]]) -> dict[str, Any]:
    return leaves[0] if len(leaves) == 1 else {"any" if joiner == "any" else "all": leaves}


def value_text(leaf: dict[str, Any]) -> str:
    """The value of a leaf as it stands in its control."""
    value = leaf.get("value", "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _blocks(data: QueryDict, name: str) -> list[str]:
    """The numbers of the blocks, in the order of the page."""
    return list(dict.fromkeys(block for block in data.getlist(name) if _BLOCK.fullmatch(block)))


def _line(data: QueryDict, name: str) -> str:
    return normalise.line(data.get(name, "")[: 4 * LONGEST_NAME])[: LONGEST_NAME + 1]


def _number(data: QueryDict, name: str) -> Number:
    """A whole number; none when empty; the text when it is none."""
    text = normalise.line(data.get(name, "")[:40])
    if not text:
        return None
    return int(text.replace("−", "-")) if _WHOLE.fullmatch(text) and text.isascii() | ("−" in text) else text[:20]


def _engagement(data: QueryDict, at: str) -> EngagementDraft:
    facets = data.getlist(f"{at}-facet")[:100]
    return EngagementDraft(
        name=_line(data, f"{at}-name"),
        kind=normalise.line(data.get(f"{at}-kind", "")[:60]),
        points=_number(data, f"{at}-points"),
        facet_ids=tuple(dict.fromkeys(int(pk) for pk in facets if pk.isascii() and pk.isdecimal() and len(pk) < 10)),
        half_life_days=_number(data, f"{at}-half_life"),
        window_days=_number(data, f"{at}-window"),
        cap=_number(data, f"{at}-cap"),
    )


def _fit(data: QueryDict, at: str) -> FitDraft:
    raw = data.get(f"{at}-raw", "")
    if raw:
        try:
            asked = json.loads(raw[:20_000])
        except (ValueError, RecursionError):
            asked = {}
    else:
        leaves = [_leaf(data, f"{at}-c{n}") for n in _blocks(data, f"{at}-c")[:MOST_LEAVES]]
        asked = _joined(data.get(f"{at}-joiner", "all"), leaves) if leaves else {}
    return FitDraft(
        name=_line(data, f"{at}-name"),
        points=_number(data, f"{at}-points"),
        conditions=asked if isinstance(asked, dict) else {},
    )


def _leaf(data: QueryDict, at: str) -> dict[str, Any]:
    key, op = data.get(f"{at}-field", "")[:80], data.get(f"{at}-op", "")[:20]
    try:
        type_ = conditions.field(key).type
    except Refused:
        type_ = "text"
    if op not in conditions.OPS[type_]:  # the field was changed: its first operator
        op = conditions.OPS[type_][0]
    if op in {"known", "unknown"}:
        return {"field": key, "op": op}
    return {"field": key, "op": op, "value": _value(data.get(f"{at}-value", "")[:80_000], op, type_)}


def _value(text: str, op: str, type_: str) -> Any:
    """What a leaf compares with: lines are the values of a list. Blanks count where a part of a text is looked for."""
    if type_ == "yes_no":
        return {"yes": True, "no": False}.get(text.strip().lower(), text)
    rows = [row for row in text.replace("\0", "").splitlines() if row.strip()]
    if type_ == "number":
        parts = [part for row in rows for part in re.split(r"\s+(?:and|to)\s+|[;–]|\s+", row)]
        numbers = [_figure(part) for part in parts if part.strip()]
        return numbers if op == "between" else (numbers[0] if len(numbers) == 1 else " ".join(rows))
    if op not in LISTS:
        return rows[0] if op == "contains" and rows else " ".join(row.strip() for row in rows)
    return rows if op == "contains_any" else [row.strip() for row in rows]


def _figure(text: str) -> Any:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
