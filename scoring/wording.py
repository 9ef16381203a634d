"""A definition, its rules and how two of them differ, in plain English."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from core.components.numbers import signed
from leads.conditions import described
from scoring.drafting import Content, EngagementDraft, ExclusionDraft, FitDraft, Known, Number, PersonaDraft

LEAST = {"meets": "meets", "weak": "weak or better"}
Rule = TypeVar("Rule", EngagementDraft, FitDraft, PersonaDraft, ExclusionDraft)
Asking = Content | PersonaDraft  # what requires criteria


def points(value: Number) -> str:
    """+12, −5."""
    return signed(value) if isinstance(value, int) else "?"


def facets(rule: EngagementDraft, known: Known) -> str:
    """The facets that a rule looks at: "Pricing, Product"; nothing when it takes any."""
    return ", ".join(known.facets[pk][0] if pk in known.facets else "a pattern that is gone" for pk in rule.facet_ids)


def _counted(rule: EngagementDraft, known: Known) -> str:
    """What it counts: “Viewed a page” (Pricing)."""
    kind = known.kinds.get(rule.kind)
    of = f" ({facets(rule, known)})" if rule.facet_ids else ""
    return f"“{kind.label if kind else rule.kind or '?'}”{of}"


def engagement(rule: EngagementDraft, known: Known) -> str:
    """An engagement rule as a sentence."""
    what = f"{_counted(rule, known)} gives {points(rule.points)}"
    text = f"{what} once, by its newest time" if rule.first_only else f"Each {what}"
    if rule.half_life_days is not None:
        text += f", half of it after {rule.half_life_days} days"
    text += f", nothing after {rule.window_days} days"
    if rule.first_only and rule.cap is None:
        return f"{text}; repeats add nothing."
    return text + (f"; together at most {rule.cap}." if rule.cap is not None else "; without a limit.")


def fit(rule: FitDraft) -> str:
    """A fit rule as a sentence."""
    return f"{points(rule.points)} when {described(rule.conditions)}."


def persona(row: PersonaDraft, known: Known) -> str:
    """What makes somebody this persona, and its own criteria: "Big: +10 when …; Near: +5 when …; must answer …"."""
    said = [f"{rule.name}: {fit(rule).removesuffix('.')}" for rule in row.rules] or ["no rule"]
    said += [instead] if (instead := asked_instead(row, known)) else []
    return "; ".join(said)


def asked_instead(row: PersonaDraft, known: Known) -> str:
    """What a persona must answer instead of everybody's; nothing when that is the same."""
    said = required(row.required, known, row.fresh)
    return f"must answer {', '.join(said)} instead of what everybody must" if said else ""


def exclusion(row: ExclusionDraft) -> str:
    """Whom it keeps out."""
    return f"kept out when {described(row.conditions)}."


def required(rows: Iterable[tuple[str, str]], known: Known, fresh: Iterable[tuple[str, Number]] = ()) -> list[str]:
    """Required criteria: "Budget (weak or better, not older than 90 days)"."""
    days = dict(fresh)
    said = []
    for key, least in rows:
        notes = [LEAST["weak"]] if least == "weak" else []
        notes += [f"not older than {days[key]} days"] if days.get(key) is not None else []
        said.append(known.criteria.get(key, key) + (f" ({', '.join(notes)})" if notes else ""))
    return said


def whom(team: int | None, known: Known) -> str:
    """Whose leads a definition judges."""
    return "everybody" if team is None else f"team {known.teams.get(team, team)}"


def differences(before: Content, after: Content, known: Known) -> list[str]:
    """What `after` says otherwise than `before`, one sentence each; nothing when they judge alike."""
    said: list[str] = []
    if before.team != after.team:
        said.append(f"It judges the leads of {whom(after.team, known)} instead of {whom(before.team, known)}.")
    if before.threshold != after.threshold:
        said.append(f"The line moves from {before.threshold} to {after.threshold}.")
    if before.two_way_days != after.two_way_days:
        said.append(_two_way(before.two_way_days, after.two_way_days))
    labels = ("Least fit for an A", "Least fit for a B", "Least engagement for a 1", "Least engagement for a 2")
    for label, was, now in zip(labels, before.grades, after.grades, strict=True):
        if was != now:
            said.append(f"{label}: {was} → {now}.")
    said += _asked(before, after, known)
    said += _rules(
        before.engagement,
        after.engagement,
        lambda rule: engagement(rule, known),
        lambda was, now: _engagement_changes(was, now, known),
    )
    said += _rules(before.fit, after.fit, fit, _fit_changes)
    said += _personas(before.personas, after.personas, known)
    said += _rules(before.exclusions, after.exclusions, exclusion, _condition_changes, "exclusion")
    return said


def _asked(before: Asking, after: Asking, known: Known) -> list[str]:
    return _required(dict(before.required), dict(after.required), known) + _fresh(before, after, known)


def _fresh(before: Asking, after: Asking, known: Known) -> list[str]:
    """Criteria that are required by both and whose answers may become older or less old."""
    was, now = dict(before.fresh), dict(after.fresh)
    both = [key for key, _ in after.required if key in dict(before.required) or key in now]
    said = []
    for key in both:
        label = known.criteria.get(key, key)
        if was.get(key) != now.get(key):
            days = now.get(key)
            said.append(
                f"{label}: an answer counts as long as it stands."
                if days is None
                else f"{label}: the answer must not be older than {days} days"
                + (f" instead of {was[key]}." if was.get(key) is not None else ".")
            )
    return said


def _persona_changes(was: PersonaDraft, now: PersonaDraft, known: Known) -> list[str]:
    said = _rules(was.rules, now.rules, fit, _fit_changes)
    if was.required and now.required:
        return said + _asked(was, now, known)
    if was.required != now.required:
        said.append(f"{asked_instead(now, known) or 'must answer what everybody must'}.")
    return said


def _personas(before: tuple[PersonaDraft, ...], after: tuple[PersonaDraft, ...], known: Known) -> list[str]:
    """New and removed personas as a whole; changed ones rule by rule. Of equals the first wins, so order counts."""
    was = {row.name: row for row in before}
    said = _rules(before, after, lambda row: f"{persona(row, known)}.", lambda _was, _now: [], "persona")
    for row in after:
        if row.name in was:
            changes = _persona_changes(was[row.name], row, known)
            said += [f"Persona “{row.name}”: {text[0].lower()}{text[1:]}" for text in changes]
    kept = [row.name for row in after if row.name in was]
    if kept != [row.name for row in before if row.name in kept]:
        said.append(f"Who suits two personas alike is now the first of: {', '.join(kept)}.")
    return said


def _two_way(before: Number, after: Number) -> str:
    if after is None:
        return "They need not have talked to us any more."
    if before is None:
        return f"They must have talked to us within the last {after} days."
    return f"They must have talked to us within {after} days instead of {before}."


def _required(before: dict[str, str], after: dict[str, str], known: Known) -> list[str]:
    said = []
    for key in dict.fromkeys([*before, *after]):
        label = known.criteria.get(key, key)
        if key not in after:
            said.append(f"{label} need not be answered any more.")
        elif key not in before:
            said.append(f"{label} must be answered ({LEAST[after[key]]}).")
        elif before[key] != after[key]:
            said.append(f"{label}: {LEAST[before[key]]} → {LEAST[after[key]]}.")
    return said


def _rules(
    before: tuple[Rule, ...],
    after: tuple[Rule, ...],
    words: Callable[[Rule], str],
    changes: Callable[[Rule, Rule], list[str]],
    kind: str = "rule",
) -> list[str]:
    """New, changed and removed rules; a rule is the same one when its name is."""
    left = list(before)
    said = []
    for rule in after:
        twin = next((other for other in left if other.name == rule.name), None)
        if twin is None:
            said.append(f"New {kind} “{rule.name}”: {words(rule)}")
            continue
        left.remove(twin)
        if found := changes(twin, rule):
            said.append(f"“{rule.name}”: {'; '.join(found)}.")
    return said + [f"{kind.capitalize()} “{rule.name}” goes: {words(rule)}" for rule in left]


def _engagement_changes(was: EngagementDraft, now: EngagementDraft, known: Known) -> list[str]:
    said = [f"points {points(was.points)} → {points(now.points)}"] if was.points != now.points else []
    if was.kind != now.kind:
        said.append(f"counts {_counted(now, known)} instead of {_counted(was, known)}")
    elif set(was.facet_ids) != set(now.facet_ids):
        said.append(f"looks at {facets(now, known) or 'any'} instead of {facets(was, known) or 'any'}")
    if was.first_only != now.first_only:
        said.append("counts once" if now.first_only else "counts each time")
    for label, old, new in (
        ("half-life", was.half_life_days, now.half_life_days),
        ("forgotten after", was.window_days, now.window_days),
        ("cap", was.cap, now.cap),
    ):
        if old != new:
            said.append(f"{label} {_or_none(old)} → {_or_none(new)}")
    return said


def _or_none(value: Number) -> str:
    return "none" if value is None else str(value)


def _fit_changes(was: FitDraft, now: FitDraft) -> list[str]:
    said = [f"points {points(was.points)} → {points(now.points)}"] if was.points != now.points else []
    return said + _condition_changes(was, now)


def _condition_changes(was: FitDraft | ExclusionDraft, now: FitDraft | ExclusionDraft) -> list[str]:
    if was.conditions == now.conditions:
        return []
    return [f"now when {described(now.conditions)} (was: {described(was.conditions)})"]
