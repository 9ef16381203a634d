"""Whether a condition can hold for anybody at all, and what in it fits nobody. Careful: no only where it is certain."""

from collections.abc import Iterator
from itertools import islice, pairwise, product
from typing import Any

from core.errors import Refused
from leads import conditions
from leads.normalise import FREE_MAIL
from leads.vocabulary import Lifecycle

MOST_WORK, MOST_TRIED = 50_000, 2_000  # looks, and what a contact may be; beyond that it may hold
CONTRADICTION = "These conditions contradict each other: nobody can ever fulfil all of them."
Leaf = dict[str, Any]
Facts = dict[str, Any]
_DOMAIN, _PRIVATE, _STAFF = "contact.email_domain", "contact.free_mail", "contact.own_staff"
_ADDRESS = {_DOMAIN, _PRIVATE, _STAFF}  # what one e-mail address says
_BREAK = "\x1f"  # stands in no value that is asked for
_ONE_OF = {"is", "in", "is_not", "not_in"}
_CODES = {"contact.country", "company.country"}


def wrong_with(condition: Any, *, judged: bool = False) -> str:
    """What is wrong with a condition; nothing when it can be asked and somebody could fulfil it."""
    try:
        conditions.check(condition, judged=judged)
    except Refused as refused:
        return str(refused)
    if can_hold(condition):
        return ""
    if "field" in condition:
        return f"Nobody can ever fulfil this: {conditions.in_words(condition)}."
    return f"{CONTRADICTION} Look at: {'; '.join(_culprits(condition))}."


def can_hold(condition: dict[str, Any]) -> bool:
    """Whether some contact could fulfil it; true also where there are too many cases to look at."""
    work = 0
    for case in _cases(condition):
        found, tried = _impossible(case)
        work += tried + len(case)
        if work > MOST_WORK or not found:
            return True
    return False


def holds_always(condition: dict[str, Any]) -> bool:
    """Whether everybody fulfils it, whatever is known of them."""
    return not can_hold({"not": condition})


def odd_values(condition: dict[str, Any]) -> list[str]:
    """What a condition that can be asked compares with although nobody ever has it, one sentence each."""
    said: list[str] = []
    for joiner in ("all", "any"):
        for part in condition.get(joiner, []):
            said += odd_values(part)
    if "not" in condition:
        said += odd_values(condition["not"])
    if condition.get("op") in _ONE_OF:
        value = condition["value"]
        for one in value if isinstance(value, list) else [value]:
            if condition["field"] in _CODES and not (len(one) == 2 and one.isascii() and one.isalpha()):
                said.append(f"“{one[:40]}” is no country: its two letters are asked for, such as DE.")
            if condition["field"] == "contact.lifecycle" and one.lower() not in Lifecycle.values:
                said.append(f"“{one[:40]}” is no lifecycle: these are {', '.join(Lifecycle.values)}.")
    return list(dict.fromkeys(said))


def _cases(condition: dict[str, Any], *, holds: bool = True) -> Iterator[list[Leaf]]:
    """The ways in which it can hold (or not): lists of leaves that hold together, negated ones as {"not": leaf}."""
    if "not" in condition:
        yield from _cases(condition["not"], holds=not holds)
    elif "field" in condition:
        yield [condition if holds else {"not": condition}]
    else:
        joiner = "any" if "any" in condition else "all"
        parts = condition[joiner]
        if (joiner == "any") == holds:
            for part in parts:
                yield from _cases(part, holds=holds)
        else:
            yield from _together(parts, holds=holds)


def _together(parts: list[dict[str, Any]], *, holds: bool) -> Iterator[list[Leaf]]:
    if not parts:
        yield []
        return
    for first in _cases(parts[0], holds=holds):
        for rest in _together(parts[1:], holds=holds):
            yield first + rest


def _culprits(condition: dict[str, Any]) -> list[str]:
    """What cannot hold together in the first of its cases."""
    first = next(_cases(condition))
    return list(dict.fromkeys(conditions.in_words(leaf) for leaf in _impossible(first)[0]))


def _impossible(case: list[Leaf]) -> tuple[list[Leaf], int]:
    """The first leaves of a case that no contact can fulfil together (none when one could), and the looks it took."""
    looks = 0
    about: dict[str, list[Leaf]] = {}
    for leaf in case:
        key = leaf.get("not", leaf)["field"]
        about.setdefault("address" if key in _ADDRESS else key, []).append(leaf)
    for leaves in about.values():
        tried = list(islice(_facts(leaves), MOST_TRIED + 1))
        looks += len(tried) * len(leaves)
        could = any(all(conditions.holds(leaf, facts) for leaf in leaves) for facts in tried)
        if not could and len(tried) <= MOST_TRIED:
            return leaves, looks
    return [], looks


def _facts(leaves: list[Leaf]) -> Iterator[Facts]:
    """What a contact may be: if none of these fulfils all the leaves (about one field, or one address), none does."""
    asked = [leaf.get("not", leaf) for leaf in leaves]
    key = asked[0]["field"]
    yield {}
    if key in _ADDRESS:
        texts = _texts([leaf for leaf in leaves if leaf.get("not", leaf)["field"] == _DOMAIN])
        private = sorted(FREE_MAIL) if any(leaf["field"] != _DOMAIN for leaf in asked) else []
        for domain in dict.fromkeys([*texts, *private]):
            is_private = domain.lower() in FREE_MAIL
            for is_ours in (False,) if is_private else (False, True):
                yield {_DOMAIN: domain, _PRIVATE: is_private, _STAFF: is_ours}
        return
    field = conditions.field(key)
    if field.type == "yes_no":
        yield from ({key: True}, {key: False})
    if field.type in {"number", "custom"}:
        yield from ({key: number} for number in _numbers(asked) if field.least is None or number >= field.least)
    if field.type in {"text", "custom"}:
        yield from ({key: text} for text in _texts(leaves))


def _numbers(asked: list[Leaf]) -> Iterator[float]:
    """The numbers that are asked for, one between each two neighbours, and one beyond either end."""
    named: set[float] = {0}
    for leaf in asked:
        for one in _values(leaf):
            try:
                named.add(float(one))
            except ValueError:
                continue
    ends = sorted(number for number in named if abs(number) < float("inf"))
    for number in ends:
        yield number
        if number == int(number):  # of a custom field 5 and 5.0 are two texts
            yield int(number)
    yield from ((low + high) / 2 for low, high in pairwise(ends))
    yield from (ends[0] - 1, ends[-1] + 1)


def _texts(leaves: list[Leaf]) -> Iterator[str]:
    """The texts that one leaf asks for; where none does, what has one wanted part of each that looks for parts."""
    listed = [_values(leaf) for leaf in leaves if leaf.get("op") in {"is", "in"}]
    listed += [_values(leaf["not"]) for leaf in leaves if leaf.get("not", {}).get("op") in {"is_not", "not_in"}]
    if listed:
        yield from min(listed, key=len)
        return
    parts = [_values(leaf) for leaf in leaves if leaf.get("op", "").startswith("contains")]
    for some in product(*parts):
        yield _BREAK + _BREAK.join(some)


def _values(leaf: Leaf) -> list[str]:
    value = leaf.get("value")
    return [str(one) for one in (value if isinstance(value, list) else [value])]
