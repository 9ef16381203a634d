"""Which values a merged record gets, and what undoing a merge does to them. Values in, values out.

Values are a record's fields by name as JSON takes them; custom fields by `custom.key`, references by id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leads.vocabulary import Lifecycle

Values = dict[str, Any]

SURVIVOR, FORMER = "survivor", "former"  # whose value is chosen
STAY, BACK, GOES = "stay", "back", "goes"  # answers to a conflict
ANSWERS = {
    STAY: "stays with the survivor",
    BACK: "the survivor gets its old value back",
    GOES: "goes with the restored record; the survivor gets its old value back",
}
# Nobody chooses these: what both know is put together.
AUTOMATIC = frozenset({"tags", "lifecycle", "created_at", "source"})
# Further to the right wins. That somebody is out of the race is a decision, and is not lost by meeting a fresh lead.
_FURTHER = [Lifecycle.LEAD, Lifecycle.DISQUALIFIED, Lifecycle.PROSPECT, Lifecycle.CUSTOMER]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that the merge changed, and somebody after it."""

    field: str
    before: Any
    after: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One merge into the survivor, as far as values are concerned."""

    before: Values
    after: Values
    theirs: Values
    chosen: Mapping[str, str]


def further(lifecycle: str) -> int:
    """How far somebody has come; the greater wins."""
    return _FURTHER.index(Lifecycle(lifecycle))


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def names_of(*values: Values) -> list[str]:
    """Every field that one of them has, in order of appearance."""
    return list(dict.fromkeys(name for one in values for name in one))


def preferred(mine: Any, theirs: Any) -> str:
    """Whose value is taken when nobody chooses: the survivor's, if there is one."""
    return FORMER if is_empty(mine) and not is_empty(theirs) else SURVIVOR


def combined(mine: Values, theirs: Values, chosen: Mapping[str, str]) -> Values:
    """The survivor's values after the merge."""
    result: Values = {}
    for name in names_of(mine, theirs):
        whose = chosen.get(name) or preferred(mine.get(name), theirs.get(name))
        result[name] = (mine if whose == SURVIVOR else theirs).get(name)
    if "tags" in result:
        result["tags"] = sorted({*(mine.get("tags") or ()), *(theirs.get("tags") or ())})
    if "lifecycle" in result:
        result["lifecycle"] = max(mine["lifecycle"], theirs["lifecycle"], key=further)
    if "created_at" in result:  # whom we heard of first tells when, and how
        first = min(mine, theirs, key=lambda one: one["created_at"])
        result |= {name: first[name] for name in ("created_at", "source") if name in result}
    return result


def without(steps: list[Step]) -> list[tuple[Values, Values]]:
    """What (before, after) of each later merge would have been had the first of `steps` never happened.

    The first pair returned is the values to go back to, and those that stand unless somebody edited since; then one
    (before, after) per later merge. What was edited between two merges stays edited.
    """
    is_, would_be = steps[0].after, steps[0].before
    rewritten = []
    for step in steps[1:]:
        before = {name: value for name, value, _ in _carried(is_, would_be, step.before)}
        after = combined(before, step.theirs, step.chosen)
        rewritten.append((before, after))
        is_, would_be = step.after, after
    return [(would_be, is_), *rewritten]


def _carried(is_: Values, would_be: Values, later: Values) -> Iterator[tuple[str, Any, bool]]:
    """Each field of `later` had `is_` been `would_be`; and whether somebody had edited what differs."""
    for name in names_of(later, is_):
        value, was, other = later.get(name), is_.get(name), would_be.get(name)
        if name == "tags":
            gone = {*(was or ())} - {*(other or ())}
            yield name, [tag for tag in value or () if tag not in gone], False
        elif value == was:
            yield name, other, False
        else:
            yield name, value, was != other and value != other


def taken_back(
    would_be: Values, is_: Values, current: Values, answers: Mapping[str, str], *, ask: frozenset[str] = frozenset()
) -> tuple[Values, Values, list[Conflict]]:
    """(the survivor's values, what the restored record gets on top of its old ones, what has still to be answered).

    `ask` names fields that cannot simply stay as they are, although only somebody's edit made them so.
    """
    values: Values = {}
    goes: Values = {}
    open_: list[Conflict] = []
    for name, value, is_edited in _carried(is_, would_be, current):
        values[name] = value
        if not is_edited and name not in ask:
            continue
        answer = answers.get(name)
        if answer == GOES:
            goes[name] = current.get(name)
        if answer in (BACK, GOES):
            values[name] = would_be.get(name)
        elif answer != STAY or name in ask:
            open_.append(Conflict(name, would_be.get(name), is_.get(name), current.get(name)))
    return values, goes, open_
