"""The one thing to do next with somebody, and why. Values in, a sentence out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from leads.vocabulary import Lifecycle, Verdict

NEAR = 15  # points below the line at which a question is worth a human's time
SILENT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Gap:
    """A criterion that is not answered well enough: its key, its name, what to ask, and what stands (or unknown)."""

    key: str
    label: str
    question: str
    state: str = "unknown"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that nobody knows and that would count: its key, what to ask, and the points of the best answer."""

    key: str
    question: str
    points: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The earliest open follow-up."""

    title: str
    due: date
    assignee: str


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the next step depends on. `total` is None while nobody has been scored."""

    lifecycle: str
    today: date
    owner: str = ""
    total: int | None = None
    threshold: int = 0
    gaps: Sequence[Gap] = ()
    unknown: Sequence[Unknown] = ()  # enough of them to reach the line
    needs: int = 0  # points that no answer would bring
    must_talk: bool = False  # two-way contact is required and missing
    has_told_all: bool = False  # every criterion is met
    is_qualified: bool = False
    excluded: str = ""  # by which exclusion of the definition they are never qualified
    fades_on: date | None = None
    last_two_way: date | None = None
    planned: Planned | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, why, and by which action: evidence or edit (of `key`), call, follow_up, done, promote or none."""

    title: str
    why: str
    action: str = ""
    key: str = ""
    is_quiet: bool = False


def next_step(now: Situation) -> Step:
    """The first of these that applies: what was promised, what the stage asks, what is missing, wait."""
    if now.lifecycle == Lifecycle.DISQUALIFIED:
        return Step("Nothing to do.", "They are disqualified. Take them back when something has changed.", "", "", True)
    if now.planned and now.planned.due <= now.today:
        return Step(f"{_sentence(now.planned.title)}", f"{_due(now.planned, now.today)}{_fades(now)}", "done")
    if now.lifecycle in {Lifecycle.PROSPECT, Lifecycle.CUSTOMER}:
        return _with_a_prospect(now)
    return _with_a_lead(now)


def _with_a_prospect(now: Situation) -> Step:
    if now.planned:
        return Step(_sentence(now.planned.title), _due(now.planned, now.today), "done", "", True)
    if now.lifecycle == Lifecycle.CUSTOMER:
        return Step(
            "Nothing planned.", "A customer. Plan a follow-up when there is something to talk about.", "", "", True
        )
    silent = None if now.last_two_way is None else (now.today - now.last_two_way).days
    if silent is None or silent > SILENT_DAYS:
        heard = "They have never talked to us" if silent is None else f"Nothing heard for {silent} days"
        return Step("Get in touch.", f"{heard}, and nothing is planned.", "call")
    if now.gaps:
        return _ask(now)
    return Step("Plan the next step.", "Nothing is planned, and a prospect without a date goes cold.", "follow_up")


def _with_a_lead(now: Situation) -> Step:
    if now.total is None:
        return Step("Wait for the score.", "They have not been scored yet.", "", "", True)
    if now.is_qualified:
        return Step(
            "Promote to prospect.", f"Everything is there: {now.total} of {now.threshold}.{_fades(now)}", "promote"
        )
    if now.excluded:
        why = f"The definition leaves them out (“{now.excluded}”), whatever they do or tell."
        return Step("Nothing to ask.", why, "", "", True)
    below = now.threshold - now.total
    if below > NEAR and now.has_told_all and not now.must_talk:
        why = f"Only the score is short, {_points(below)} below the line of {now.threshold}. Whoever promotes says why."
        return Step("They told everything: decide yourself.", why, "promote")
    if below > NEAR:
        waits = f"{below} points below the line of {now.threshold}"
        if now.needs:
            waits += f", and nothing you can ask would do: {_points(now.needs)} must come from what they do"
        return Step("Leave it to nurture.", f"{waits}; a person’s time is better spent elsewhere.", "", "", True)
    if now.must_talk and not now.gaps and below <= 0:
        return Step("Talk to them.", f"The only thing missing: they have not talked to us lately.{_fades(now)}", "call")
    if now.gaps:
        return _ask(now)
    if now.planned:
        return Step(_sentence(now.planned.title), _due(now.planned, now.today), "done", "", True)
    if now.unknown:
        return _find_out(now, below)
    if now.must_talk:
        return Step("Talk to them.", f"{_points(below)} below the line, and they have not talked to us lately.", "call")
    waits = f"Only {_points(below)} below the line of {now.threshold}"
    if now.needs:
        waits += f", but nothing you can ask would do: {_points(now.needs)} must come from what they do"
    return Step("Wait for a sign of interest.", f"{waits}.", "", "", True)


def _find_out(now: Situation, below: int) -> Step:
    """Ask what nobody knows of them yet."""
    first, others = now.unknown[0], len(now.unknown) - 1
    also = f" and {others} other answer{'' if others == 1 else 's'}" if others else ""
    talk = " They have not talked to us lately, either." if now.must_talk else ""
    why = f"{_points(below)} below the line; a good answer brings {first.points}{also and f',{also} the rest'}.{talk}"
    return Step(first.question, f"{why}{_fades(now)}", "edit", first.key)


def _ask(now: Situation) -> Step:
    """Ask for the first gap, unknown ones first; say whether it is all that keeps them from being a prospect."""
    gaps = sorted(now.gaps, key=lambda gap: gap.state == Verdict.FAILS)
    first, others = gaps[0], [gap.label.lower() for gap in gaps[1:]]
    below = 0 if now.total is None else now.threshold - now.total
    title = f"Ask about {first.label.lower()}."
    if now.lifecycle == Lifecycle.PROSPECT:
        why = f"“{first.question}”"
    elif first.state == Verdict.FAILS:
        why = f"The last answer on {first.label.lower()} was a no. If it stands, disqualify them."
    else:
        missing = ([_points(below)] if below > 0 else []) + others + (["a conversation"] if now.must_talk else [])
        why = f"Also missing: {_listed(missing)}." if missing else "The only thing missing."
        if first.state == Verdict.WEAK:
            why = f"The last answer is weak. {why}"
    if not now.owner:
        why += " Nobody owns this lead."
    return Step(title, f"{why}{_fades(now)}", "evidence", first.key)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _points(count: int) -> str:
    return f"{count} point{'' if count == 1 else 's'}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _due(planned: Planned, today: date) -> str:
    days = (planned.due - today).days
    if days == 0:
        when = "Due today"
    elif days < 0:
        when = f"Due {-days} day{'' if days == -1 else 's'} ago"
    else:
        when = f"Planned for {_day(planned.due, today)}"
    return f"{when}, {planned.assignee}."


def _day(day: date, today: date) -> str:
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def _fades(now: Situation) -> str:
    return f" Score falls below {now.threshold} on {_day(now.fades_on, now.today)}." if now.fades_on else ""
