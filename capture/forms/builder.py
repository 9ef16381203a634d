"""The builder's controls, read into a form's content: everything is in the page, so that it also works without script.

`q` names the questions in the order in which they stand there, `q3-label` is the label of no. 3, `q3-o` its options,
`c` the consent boxes. What is too much or unreadable is cut off here and told by capture/arrangement.py.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from django.http import QueryDict
from django.utils.text import slugify

from capture.arrangement import LONGEST_WORDS, MOST_OPTIONS, MOST_QUESTIONS, RESERVED, ConsentBox, Content, Target
from capture.questions import OPERATORS, TYPES, WITH_OPTIONS, Condition, Option, Question
from capture.suggestions import ANSWERS, CONSENTS
from leads import normalise
from leads.vocabulary import Purpose, Verdict

OWN_QUESTIONS = {"text": "One line of text", "long_text": "Several lines of text", "choice": "A choice"}
OWN_QUESTIONS |= {"choices": "Several choices", "yes_no": "Yes or no", "number": "A number", "date": "A date"}
OWN_QUESTIONS |= {"hidden": "A hidden field"}
_BLOCK = re.compile(r"\d{1,3}")


def read_content(data: QueryDict, targets: Mapping[str, Target]) -> Content:
    """What the controls say."""
    questions: list[Question] = []
    for block in _blocks(data, "q")[: MOST_QUESTIONS + 1]:
        question = _question(data, f"q{block}", targets)
        key = question.key or _key(question, {other.key for other in questions})
        questions.append(replace(question, key=key))
    return Content(
        questions=tuple(questions),
        consents=tuple(
            ConsentBox(data.get(f"c{block}-purpose", "")[:12], _words(data, f"c{block}-wording"))
            for block in _blocks(data, "c")[:10]
        ),
        intro=_words(data, "intro"),
        button=_line(data, "button", 40),
        thank_you=_words(data, "thank_you"),
        redirect_to=_line(data, "redirect_to", 500),
        asks_confirmation=bool(data.get("asks_confirmation")),
    )


def rearranged(content: Content, do: str, data: QueryDict, targets: Mapping[str, Target]) -> Content:
    """The content after a button of the builder: `up:2`, `remove:2`, `add`, `option:2`, `consent`; else as it is."""
    verb, _, rest = do.partition(":")
    questions, consents = list(content.questions), list(content.consents)
    block = rest.partition(":")[0]
    place = _blocks(data, "c" if verb == "unconsent" else "q").index(block) if _is_there(data, verb, block) else -1
    if verb == "add":
        questions.append(_new(data.get("add", ""), targets, {question.key for question in questions}))
    elif verb == "consent":
        purpose = next((p for p in Purpose.values if p not in {box.purpose for box in consents}), Purpose.MARKETING)
        consents.append(ConsentBox(purpose, CONSENTS.get(purpose, "")))
    elif verb == "unconsent" and 0 <= place < len(consents):
        del consents[place]
    elif 0 <= place < len(questions):
        question = questions.pop(place)
        if verb == "option":
            question = replace(question, options=(*question.options, Option("")))
        if verb != "remove":
            to = {"up": place - 1, "down": place + 1}.get(verb, place)
            questions.insert(max(0, min(to, len(questions))), question)
    return replace(content, questions=tuple(questions[: MOST_QUESTIONS + 1]), consents=tuple(consents))


def _is_there(data: QueryDict, verb: str, block: str) -> bool:
    return block in _blocks(data, "c" if verb == "unconsent" else "q")


def _blocks(data: QueryDict, name: str) -> list[str]:
    """The numbers of the blocks, in the order of the page."""
    return list(dict.fromkeys(block for block in data.getlist(name) if _BLOCK.fullmatch(block)))


def _line(data: QueryDict, name: str, longest: int = 300) -> str:
    return normalise.line(data.get(name, "")[: 4 * longest])[:longest]


def _words(data: QueryDict, name: str) -> str:
    """Text; one character too many stays, so that the limit is told instead of the text being cut."""
    return normalise.text(data.get(name, "")[: 4 * LONGEST_WORDS])[: LONGEST_WORDS + 1]


def _question(data: QueryDict, at: str, targets: Mapping[str, Target]) -> Question:
    maps_to = data.get(f"{at}-maps_to", "")[:80]
    type_ = data.get(f"{at}-type", "")
    target = targets.get(maps_to)
    if type_ not in TYPES:
        type_ = target.types[0] if target else "text"
    if target is not None and type_ not in target.types:  # the target was changed: its usual type
        type_ = target.types[0]
    options = tuple(
        Option(
            label,
            verdict if (verdict := data.get(f"{at}-o{row}-verdict", "")) in Verdict.values else "",
            _line(data, f"{at}-o{row}-value", 200),
        )
        for row in _blocks(data, f"{at}-o")[: MOST_OPTIONS + 1]
        if (label := _line(data, f"{at}-o{row}-label", 200))
    )
    if type_ in WITH_OPTIONS and not options:
        options = _usual_options(maps_to, target)
    condition = data.get(f"{at}-if_key", "")[:60]
    operator = data.get(f"{at}-if_operator", "is")
    verdict = data.get(f"{at}-verdict", "")
    return Question(
        key=_safe_key(data.get(f"{at}-key", "")),
        label=_line(data, f"{at}-label", 201),
        type=type_,
        help=_line(data, f"{at}-help"),
        required=bool(data.get(f"{at}-required")),
        options=options if type_ in WITH_OPTIONS or type_ == "yes_no" else (),
        maps_to=maps_to,
        verdict=verdict if verdict in Verdict.values else Verdict.WEAK.value,
        default=_line(data, f"{at}-default"),
        parameter=_line(data, f"{at}-parameter", 60),
        shown_if=Condition(condition, operator if operator in OPERATORS else "is", _line(data, f"{at}-if_value", 200))
        if condition
        else None,
    )


def _usual_options(maps_to: str, target: Target | None) -> tuple[Option, ...]:
    if maps_to.startswith("criterion."):
        return ANSWERS.get(maps_to.removeprefix("criterion."), ANSWERS[""])
    return tuple(Option(label) for label in target.options[:MOST_OPTIONS]) if target else ()


def _safe_key(text: str) -> str:
    return text if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", text) and text not in RESERVED else ""


def _key(question: Question, taken: set[str]) -> str:
    """The name under which the answer is sent: of what it becomes, else of its words."""
    named = "company" if question.maps_to == "company.name" else question.maps_to.rsplit(".", 1)[-1]
    words = slugify(normalise.search_text(named or question.label[:40])).replace("-", "_").strip("_")
    base = words if re.match(r"[a-z]", words) and words not in RESERVED else f"answer_{words}".rstrip("_")
    base = base[:50]
    return next(key for key in (base, *(f"{base}_{n}" for n in range(2, 99))) if key not in taken)


def _new(what: str, targets: Mapping[str, Target], taken: set[str]) -> Question:
    """A question for a target, or one of the own kinds, worded as it usually goes."""
    target = targets.get(what)
    if target is not None:
        type_ = target.types[0]
        if target.options and "choice" in target.types:
            type_ = "choice"
        question = Question("", target.asks, type_, maps_to=what)
        question = replace(question, options=_usual_options(what, target) if type_ in WITH_OPTIONS else ())
    else:
        type_ = what if what in OWN_QUESTIONS else "text"
        question = Question("", "" if type_ != "hidden" else "Hidden field", type_)
    return replace(question, key=_key(question, taken))
