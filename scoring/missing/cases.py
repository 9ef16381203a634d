"""A score with its reasons, read as a case of what is missing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leads import conditions
from leads.vocabulary import Category, Lifecycle
from scoring.definitions import Required, Spec
from scoring.missing.parts import Case, EventPart, FitPart, Gap, Happening

if TYPE_CHECKING:
    from scoring.explanation import Explanation


def fields_of(spec: Spec) -> list[str]:
    """The fields that fit rules look at, and the lifecycle."""
    asked = {key for rule in spec.fit for key in conditions.fields_of(rule.conditions)}
    return sorted(asked | {"contact.lifecycle"})


def case_of(explanation: "Explanation", spec: Spec, facts: Mapping[str, Any]) -> Case:
    """The lead as values; `facts` are its `fields_of` the definition."""
    given = {line.rule_id: line.thousandths for line in explanation.lines if line.category != "fit"}
    return Case(
        threshold=spec.threshold,
        fit=[FitPart(rule.name, rule.points, rule.conditions, rule.persona_id) for rule in spec.fit],
        facts=facts,
        events=[
            EventPart(line.category, line.points, line.cap, given.get(line.id, 0), line.first_only)
            for line in spec.engagement
        ],
        happenings=_happenings(spec),
        gaps=_gaps(explanation.open[0]),
        gaps_of={persona_id: _gaps(rows) for persona_id, rows in explanation.open.items() if persona_id},
        must_talk=any(row.what == "two_way" for row in explanation.missing),
        blocked=_blocked(explanation, facts),
    )


def _gaps(rows: Sequence[Required]) -> list[Gap]:
    return [Gap(row.criterion_id, row.label, row.question) for row in rows]


def _blocked(explanation: "Explanation", facts: Mapping[str, Any]) -> str:
    if facts.get("contact.lifecycle") == Lifecycle.DISQUALIFIED:
        return "they are disqualified"
    if explanation.excluded:
        return f"they are excluded as {explanation.excluded}"
    return ""


def _happenings(spec: Spec) -> list[Happening]:
    """What can happen: per kind of event, and per thing that a rule of the kind looks at."""
    found = []
    for kind in dict.fromkeys([line.kind_id for line in spec.engagement]):
        mine = [(place, line) for place, line in enumerate(spec.engagement) if line.kind_id == kind]
        plain = [(place, line) for place, line in mine if not line.facet_ids]
        facets = list(dict.fromkeys(facet for _, line in mine for facet in line.facet_ids))
        for facet in [None, *facets] if plain else facets:
            moved = [(place, line) for place, line in mine if not line.facet_ids or facet in line.facet_ids]
            best = max(moved, key=lambda item: item[1].points)[1]
            is_talk = kind in spec.two_way_kinds and best.category == Category.CONVERSATION
            key = f"{kind}" if facet is None else f"{kind}.{facet}"
            found.append(Happening(key, best.name, tuple(place for place, _ in moved), is_talk))
    return found
