"""What somebody answered: as it is kept, and what it says about criteria. Values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from capture.questions import NO, YES, Question, holds
from core.errors import Refused
from leads import custom, normalise
from leads.vocabulary import FieldType, Verdict

MISSING = "Please fill this in."
MOST_CHARACTERS = 30_000  # of all answers together
MOST_EMPLOYEES = 10_000_000
_STRENGTH = [Verdict.MEETS.value, Verdict.WEAK.value, Verdict.FAILS.value]


def clean(questions: Iterable[Question], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers by key, as they are kept; raises Refused naming each wrong one by its key.

    What a question is not asked for (its condition does not hold) is passed over, also when it was sent.
    """
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for question in questions:
        if not holds(question.shown_if, answers):
            continue
        try:
            answer = _answer(question, given.get(question.key))
        except Refused as refused:
            errors[question.key] = str(refused)
            continue
        if answer not in (None, "", []):
            answers[question.key] = answer
        elif question.required and question.type != "hidden":
            errors[question.key] = MISSING
    if sum(len(str(answer)) for answer in answers.values()) > MOST_CHARACTERS:
        errors.setdefault("", f"Your answers are longer than {MOST_CHARACTERS:,} characters. Please say less.")
    if errors:
        raise Refused(**errors)
    return answers


def _answer(question: Question, value: Any) -> Any:
    if question.type == "choices":
        values = value if isinstance(value, list | tuple) else [value] if value else []
        return list(dict.fromkeys(_chosen(question, one) for one in values[:200] if one))
    if isinstance(value, list | tuple):
        value = value[-1] if value else ""
    text = _line_or_text(question, "" if value is None else str(value))
    if not text:
        return question.default if question.type == "hidden" else ""
    if question.type in {"choice", "yes_no"}:
        return _chosen(question, text)
    if question.type == "number":
        return _number(question, text)
    if question.type == "date":
        return custom.stored(custom.Rule(FieldType.DATE), text)
    if question.type == "email" and not normalise.mailbox(text):
        raise Refused(f"“{text[:60]}” is not an e-mail address.")
    return text


def _number(question: Question, text: str) -> int | float:
    try:
        number: int | float = custom.stored(custom.Rule(FieldType.NUMBER), Decimal(text.replace(" ", "")))
    except InvalidOperation:
        raise Refused(f"“{text[:40]}” is not a number. Write it as 1500 or 1500.50.") from None
    if question.maps_to == "company.employees" and not (isinstance(number, int) and 0 <= number <= MOST_EMPLOYEES):
        raise Refused("Give a whole number of people.")
    return number


def _line_or_text(question: Question, value: str) -> str:
    if "\0" in value:
        raise Refused("Null characters are not allowed.")
    if len(value) > question.longest and len(value.strip()) > question.longest:
        raise Refused(f"At most {question.longest:,} characters; this has {len(value):,}.")
    return normalise.text(value) if question.type == "long_text" else normalise.line(value)


def _chosen(question: Question, value: Any) -> str:
    """The option that was chosen, in its own spelling."""
    wanted = normalise.line(str(value)[:300]).casefold()
    for option in question.choices:
        if option.label.casefold() == wanted:
            return option.label
    raise Refused("Choose one of the answers offered.")


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer says about a criterion."""

    criterion: str
    verdict: str
    quote: str
    text: str = ""
    amount: Decimal | None = None
    on_date: date | None = None


def findings(questions: Iterable[Question], answers: Mapping[str, Any]) -> list[Finding]:
    """The evidence in the answers: an option says what its verdict says, anything else what the question says."""
    found = []
    for question in questions:
        answer = answers.get(question.key)
        if not question.criterion or answer in (None, "", []):
            continue
        finding = _of_options(question, answer) if question.choices else _of_value(question, answer)
        if finding is not None:
            found.append(finding)
    return found


def _of_options(question: Question, answer: Any) -> Finding | None:
    said = answer if isinstance(answer, list) else [answer]
    telling = [option for option in question.choices if option.label in said and option.verdict in _STRENGTH]
    if not telling:
        return None
    best = min(telling, key=lambda option: _STRENGTH.index(option.verdict))
    measures = _measures(best.value)
    return Finding(question.criterion, best.verdict, quote_of(question, answer), **measures)


def _of_value(question: Question, answer: Any) -> Finding | None:
    if question.verdict not in _STRENGTH:
        return None
    measures: dict[str, Any] = {}
    if question.type == "number" and 0 <= answer < 10**12:
        measures["amount"] = Decimal(str(answer))
    if question.type == "date":
        measures["on_date"] = date.fromisoformat(answer)
    return Finding(question.criterion, question.verdict, quote_of(question, answer), **measures)


def _measures(value: str) -> dict[str, Any]:
    """An option's value as what it is: an amount, a date, or words."""
    if not value:
        return {}
    try:
        amount = Decimal(value.replace(",", "").replace(" ", ""))
        return {"amount": amount} if amount.is_finite() and 0 <= amount < 10**12 else {"text": value}
    except InvalidOperation:
        pass
    try:
        return {"on_date": date.fromisoformat(value)}
    except ValueError:
        return {"text": value}


def words(answer: Any) -> str:
    """An answer as a person reads it."""
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return {True: YES, False: NO}[answer] if isinstance(answer, bool) else str(answer)


def quote_of(question: Question, answer: Any) -> str:
    """Their own words, with what was asked: a bare yes says nothing."""
    return told(question, words(answer))[:5000]


def told(question: Question, said: str) -> str:
    """What was asked and what they said, in one line."""
    return f"{question.label}{'' if question.label.endswith(('?', '!', '.', ':', '…')) else ':'} {said}"


def by_target(questions: Sequence[Question], answers: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The answers that are mapped below `prefix`, by the rest of the name; yes and no as truth values."""
    return {
        question.maps_to.removeprefix(prefix): answers[question.key] == YES
        if question.type == "yes_no"
        else answers[question.key]
        for question in questions
        if question.maps_to.startswith(prefix) and question.key in answers
    }
