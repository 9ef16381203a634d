"""What nobody can ever fulfil is found, with the reason; what somebody could is never refused."""

import random
import time
from typing import Any

import pytest

from leads import conditions
from leads.contradictions import can_hold, holds_always, odd_values, wrong_with


def ask(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


PRIVATE = ask("contact.free_mail", "is", True)
STAFF = ask("contact.own_staff", "is", True)
TITLE = "contact.job_title"
SEATS = "company.custom.seats"
EMPLOYEES = "company.employees"


@pytest.mark.parametrize(
    ("condition", "possible"),
    [
        ({"all": [PRIVATE, STAFF]}, False),
        ({"any": [PRIVATE, STAFF]}, True),
        ({"all": [PRIVATE, {"not": STAFF}]}, True),
        ({"all": [PRIVATE, ask("contact.own_staff", "unknown")]}, False),
        ({"all": [PRIVATE, ask("contact.email_domain", "is", "GMail.com")]}, True),
        ({"all": [PRIVATE, ask("contact.email_domain", "in", ["acme.example", "other.example"])]}, False),
        ({"all": [PRIVATE, ask("contact.email_domain", "contains", "proton")]}, True),
        ({"all": [STAFF, ask("contact.email_domain", "is", "gmail.com")]}, False),
        ({"all": [STAFF, ask("contact.email_domain", "is", "acme.example")]}, True),
        (ask(EMPLOYEES, "at_most", -1), False),
        (ask(EMPLOYEES, "between", [-9, -1]), False),
        (ask(EMPLOYEES, "at_most", 0), True),
        (ask(SEATS, "at_most", -1), True),
        ({"all": [ask(SEATS, "is", "5"), ask(SEATS, "at_least", 10)]}, False),
        ({"all": [ask(SEATS, "is", "15"), ask(SEATS, "at_least", 10)]}, True),
        ({"all": [ask(SEATS, "is", "many"), ask(SEATS, "at_least", 10)]}, False),
        ({"all": [ask(SEATS, "is", "5.0"), ask(SEATS, "at_least", 5)]}, True),
        ({"all": [ask(TITLE, "known"), {"not": ask(TITLE, "known")}]}, False),
        ({"all": [ask(TITLE, "is", "CEO"), {"not": ask(TITLE, "contains", "ceo")}]}, False),
        ({"all": [ask(TITLE, "contains", "head of"), {"not": ask(TITLE, "contains", "head")}]}, False),
        ({"all": [ask(TITLE, "contains", "head"), {"not": ask(TITLE, "contains", "head of")}]}, True),
        ({"all": [ask(TITLE, "contains_any", ["vp", "head"]), {"not": ask(TITLE, "is", "vp")}]}, True),
        ({"all": [{"not": ask(TITLE, "is_not", "ceo")}, ask(TITLE, "is", "cto")]}, False),
        ({"all": [{"not": ask(TITLE, "is_not", "ceo")}, ask(TITLE, "unknown")]}, True),
        ({"all": [ask(TITLE, "is", "a"), {"not": {"any": [ask(TITLE, "is", "A"), PRIVATE]}}]}, False),
        ({"not": {"all": [ask(TITLE, "known"), PRIVATE]}}, True),
        ({"all": [{"not": ask(EMPLOYEES, "at_least", 5)}, {"not": ask(EMPLOYEES, "at_most", 4)}]}, True),  # unknown
        (
            {"all": [ask(EMPLOYEES, "known"), {"not": ask(EMPLOYEES, "at_least", 5)}, ask(EMPLOYEES, "at_least", 5)]},
            False,
        ),
        ({"all": [ask("contact.said_no", "is", True), ask("contact.said_no", "is", False)]}, False),
    ],
)
def test_what_can_never_hold_is_found(condition: dict[str, Any], possible: bool) -> None:
    assert can_hold(condition) is possible
    assert bool(wrong_with(condition)) is not possible


def test_the_reason_is_named() -> None:
    said = wrong_with({"all": [ask(TITLE, "is", "CEO"), PRIVATE, STAFF]})
    assert said.endswith("Look at: Private e-mail address: yes; Works here (has a colleague's e-mail domain): yes.")
    assert wrong_with(ask(EMPLOYEES, "at_most", -1)) == "Nobody can ever fulfil this: Employees is at most -1."


def test_what_holds_for_everybody_is_found() -> None:
    assert holds_always({"any": [ask(TITLE, "known"), ask(TITLE, "unknown")]})
    assert holds_always({"any": [PRIVATE, {"not": PRIVATE}]})
    assert holds_always({"any": [ask(EMPLOYEES, "at_least", 0), ask(EMPLOYEES, "unknown")]})
    assert not holds_always(ask(EMPLOYEES, "at_least", 0))  # it may be unknown


def test_values_that_nobody_has_are_told() -> None:
    both = {
        "all": [ask("contact.lifecycle", "is", "Customr"), {"not": ask("company.country", "in", ["DE", "Austria"])}]
    }
    assert odd_values(both) == [
        "“Customr” is no lifecycle: these are lead, prospect, customer, disqualified.",
        "“Austria” is no country: its two letters are asked for, such as DE.",
    ]
    assert odd_values({"any": [ask("contact.lifecycle", "is", "Lead"), ask("contact.country", "contains", "x")]}) == []


def _random(of: random.Random, depth: int = 0) -> dict[str, Any]:
    if depth < 2 and of.random() < 0.55:
        joiner = of.choice(["all", "all", "any", "not"])
        if joiner == "not":
            return {"not": _random(of, depth + 1)}
        return {joiner: [_random(of, depth + 1) for _ in range(of.randint(2, 3))]}
    field = of.choice([TITLE, EMPLOYEES, SEATS])
    op = of.choice(conditions.OPS[conditions.field(field).type])
    if op in {"known", "unknown"}:
        return ask(field, op)
    if op in conditions.RANGES or field == EMPLOYEES:
        low = of.randint(-1, 3)
        return ask(field, op, [low, low + of.randint(0, 2)] if op == "between" else low)
    texts = ["a", "ab", "B", "1", "2"]
    return ask(field, op, of.sample(texts, 2) if op in {"in", "not_in", "contains_any"} else of.choice(texts))


def test_nothing_is_refused_that_somebody_fulfils() -> None:
    """Against brute force over small facts."""
    of = random.Random(7)
    texts = [None, "a", "b", "ab", "B", "1", "2", "zz", "ab1"]
    people = [
        {
            TITLE: of.choice(texts),
            EMPLOYEES: of.choice([None, 0, 1, 2, 3, 4, 9]),
            SEATS: of.choice([*texts, -1, 1, 2, 5]),
        }
        for _ in range(150)
    ]
    refused = 0
    for _ in range(600):
        condition = _random(of)
        if can_hold(condition):
            continue
        refused += 1
        assert not any(conditions.holds(condition, facts) for facts in people), condition
    assert refused > 20


def test_the_largest_conditions_take_no_time() -> None:
    def many(at: int) -> list[str]:
        return [f"t{number}" for number in range(at, at + 300)]

    started = time.process_time()
    large = {"all": [{"any": [ask(TITLE, "in", many(300 * n)) for n in range(k, k + 30)]} for k in (0, 30)]}
    assert can_hold(large) in {True, False}
    assert can_hold({"all": [ask(TITLE, "contains_any", many(n)) for n in range(60)]})
    assert not can_hold({"all": [ask(TITLE, "in", many(0)), ask(TITLE, "in", many(300))]})
    assert time.process_time() - started < 5
