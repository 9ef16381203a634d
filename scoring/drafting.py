"""A definition as it is edited: its content as values, and what is wrong with it before anybody is judged by it.

A number that cannot be read stays as the text that was typed, so that the page can show it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leads.contradictions import holds_always, odd_values, wrong_with
from scoring import decay

MOST_RULES, LONGEST_NAME, LONGEST_NOTE, MOST_POINTS, LONGEST_DAYS = 60, 120, 4000, 1000, 3650
MOST_PERSONAS, MOST_EXCLUSIONS, LONGEST_WORD = 8, 12, 60
Number = int | str | None
Open = frozenset[str]  # which parts of it stand open in the editor: "rule", "asked", "pattern"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event that rules may count."""

    label: str
    category: str
    is_two_way: bool
    facet_property: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may speak of: kinds by key, facets (name, kind) and teams by id, labels of criteria by key."""

    kinds: Mapping[str, Kind]
    facets: Mapping[int, tuple[str, str]]
    criteria: Mapping[str, str]
    teams: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngagementDraft:
    """Points for what they did."""

    name: str
    kind: str
    points: Number
    facet_ids: tuple[int, ...] = ()
    half_life_days: Number = None
    window_days: Number = 180
    cap: Number = None
    first_only: bool = False  # it counts once however often it happens
    open: Open = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class FitDraft:
    """Points for who they are."""

    name: str
    points: Number
    conditions: dict[str, Any] = field(hash=False)
    open: Open = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class PersonaDraft:
    """A kind of buyer; only the one that suits somebody best counts. What it requires replaces everybody's."""

    name: str
    rules: tuple[FitDraft, ...] = ()
    required: tuple[tuple[str, str], ...] = ()  # as in Content; nothing: what everybody must answer
    fresh: tuple[tuple[str, Number], ...] = ()
    open: Open = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class ExclusionDraft:
    """Whom it never lets through."""

    name: str
    conditions: dict[str, Any] = field(hash=False)
    open: Open = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Content:
    """All that a definition says."""

    name: str = ""
    note: str = ""
    threshold: Number = None
    two_way_days: Number = None
    grades: tuple[Number, Number, Number, Number] = (0, 0, 0, 0)  # least fit for A, B; least engagement for 1, 2
    engagement: tuple[EngagementDraft, ...] = ()
    fit: tuple[FitDraft, ...] = ()
    required: tuple[tuple[str, str], ...] = ()  # key of a criterion, least verdict
    fresh: tuple[tuple[str, Number], ...] = ()  # of some of them: days after which the answer is too old
    personas: tuple[PersonaDraft, ...] = ()
    exclusions: tuple[ExclusionDraft, ...] = ()
    team: int | None = None  # whose leads it judges; none: of all who have no definition of their own


def problems(content: Content, known: Known) -> dict[str, str]:
    """What is wrong and how to mend it, by the control it stands beside (`e3-points`; empty: as a whole)."""
    found: dict[str, str] = {}
    if not content.name:
        found["name"] = "Give it a name that people will recognise."
    elif len(content.name) > LONGEST_NAME:
        found["name"] = f"At most {LONGEST_NAME} characters; this has {len(content.name):,}."
    if len(content.note) > LONGEST_NOTE:
        found["note"] = f"At most {LONGEST_NOTE:,} characters; this has {len(content.note):,}."
    if content.team is not None and content.team not in known.teams:
        found["team"] = "Choose one of the teams, or everybody."
    _number(found, "threshold", content.threshold, 1, 10_000, "The line is a whole number from 1 to 10,000.")
    if content.two_way_days is not None:
        _number(found, "two_way_days", content.two_way_days, 1, LONGEST_DAYS, _days("Days"))
        if not any(kind.is_two_way for kind in known.kinds.values()):
            found["two_way_days"] = "No kind of event is two-way, so nobody could ever qualify. See Settings, Kinds."
    _grades(found, content.grades)
    if not content.engagement and not content.fit and not content.personas:
        found[""] = "Without rules every score is 0. Add one."
    for rules, word in ((content.engagement, "engagement"), (content.fit, "fit")):
        if len(rules) > MOST_RULES:
            found[""] = f"At most {MOST_RULES} {word} rules; these are {len(rules)}. Put some together."
    for number, rule in enumerate(content.engagement):
        found |= {f"e{number}-{part}": text for part, text in _of_engagement(rule, known).items()}
    for number, fit in enumerate(content.fit):
        found |= {f"f{number}-{part}": text for part, text in _of_fit(fit).items()}
    found |= _of_required(content, known)
    found |= _of_personas(content.personas, known) | _of_exclusions(content.exclusions)
    if not found:
        found |= _reach_problems(content)
    return found


def _of_required(asking: Content | PersonaDraft, known: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, least in asking.required:
        if key not in known.criteria or least not in {"meets", "weak"}:
            found["required"] = f"“{key[:40]}” is not a criterion that can be required."
    for key, days in asking.fresh:
        _number(found, f"fresh-{key}", days, 1, LONGEST_DAYS, _days("Not older than") + " Empty: as long as it stands.")
    return found


def _of_personas(personas: tuple[PersonaDraft, ...], known: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    if len(personas) > MOST_PERSONAS:
        found[""] = f"At most {MOST_PERSONAS} personas; these are {len(personas)}. Put some together."
    for place, persona in enumerate(personas):
        at = f"p{place}"
        found |= {f"{at}-{part}": text for part, text in _of_name(persona.name, LONGEST_WORD).items()}
        if persona.name and persona.name in {other.name for other in personas[:place]}:
            found[f"{at}-name"] = f"There is a persona called “{persona.name}” already."
        if len(persona.rules) > MOST_RULES:
            found[""] = f"At most {MOST_RULES} rules in a persona; “{persona.name}” has {len(persona.rules)}."
        if not any(isinstance(rule.points, int) and rule.points > 0 for rule in persona.rules):
            found[f"{at}-rules"] = "Nobody can ever be this persona: give it a rule with positive points."
        found |= {f"{at}-{part}": text for part, text in _of_required(persona, known).items()}
        for number, rule in enumerate(persona.rules):
            found |= {f"{at}f{number}-{part}": text for part, text in _of_fit(rule).items()}
    return found


def _of_exclusions(exclusions: tuple[ExclusionDraft, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    if len(exclusions) > MOST_EXCLUSIONS:
        found[""] = f"At most {MOST_EXCLUSIONS} exclusions; these are {len(exclusions)}. Put some together."
    for place, row in enumerate(exclusions):
        found |= {f"x{place}-{part}": text for part, text in _of_name(row.name, LONGEST_WORD).items()}
        if wrong := wrong_with(row.conditions):
            found[f"x{place}-conditions"] = wrong
        elif holds_always(row.conditions):
            found[f"x{place}-conditions"] = "Everybody is kept out by this: nobody could ever become a prospect."
    return found


def _number(found: dict[str, str], name: str, value: Number, low: int, high: int, text: str) -> bool:
    if isinstance(value, int) and low <= value <= high:
        return True
    found[name] = text
    return False


def _days(what: str) -> str:
    return f"{what}: a whole number from 1 to {LONGEST_DAYS:,}."


def _grades(found: dict[str, str], grades: tuple[Number, Number, Number, Number]) -> None:
    names = ("grade_a_fit", "grade_b_fit", "grade_1_engagement", "grade_2_engagement")
    for name, value in zip(names, grades, strict=True):
        _number(found, name, value, -10_000, 10_000, "A whole number, please.")
    if found.keys().isdisjoint(names):
        a, b, one, two = (int(value or 0) for value in grades)
        if a < b:
            found["grade_a_fit"] = f"An A must ask for at least as much as a B ({b})."
        if one < two:
            found["grade_1_engagement"] = f"A 1 must ask for at least as much as a 2 ({two})."


def _of_name(name: str, longest: int = LONGEST_NAME) -> dict[str, str]:
    if not name:
        return {"name": "Say in a few words what it counts." if longest == LONGEST_NAME else "Give it a name."}
    return {"name": f"At most {longest} characters."} if len(name) > longest else {}


def _of_points(points: Number) -> dict[str, str]:
    if not isinstance(points, int) or not -MOST_POINTS <= points <= MOST_POINTS:
        return {"points": f"A whole number from −{MOST_POINTS:,} to {MOST_POINTS:,}."}
    return {} if points else {"points": "A rule of 0 points does nothing. Give it points or remove it."}


def _of_engagement(rule: EngagementDraft, known: Known) -> dict[str, str]:
    found = _of_name(rule.name) | _of_points(rule.points)
    if rule.kind not in known.kinds:
        found["kind"] = f"“{rule.kind[:60]}” is not a kind of event we know. Choose one."
    for facet in rule.facet_ids:
        if facet not in known.facets or known.facets[facet][1] != rule.kind:
            found["facets"] = (
                "A pattern that does not belong to the kind of event is taken off. Look at it, save again."
            )
    _number(found, "window", rule.window_days, 1, LONGEST_DAYS, _days("Forgotten after"))
    if rule.half_life_days is not None:
        _number(found, "half_life", rule.half_life_days, 1, LONGEST_DAYS, _days("Half-life") + " Empty: no decay.")
    if rule.cap is not None and _number(found, "cap", rule.cap, 1, 30_000, "A whole number from 1. Empty: no limit."):
        least = abs(rule.points) if isinstance(rule.points, int) else 0
        if isinstance(rule.cap, int) and rule.cap < least:
            found["cap"] = f"One event alone gives {least}: the cap must be at least that, or the points fewer."
    return found


def fitting(content: Content, known: Known) -> tuple[Content, dict[str, str]]:
    """The content without patterns that are not of their rule's kind, and what to say of it by control."""
    rules, said = list(content.engagement), {}
    for place, rule in enumerate(rules):
        lost = [pk for pk in rule.facet_ids if pk not in known.facets or known.facets[pk][1] != rule.kind]
        if not lost:
            continue
        rules[place] = replace(rule, facet_ids=tuple(pk for pk in rule.facet_ids if pk not in lost))
        names = ", ".join(known.facets[pk][0] if pk in known.facets else "one that is gone" for pk in lost)
        kind = known.kinds[rule.kind].label if rule.kind in known.kinds else rule.kind[:60] or "?"
        any_now = "" if rules[place].facet_ids else " Any of these events counts now."
        said[f"e{place}-facets"] = f"Taken off, because it does not belong to the kind “{kind}”: {names}.{any_now}"
    return replace(content, engagement=tuple(rules)), said


def _of_fit(rule: FitDraft) -> dict[str, str]:
    found = _of_name(rule.name) | _of_points(rule.points)
    wrong = wrong_with(rule.conditions)
    return found | ({"conditions": wrong} if wrong else {})


def reach(content: Content) -> tuple[int, int | None]:
    """The most that fit and engagement can give; no limit for engagement (None) when a rule has no cap."""
    fit = _most(content.fit) + max((_most(persona.rules) for persona in content.personas), default=0)
    positive = [rule for rule in content.engagement if int(rule.points or 0) > 0]
    if any(rule.cap is None and not rule.first_only for rule in positive):
        return fit, None
    return fit, sum(int(rule.points or 0) if rule.first_only else int(rule.cap or 0) for rule in positive)


def _most(rules: tuple[FitDraft, ...]) -> int:
    return sum(max(0, int(rule.points or 0)) for rule in rules)


def _reach_problems(content: Content) -> dict[str, str]:
    fit, engagement = reach(content)
    if engagement is not None and fit + engagement < int(content.threshold or 0):
        return {
            "threshold": f"Nobody can reach this: all rules together give at most {fit + engagement} "
            f"(fit {fit}, engagement {engagement}). Lower the line or raise caps."
        }
    return {}


def warnings(content: Content, known: Known) -> list[str]:
    """What is allowed but likely not meant; for content without problems."""
    fit, engagement = reach(content)
    said: list[str] = []
    a, _, one, _ = (int(value or 0) for value in content.grades)
    if fit < a:
        said.append(f"Nobody can be graded A: fit rules give at most {fit}, an A asks for {a}.")
    if engagement is not None and engagement < one:
        said.append(f"Nobody can be graded 1: engagement gives at most {engagement}, a 1 asks for {one}.")
    if int(content.threshold or 0) <= fit and content.two_way_days is None and not content.required:
        said.append("Somebody who never did anything can become a prospect: fit alone reaches the line.")
    if not content.required:
        if any(persona.required for persona in content.personas):
            said.append("Whoever is no persona with criteria of its own has to answer nothing.")
        else:
            said.append("No criterion is required: nobody has to answer a question before sales hears of them.")
    if content.two_way_days is None:
        said.append("Nobody has to have talked to us: reading alone can make a prospect.")
    seen: dict[tuple[str, tuple[int, ...]], str] = {}
    for rule in content.engagement:
        half, window = rule.half_life_days, int(rule.window_days or 0)
        if rule.cap is None and not rule.first_only:
            said.append(f"“{rule.name}” has no cap: a single habit can carry somebody over the line.")
        if isinstance(half, int) and half > window:
            said.append(f"“{rule.name}” is forgotten after {window} days, before it has faded by half ({half}).")
        elif isinstance(half, int) and decay.horizon(window, half) < window:
            said.append(
                f"“{rule.name}” is gone after {decay.horizon(window, half)} days (eight half-lives), not {window}."
            )
        key = (rule.kind, tuple(sorted(rule.facet_ids)))
        if key in seen:
            said.append(f"“{rule.name}” and “{seen[key]}” count the same events twice.")
        seen[key] = rule.name
    for rules in (content.fit, *(persona.rules for persona in content.personas)):
        for name, group in _same_conditions(rules).items():
            said.append(f"“{name}” and “{group}” ask for the same.")
    asking: list[FitDraft | ExclusionDraft] = [*content.fit, *content.exclusions]
    asking += [rule for persona in content.personas for rule in persona.rules]
    said += [f"“{row.name}”: {text}" for row in asking for text in odd_values(row.conditions)]
    return said + _persona_warnings(content)


def _persona_warnings(content: Content) -> list[str]:
    """A rule that stands among the general ones and in a persona counts twice; two alike personas say nothing."""
    general = {repr(rule.conditions): rule.name for rule in content.fit}
    said = [
        f"“{rule.name}” of the persona “{persona.name}” asks for the same as the general rule "
        f"“{general[repr(rule.conditions)]}”: both count."
        for persona in content.personas
        for rule in persona.rules
        if repr(rule.conditions) in general
    ]
    if len(content.personas) == 1:
        said.append(f"“{content.personas[0].name}” is the only persona: nobody can suit another one better.")
    return said


def _same_conditions(rules: tuple[FitDraft, ...]) -> dict[str, str]:
    seen: dict[str, str] = {}
    found: dict[str, str] = {}
    for rule in rules:
        key = repr(rule.conditions)
        if key in seen:
            found[rule.name] = seen[key]
        seen[key] = rule.name
    return found
