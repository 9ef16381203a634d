"""A second reading of a definition, in plain Python over plain facts; only tests use it, to hold the SQL against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leads import conditions
from scoring import decay
from scoring.definitions import Spec
from scoring.engaged import CATEGORIES


@dataclass(frozen=True)
class Event:
    kind_id: int
    facet_id: int | None
    day: int
    is_quarantined: bool = False


@dataclass(frozen=True)
class Answer:
    criterion_id: int
    verdict: str
    observed_day: int
    expires_day: int | None
    number: int  # order of recording


def read(
    spec: Spec, day: int, fields: Mapping[str, Any], events: Iterable[Event], answers: Iterable[Answer]
) -> dict[str, Any]:
    events = [event for event in events if not event.is_quarantined]
    held = [rule for rule in spec.fit if conditions.holds(rule.conditions, fields)]
    fit = sum(rule.points for rule in held if rule.persona_id is None)
    persona, most = None, 0
    for one in spec.personas:
        points = sum(rule.points for rule in held if rule.persona_id == one.id)
        if points > most:
            persona, most = one.id, points
    fit += most
    excluded = [row.id for row in spec.exclusions if conditions.holds(row.conditions, fields)]
    sums = dict.fromkeys(CATEGORIES, 0)
    for rule in spec.engagement:
        thousandths, ages = 0, []
        for event in events:
            age = day - event.day
            if event.kind_id != rule.kind_id or (rule.facet_ids and event.facet_id not in rule.facet_ids):
                continue
            if 0 <= age < rule.horizon:
                thousandths += rule.weights[age]
                ages.append(age)
        if rule.first_only:
            thousandths = rule.weights[min(ages)] if ages else 0
        sums[rule.category] += decay.capped(thousandths, rule.cap)
    categories = {category: decay.rounded(value) for category, value in sums.items()}
    engagement = sum(categories.values())
    two_way = any(
        event.kind_id in spec.two_way_kinds and day - (spec.two_way_days or 0) < event.day <= day for event in events
    )
    newest: dict[int, Answer] = {}
    for answer in answers:
        stands = answer.observed_day <= day and (answer.expires_day is None or answer.expires_day > day)
        best = newest.get(answer.criterion_id)
        if stands and (best is None or (answer.observed_day, answer.number) > (best.observed_day, best.number)):
            newest[answer.criterion_id] = answer
    met = all(
        required.criterion_id in newest
        and newest[required.criterion_id].verdict in required.accepted
        and (required.fresh_days is None or newest[required.criterion_id].observed_day > day - required.fresh_days)
        for required in next(
            (one.required for one in spec.personas if one.id == persona and one.required), spec.required
        )
    )
    return {
        "fit": fit,
        **categories,
        "total": fit + engagement,
        "grade": spec.grade(fit, engagement),
        "is_qualified": fit + engagement >= spec.threshold
        and (two_way or not spec.two_way_days)
        and met
        and not excluded
        and fields.get("contact.lifecycle") != "disqualified",
        **({"persona_id": persona} if spec.personas else {}),
        **({"exclusion_id": excluded[0] if excluded else None} if spec.exclusions else {}),
    }
