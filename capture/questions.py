"""What a form asks: values in, values out. A version keeps its questions as the plain dicts that `plain` makes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

TYPES = {
    "text": "One line",
    "long_text": "Several lines",
    "email": "E-mail address",
    "phone": "Phone number",
    "number": "Number",
    "date": "Date",
    "choice": "One of several",
    "choices": "Any of several",
    "yes_no": "Yes or no",
    "hidden": "Hidden",
}
WITH_OPTIONS = frozenset({"choice", "choices"})
OPERATORS = {"is": "is", "is_not": "is not", "contains": "contains", "filled": "is filled in"}
YES, NO = "Yes", "No"
LONGEST_LINE, LONGEST_TEXT = 1000, 5000
# how much the contact's own columns hold
LONGEST = {
    "contact.first_name": 100,
    "contact.last_name": 100,
    "contact.email": 254,
    "contact.phone": 40,
    "contact.job_title": 150,
    "contact.country": 60,  # a name or a code
    "company.name": 200,
    "company.industry": 80,
    "company.country": 60,
}


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from; what it says about the criterion that the question is mapped to."""

    label: str
    verdict: str = ""  # meets, weak, fails; empty: it says nothing
    value: str = ""  # the amount, date or words that become the evidence


@dataclass(frozen=True, slots=True)
class Condition:
    """Shown only if an earlier question is answered so."""

    key: str
    operator: str = "is"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a form."""

    key: str
    label: str
    type: str = "text"
    help: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    maps_to: str = ""  # contact.email, company.name, contact.custom.size, criterion.budget; empty: kept with the form
    verdict: str = "weak"  # for a criterion answered in words, by a number or a date: what any answer says
    default: str = ""  # of a hidden one
    parameter: str = ""  # of the address, from which a hidden one is filled
    shown_if: Condition | None = None

    @property
    def criterion(self) -> str:
        """The key of the criterion that it answers, or nothing."""
        return self.maps_to.removeprefix("criterion.") if self.maps_to.startswith("criterion.") else ""

    @property
    def choices(self) -> tuple[Option, ...]:
        """What can be chosen; yes and no for a question of that type, with their verdicts where they have one."""
        if self.type != "yes_no":
            return self.options if self.type in WITH_OPTIONS else ()
        given = {option.label: option for option in self.options}
        return tuple(given.get(label, Option(label)) for label in (YES, NO))

    @property
    def longest(self) -> int:
        """How many characters an answer may have."""
        if self.type == "long_text" and ".custom." not in self.maps_to:
            return LONGEST_TEXT
        return LONGEST.get(self.maps_to, LONGEST_LINE)


def _text(value: object, longest: int = 300) -> str:
    return str(value)[:longest] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def read(plain: Mapping[str, Any]) -> Question:
    """A question from a version's row; what it doesn't have is empty."""
    shown_if = plain.get("shown_if")
    return Question(
        key=_text(plain.get("key"), 60),
        label=_text(plain.get("label")),
        type=plain["type"] if plain.get("type") in TYPES else "text",
        help=_text(plain.get("help")),
        required=plain.get("required") is True,
        options=tuple(
            Option(_text(row.get("label"), 200), _text(row.get("verdict"), 5), _text(row.get("value"), 200))
            for row in plain.get("options") or ()
        ),
        maps_to=_text(plain.get("maps_to"), 80),
        verdict=_text(plain.get("verdict"), 5) or "weak",
        default=_text(plain.get("default")),
        parameter=_text(plain.get("parameter"), 60),
        shown_if=Condition(
            _text(shown_if.get("key"), 60), _text(shown_if.get("operator"), 10) or "is", _text(shown_if.get("value"))
        )
        if isinstance(shown_if, Mapping) and shown_if.get("key")
        else None,
    )


def read_all(rows: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """A version's questions in their order."""
    return tuple(read(row) for row in rows)


def plain(question: Question) -> dict[str, Any]:
    """As it is kept: only what is said."""
    row = asdict(question)
    row["options"] = [{name: text for name, text in option.items() if text} for option in row["options"]]
    return {name: value for name, value in row.items() if value not in ("", False, None, [], ())}


def holds(condition: Condition | None, answers: Mapping[str, Any]) -> bool:
    """Whether a question with this condition is shown, given the answers before it; static/forms/form.js agrees."""
    if condition is None:
        return True
    answer = answers.get(condition.key)
    said = [str(one).casefold() for one in (answer if isinstance(answer, list) else [answer]) if one not in (None, "")]
    wanted = condition.value.casefold()
    if condition.operator == "filled":
        return bool(said)
    if condition.operator == "contains":
        return any(wanted in one for one in said)
    if condition.operator == "is_not":
        return wanted not in said
    return wanted in said
