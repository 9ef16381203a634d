"""What must be there before a card enters a stage, beside its own fields: answers, talk, who they are. Values only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Refused
from leads import conditions

RANK = {"unknown": -1, "fails": 0, "weak": 1, "meets": 2}
LEAST = {"weak": " (weak is enough)", "meets": " that meets it"}
LONGEST = 730  # days
# which talk a stage may ask for: how it is called, and the kinds of events that are it
TALKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "meeting": ("a meeting", ("meeting_held",)),
    "call": ("a call in which somebody talked", ("call_connected",)),
    "reply": ("a reply to a mail", ("email_replied",)),
    "any": ("a meeting, a call or a reply", ("meeting_held", "call_connected", "email_replied")),
}
TALK, CONDITIONS, CRITERION = "talk", "conditions", "criterion-"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a stage asks of the people behind a card."""

    criteria: Mapping[str, str] = field(default_factory=dict)  # key of the criterion -> weak or meets
    talk: str = ""  # one of TALKS
    within_days: int = 30
    conditions: Mapping[str, Any] = field(default_factory=dict)  # leads/conditions.py, over contact and company

    @classmethod
    def of(cls, stored: Any) -> "Gate":
        """The gate that a stage keeps."""
        return cls(**stored) if isinstance(stored, dict) else cls()

    @property
    def stored(self) -> dict[str, Any]:
        """As a stage keeps it; a gate that asks for nothing is empty."""
        kept: dict[str, Any] = {}
        if self.criteria:
            kept["criteria"] = dict(self.criteria)
        if self.talk:
            kept |= {"talk": self.talk, "within_days": self.within_days}
        if self.conditions:
            kept["conditions"] = dict(self.conditions)
        return kept

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of events that are the talk."""
        return TALKS[self.talk][1] if self.talk else ()

    def words(self, labels: Mapping[str, str]) -> list[str]:
        """What it asks for, for people; `labels` are those of the criteria."""
        said = [
            labels.get(key, key) + (" (weak is enough)" if self.criteria[key] == "weak" else "")
            for key in in_order(self.criteria, labels)
        ]
        if self.talk:
            said.append(f"{TALKS[self.talk][0]} in the last {_days(self.within_days)}")
        if self.conditions:
            said.append(_words(self))
        return said


def checked(gate: Gate, known: Collection[str]) -> Gate:
    """The gate, if it can be asked; Refused names what is wrong. `known` are the keys of the criteria."""
    errors = {}
    for key, least in gate.criteria.items():
        if key not in known or least not in LEAST:
            errors[f"{CRITERION}{key}"] = "Choose weak or meets, of a criterion that there is."
    if gate.talk and gate.talk not in TALKS:
        errors["talk"] = "Choose one of the kinds of talk."
    if not 1 <= gate.within_days <= LONGEST:
        errors["within_days"] = f"Between 1 and {LONGEST} days."
    if gate.conditions:
        try:
            conditions.check(dict(gate.conditions), judged=True)
        except Refused as refused:
            errors |= refused.fields
    if errors:
        raise Refused(**errors)
    return gate


def lacking(
    gate: Gate,
    where: str,
    *,
    verdicts: Mapping[str, str],
    labels: Mapping[str, str],
    has_talked: bool,
    fits: bool,
    who: str,
) -> dict[str, str]:
    """A sentence for each thing that is missing, by the name under which a form can ask for it."""
    said = {}
    for key in in_order(gate.criteria, labels):
        least = gate.criteria[key]
        stands = verdicts.get(key, "unknown")
        if RANK.get(stands, -1) < RANK[least]:
            now = "nobody has asked yet" if stands == "unknown" else f"it is “{stands}”"
            said[f"{CRITERION}{key}"] = f"{where} needs an answer for {labels.get(key, key)}{LEAST[least]}; {now}."
    if gate.talk and not has_talked:
        said[TALK] = (
            f"{where} needs {TALKS[gate.talk][0]} in the last {_days(gate.within_days)}. "
            f"Log it on the page of {who}, then move the card."
        )
    if gate.conditions and not fits:
        said[CONDITIONS] = (
            f"{where} is only for those of whom this holds: {conditions.in_words(dict(gate.conditions))}."
        )
    return said


def in_order(criteria: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """The keys in the order of the criteria; those that are no more come last."""
    return [key for key in labels if key in criteria] + [key for key in criteria if key not in labels]


def _words(gate: Gate) -> str:
    return conditions.in_words(dict(gate.conditions))


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"
