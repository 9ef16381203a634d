"""What can be asked: unknown fields that fit rules look at, and what answers to them can give."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod
from typing import Any

from leads import conditions
from leads.normalise import FREE_MAIL
from scoring.missing.parts import LEARN, Case, FitPart, Step

MOST_QUESTIONS = 6  # unknown fields that are combined with each other: those that can give most
MOST_ANSWERS = 8
MOST_COMBINED = 2000  # sets of answers that are tried where personas ask for criteria of their own
_OTHER = "…"  # an answer that no rule names

Answer = dict[str, Any]  # the fields that are known then


def unknown_fields(fit: Sequence[FitPart], facts: Mapping[str, Any]) -> list[str]:
    """The fields that fit rules look at and nobody knows, in the order of the rules."""
    found: dict[str, None] = {}
    for part in fit:
        for key in sorted(conditions.fields_of(dict(part.conditions))):
            if key in QUESTIONS or ".custom." in key:
                found.setdefault(key, None)
    unknown = [key for key in found if facts.get(key) in (None, "")]
    # one address answers both
    return [key for key in unknown if key != "contact.free_mail" or "contact.email_domain" not in unknown]


def learned(case: Case) -> dict[tuple[tuple[str, ...], int], tuple[int, Answer]]:
    """The most fit points that answers can give, and those answers: per set of unknown fields, and per group that
    somebody is in then, where groups ask for criteria of their own (0: for nobody's own).
    """
    asked = unknown_fields(case.fit, case.facts)
    options = {key: _best(key, _answers(key, case), asked, case) for key in asked}
    fixed = fit_points(case, {})
    alone = {key: max(fit_points(case, answer) for answer in options[key]) - fixed for key in options}
    kept = sorted(options, key=lambda key: -alone[key])[:MOST_QUESTIONS]
    while case.gaps_of and prod(1 + len(options[key]) for key in kept) > MOST_COMBINED:
        kept.pop()
    kept = [key for key in options if key in kept]
    points = _Points(case)
    found: dict[tuple[tuple[str, ...], int], tuple[int, Answer]] = {}
    for size in range(len(kept) + 1):
        for keys in combinations(kept, size):
            for answers in product(*(options[key] for key in keys)):
                said = _joined(answers)
                worth, group = points.of(said)
                group = group if group in case.gaps_of else 0
                if (keys, group) not in found or worth > found[keys, group][0]:
                    found[keys, group] = (worth, said)
    return found


def _best(key: str, answers: list[Answer], asked: Sequence[str], case: Case) -> list[Answer]:
    """The answers that no other one beats for every persona at once; all where a rule asks more than one thing.

    Where personas ask for criteria of their own, also an answer that gives less may be the better one.
    """
    mine = set(_facts(key, _OTHER, case.facts))
    others = {name for other in asked if other != key for name in _facts(other, _OTHER, case.facts)}
    rules = [part for part in case.fit if mine & conditions.fields_of(dict(part.conditions))]
    if any(others & conditions.fields_of(dict(part.conditions)) for part in rules):
        return answers
    groups = sorted({part.group for part in case.fit if part.group is not None})
    gains: dict[tuple[int, ...], Answer] = {}
    for answer in answers:
        facts = {**case.facts, **answer}
        fires = [part for part in rules if conditions.holds(dict(part.conditions), facts)]
        general = sum(part.points for part in fires if part.group is None)
        of_groups = [general + sum(part.points for part in fires if part.group == group) for group in groups]
        gains.setdefault((general, *of_groups), answer)
    return [
        answer
        for gain, answer in gains.items()
        if case.gaps_of
        or not any(other != gain and all(b >= a for a, b in zip(gain, other, strict=True)) for other in gains)
    ]


def _joined(answers: Sequence[Answer]) -> Answer:
    return {key: value for answer in answers for key, value in answer.items()}


class _Points:
    """Fit points of many answers: each rule is read once per combination of the fields that it looks at."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.fields = [sorted(conditions.fields_of(dict(part.conditions))) for part in case.fit]
        self.known: dict[tuple[int, tuple[Any, ...]], bool] = {}

    def of(self, answer: Answer) -> tuple[int, int]:
        """The points, and the group that won (0: none)."""
        fires = []
        for place, part in enumerate(self.case.fit):
            key = (place, tuple(answer.get(name) for name in self.fields[place]))
            if key not in self.known:
                self.known[key] = conditions.holds(dict(part.conditions), {**self.case.facts, **answer})
            fires.append(self.known[key])
        return _sum(self.case.fit, fires)


def fit_points(case: Case, answer: Answer) -> int:
    facts = {**case.facts, **answer}
    return _sum(case.fit, [conditions.holds(dict(part.conditions), facts) for part in case.fit])[0]


def _sum(fit: Sequence[FitPart], fires: Sequence[bool]) -> tuple[int, int]:
    """General rules, and the first best group if it gives more than nothing; and which that is (0: none)."""
    groups: dict[int | None, int] = {part.group: 0 for part in fit}
    for part, does in zip(fit, fires, strict=True):
        groups[part.group] += part.points * does
    general = groups.pop(None, 0)
    best, place = max(((points, -place) for place, points in enumerate(groups.values())), default=(0, 0))
    return (general + best, [*groups][-place] or 0) if best > 0 else (general, 0)


def _answers(key: str, case: Case) -> list[Answer]:
    """Answers to one question that differ in what rules make of them."""
    keys = set(_facts(key, _OTHER, case.facts))
    leaves = [leaf for part in case.fit for leaf in _leaves(part.conditions) if leaf["field"] in keys]
    values: list[Any] = ["gmail.com"] if key == "contact.email_domain" else []
    for leaf in leaves:
        if conditions.field(leaf["field"]).type == conditions.field(key).type:
            values += _values(key, leaf)
    words = [str(leaf["value"] if leaf["op"] == "contains" else leaf["value"][0]) for leaf in _wanted(key, case)]
    if words:
        values.append(" ".join(words))
    seen: dict[tuple[bool, ...], Answer] = {}
    for value in values:
        answer = _facts(key, value, case.facts)
        seen.setdefault(tuple(conditions.holds(leaf, answer) for leaf in leaves), answer)
    return list(seen.values())[:MOST_ANSWERS]


def _wanted(key: str, case: Case) -> list[dict[str, Any]]:
    """Words that rules with points in them look for: one text can hold all of them."""
    return [
        leaf
        for part in case.fit
        if part.points > 0
        for leaf in _leaves(part.conditions)
        if leaf["field"] == key and leaf["op"].startswith("contains")
    ]


def _values(key: str, leaf: Mapping[str, Any]) -> list[Any]:
    """What to try, so that the condition holds once and once not."""
    kind = conditions.field(key).type
    value = leaf.get("value")
    listed = value if isinstance(value, list) else [] if value is None else [value]
    if kind == "yes_no":
        return [True, False]
    if kind == "number" or (listed and not isinstance(listed[0], str)):  # own fields hold either
        near = [number + step for number in listed for step in (0, 1, -1)]
        return near or [1]
    return [*listed[:MOST_ANSWERS], _OTHER]


def _facts(key: str, value: Any, facts: Mapping[str, Any]) -> Answer:
    """The answer with what follows from it: whether an address is private, the country of a company's people."""
    if key == "company.country" and facts.get("contact.country") in (None, ""):
        return {key: value, "contact.country": value}
    if key == "contact.email_domain":
        return {key: value, "contact.free_mail": value in FREE_MAIL}
    return {key: value}


def _leaves(condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "field" in condition:
        yield dict(condition)
    for part in [
        *condition.get("all", []),
        *condition.get("any", []),
        *([condition["not"]] if "not" in condition else []),
    ]:
        yield from _leaves(part)


QUESTIONS = {
    "contact.job_title": "What is their job?",
    "contact.country": "Which country are they in?",
    "contact.email_domain": "What is their e-mail address at work?",
    "contact.free_mail": "What is their e-mail address at work?",
    "company.name": "Which company do they work for?",
    "company.industry": "What does their company do?",
    "company.country": "Where is their company?",
    "company.employees": "How many people work there?",
}


def questions(case: Case, keys: Sequence[str], said: Answer) -> list[Step]:
    """The questions, with the rules that the best answers would let fire."""
    facts = {**case.facts, **said}
    steps = []
    for key in keys:
        follows = _facts(key, said[key], case.facts)
        fires = [
            part
            for part in case.fit
            if part.points > 0
            and set(follows) & conditions.fields_of(dict(part.conditions))
            and conditions.holds(dict(part.conditions), facts)
            and not conditions.holds(dict(part.conditions), case.facts)
        ]
        without = {name: value for name, value in said.items() if name not in follows}
        label = conditions.field(key).label
        steps.append(
            Step(
                LEARN,
                key,
                label,
                QUESTIONS.get(key, f"What is “{label}” for them?"),
                fit_points(case, said) - fit_points(case, without),
                " and ".join(part.name for part in fires),
            )
        )
    return steps
