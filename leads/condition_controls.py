"""The controls in which conditions are built: drawn by templates/leads/_conditions.html, read here. One for all pages.

A builder has a name (`at`). `at-c` names its parts in the order in which they stand there, `at-c0-field`, `at-c0-op`
and `at-c0-value` are the first one's; `at-joiner` says whether all or any must hold. A part may be a group of such
conditions, named like a builder of its own (`at-c1-joiner`, `at-c1-c`, `at-c1-c0-field`). The buttons send `do`:
`leaf:at` adds a condition (`leaf:at-c1` to the group), `group:at` a group, `unleaf:at:0` takes a part away, `refresh`
only wants what the chosen field can be asked with.
All is in the page, so that it works without script.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from core.errors import Refused
from leads import conditions
from leads.models import CustomField, FieldType

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
LISTS = {"in", "not_in", "contains_any"}
MOST_LEAVES = 20
LONGEST_RAW = 20_000
BLANK: dict[str, Any] = {"field": "company.industry", "op": "is", "value": ""}
_BLOCK = re.compile(r"\d{1,3}")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")  # here one and a fraction, elsewhere a thousand
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CUSTOM_OPS = {
    FieldType.NUMBER: ("is", "at_least", "at_most", "between", "known", "unknown"),
    FieldType.YES_NO: ("is", "known", "unknown"),
    FieldType.DATE: ("is", "known", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that conditions may ask about."""

    key: str
    label: str
    operators: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One line of controls."""

    number: int
    field: str
    op: str
    operators: tuple[tuple[str, str], ...]
    text: str
    is_yes_no: bool
    is_group = False

    @property
    def has_value(self) -> bool:
        return self.op not in {"known", "unknown"}

    @property
    def is_list(self) -> bool:
        return self.op in LISTS or self.op == "between"

    @property
    def rows(self) -> int:
        return min(6, self.text.count("\n") + 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Several lines that hold together as one."""

    number: int
    at: str
    joiner: str
    leaves: list[Leaf]
    is_group = True


@dataclass(frozen=True, slots=True)
class Builder:
    """What templates/leads/_conditions.html draws."""

    at: str
    fields: list[Asked]
    joiner: str
    parts: list[Leaf | Group]
    raw: str = ""  # a condition that is nested deeper, or negated: the controls cannot change it
    words: str = ""
    wrong: str = ""
    is_alone: bool = False  # it brings the form's buttons that save on Enter and refresh


def asked_fields(*, judged: bool = False) -> list[Asked]:
    """All fields, custom ones last. One query."""
    fields = conditions.FIELDS | (conditions.JUDGED if judged else {})
    rows = [(key, known.label, conditions.OPS[known.type]) for key, known in fields.items()]
    for custom in CustomField.objects.exclude(about="opportunity").order_by("about", "position"):
        operators = _CUSTOM_OPS.get(FieldType(custom.type), conditions.OPS["text"])
        rows.append((f"{custom.about}.custom.{custom.key}", custom.label, operators))
    return [Asked(key, label, tuple((op, OPERATORS[op]) for op in ops)) for key, label, ops in rows]


def builder(at: str, condition: dict[str, Any], fields: list[Asked], *, wrong: str = "") -> Builder:
    """The controls of a condition; one that is nested deeper is only said in words and kept as it is."""
    found = parts_of(condition)
    if found is None and condition:
        return Builder(
            at, fields, "all", [], raw=json.dumps(condition), words=conditions.described(condition), wrong=wrong
        )
    joiner, parts = found or ("all", [BLANK])
    known = {asked.key: asked.operators for asked in fields}
    return Builder(at, fields, joiner, [_part(n, part, at, known) for n, part in enumerate(parts)], wrong=wrong)


def _part(number: int, part: dict[str, Any], at: str, known: dict[str, tuple[tuple[str, str], ...]]) -> Leaf | Group:
    if "field" in part:
        return _drawn(number, part, known)
    joiner, leaves = leaves_of(part) or ("all", [])
    return Group(number, f"{at}-c{number}", joiner, [_drawn(n, leaf, known) for n, leaf in enumerate(leaves)])


def _drawn(number: int, leaf: dict[str, Any], known: dict[str, tuple[tuple[str, str], ...]]) -> Leaf:
    key, op = str(leaf.get("field", "")), str(leaf.get("op", "is"))
    operators = known.get(key, ())
    if op not in dict(operators):
        operators = (*operators, (op, OPERATORS.get(op, op)))
    is_yes_no = key in conditions.FIELDS and conditions.FIELDS[key].type == "yes_no"
    return Leaf(number, key, op, operators, value_text(leaf), is_yes_no)


def read(data: QueryDict, at: str) -> dict[str, Any]:
    """The condition that the controls of this name say; not checked."""
    raw = data.get(f"{at}-raw", "")
    if raw:
        try:
            asked = json.loads(raw[:LONGEST_RAW])
        except (ValueError, RecursionError):
            asked = {}
        return asked if isinstance(asked, dict) else {}
    parts = [
        _read_flat(data, f"{at}-c{block}") or _leaf(data, f"{at}-c{block}")
        for block in blocks(data, f"{at}-c")[:MOST_LEAVES]
    ]
    return _joined(data.get(f"{at}-joiner", "all"), parts) if parts else {}


def _read_flat(data: QueryDict, at: str) -> dict[str, Any]:
    """A group; one of one condition is that condition, and one of none is nothing."""
    leaves = [_leaf(data, f"{at}-c{block}") for block in blocks(data, f"{at}-c")[:MOST_LEAVES]]
    return _joined(data.get(f"{at}-joiner", "all"), leaves) if leaves else {}


def rearranged(condition: dict[str, Any], at: str, do: str) -> dict[str, Any]:
    """The condition after a button of this builder was pressed; else as it is."""
    verb, name, place = (*do.split(":"), "", "")[:3]
    if name == at:
        return _changed(condition, verb, place)
    joiner, parts = parts_of(condition) or ("all", [])
    group = name.removeprefix(f"{at}-c")
    if not name.startswith(f"{at}-c") or not _BLOCK.fullmatch(group) or int(group) >= len(parts) or verb == "group":
        return condition
    number = int(group)
    if "field" in parts[number]:
        return condition
    return {joiner: [*parts[:number], _changed(parts[number], verb, place), *parts[number + 1 :]]}


def _changed(condition: dict[str, Any], verb: str, place: str) -> dict[str, Any]:
    if verb in {"leaf", "group"}:
        return _with_part(condition, is_group=verb == "group")
    return _without_part(condition, place) if verb == "unleaf" else condition


def parts_of(condition: dict[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
    """(joiner, leaves and groups of leaves) of a condition that the controls can show; none of one nested deeper."""
    if (flat := leaves_of(condition)) is not None:
        return flat
    for joiner in ("all", "any"):
        parts = condition.get(joiner)
        if (
            isinstance(parts, list)
            and len(condition) == 1
            and all(isinstance(part, dict) and (leaves_of(part) or ("", []))[1] for part in parts)
        ):
            return joiner, parts
    return None


def leaves_of(condition: dict[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
    """(joiner, leaves) of a flat condition; none when it is nested."""
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


def _with_part(condition: dict[str, Any], *, is_group: bool) -> dict[str, Any]:
    joiner, parts = parts_of(condition) or ("all", [])
    if not parts or len(parts) >= MOST_LEAVES:
        return condition
    blank = {"field": parts[-1].get("field", BLANK["field"]), "op": "is", "value": ""}
    # a group of one would be no group
    group = {"all" if joiner == "any" else "any": [blank, dict(blank)]}
    return {joiner: [*parts, group if is_group else blank]}


def _without_part(condition: dict[str, Any], place: str) -> dict[str, Any]:
    joiner, parts = parts_of(condition) or ("all", [])
    if not _BLOCK.fullmatch(place) or len(parts) < 2 or int(place) >= len(parts):
        return condition
    return _joined(joiner, [row for number, row in enumerate(parts) if number != int(place)])


def _joined(joiner: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return parts[0] if len(parts) == 1 else {"any" if joiner == "any" else "all": parts}


def value_text(leaf: dict[str, Any]) -> str:
    """The value of a leaf as it stands in its control."""
    value = leaf.get("value", "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(_shown, value)) if isinstance(value, list) else _shown(value)


def _shown(value: Any) -> str:
    """A value so that it is read as the same again: 1.125 as 1.1250, because 1.125 may mean a thousand."""
    text = str(value)
    return f"{text}0" if isinstance(value, float) and _EITHER.fullmatch(text) else text


def blocks(data: QueryDict, name: str) -> list[str]:
    """The numbers of repeated controls, in the order of the page."""
    return list(dict.fromkeys(block for block in data.getlist(name) if _BLOCK.fullmatch(block)))


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
    if type_ == "number" or (type_ == "custom" and op in conditions.RANGES):
        parts = [part for row in rows for part in re.split(r"\s+(?:and|to)\s+|[;–]|\s+", row)]
        numbers = [_figure(part) for part in parts if part.strip()]
        return numbers if op == "between" else (numbers[0] if len(numbers) == 1 else " ".join(rows))
    if op not in LISTS:
        return rows[0] if op == "contains" and rows else " ".join(row.strip() for row in rows)
    return rows if op == "contains_any" else [row.strip() for row in rows]


def _figure(text: str) -> Any:
    """The number that a text says; the text where it is none, or may be one of two (1.000; 1,5)."""
    plain = text.replace("−", "-")
    if _EITHER.fullmatch(plain) or ("," in plain and not _THOUSANDS.fullmatch(plain)):
        return text
    try:
        number = float(plain.replace(",", ""))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
