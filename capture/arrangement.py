"""A form's content as a whole: what must be right before it can be published. Values in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from capture.questions import Question
from leads.vocabulary import Purpose

MOST_QUESTIONS, MOST_OPTIONS, LONGEST_LABEL, LONGEST_WORDS = 40, 50, 200, 2000
# names that the page itself sends along
RESERVED = {"website", "nonce", "winnow_visitor", "for", "page", "referrer", "version", "csrfmiddlewaretoken"}
REACHABLE = {"contact.email", "contact.phone"}


@dataclass(frozen=True, slots=True)
class Target:
    """Something that an answer may become."""

    key: str
    label: str
    group: str
    types: tuple[str, ...]  # of the question; the first is the usual one
    asks: str = ""  # how the question usually goes
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentBox:
    """A check box beside a sentence; never ticked beforehand."""

    purpose: str
    wording: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version of a form asks and says."""

    questions: tuple[Question, ...] = ()
    consents: tuple[ConsentBox, ...] = ()
    intro: str = ""
    button: str = "Send"
    thank_you: str = "Thank you. We will get back to you."
    redirect_to: str = ""
    asks_confirmation: bool = False


def problems(content: Content, targets: Mapping[str, Target], *, is_by_invitation: bool = False) -> dict[str, str]:
    """What is wrong and how to mend it, by the control of the builder that it stands beside (empty: as a whole)."""
    found: dict[str, str] = {}
    if not content.questions:
        found[""] = "Ask for something: a form without questions tells nothing."
    if len(content.questions) > MOST_QUESTIONS:
        found[""] = f"At most {MOST_QUESTIONS} questions; these are {len(content.questions)}. Fewer are answered more."
    earlier: dict[str, Question] = {}
    taken: set[str] = set()
    for number, question in enumerate(content.questions):
        for part, text in _of_question(question, targets, earlier).items():
            found[f"q{number}-{part}"] = text
        if question.maps_to and not question.criterion and question.maps_to in taken:
            found[f"q{number}-maps_to"] = "Another question is kept there already."
        taken.add(question.maps_to)
        earlier[question.key] = question
    found |= _of_reach(content, is_by_invitation)
    found |= _of_words(content)
    return found


def _of_question(question: Question, targets: Mapping[str, Target], earlier: Mapping[str, Question]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not question.label:
        found["label"] = "Write the question."
    elif len(question.label) > LONGEST_LABEL:
        found["label"] = f"At most {LONGEST_LABEL} characters."
    if question.key in earlier or question.key in RESERVED:
        found["label"] = "Another question has this name. Word them differently."
    labels = [option.label.casefold() for option in question.options]
    if question.type in {"choice", "choices"}:
        if len(labels) < 2:
            found["options"] = "Offer at least two answers."
        elif len(labels) > MOST_OPTIONS:
            found["options"] = f"At most {MOST_OPTIONS} answers."
        elif len(set(labels)) < len(labels):
            found["options"] = "The same answer is there twice."
    target = targets.get(question.maps_to)
    if question.maps_to and target is None:
        found["maps_to"] = "This is no longer there. Choose what the answer becomes."
    elif target is not None and question.type not in target.types:
        found["type"] = f"{target.label} cannot be filled by this type of question."
    elif target is not None and target.options and question.type == "choice":
        strange = set(labels) - {option.casefold() for option in target.options}
        if strange:
            found["options"] = f"{target.label} takes only: {', '.join(target.options)[:200]}."
    condition = question.shown_if
    if condition is not None:
        if condition.key not in earlier:
            found["shown_if"] = "Choose a question that stands above this one."
        elif condition.operator != "filled" and not condition.value:
            found["shown_if"] = "Say which answer brings this question up."
    return found


def _of_reach(content: Content, is_by_invitation: bool) -> dict[str, str]:
    sure = {question.maps_to for question in content.questions if question.required and question.shown_if is None}
    if content.asks_confirmation and "contact.email" not in sure and not is_by_invitation:
        return {"asks_confirmation": "To ask by mail, make a question for the e-mail address required."}
    if content.questions and not is_by_invitation and not REACHABLE & sure:
        return {"": "Make an e-mail address or a phone number required and always shown: else you cannot answer."}
    return {}


def _of_words(content: Content) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, box in enumerate(content.consents):
        if box.purpose not in Purpose.values:
            found[f"c{number}-purpose"] = "Choose what they agree to."
        elif box.purpose in {other.purpose for other in content.consents[:number]}:
            found[f"c{number}-purpose"] = "There is a box for this purpose already."
        if not box.wording:
            found[f"c{number}-wording"] = "Write the sentence beside the box."
        elif len(box.wording) > LONGEST_WORDS:
            found[f"c{number}-wording"] = f"At most {LONGEST_WORDS:,} characters."
    if not content.button:
        found["button"] = "Write what stands on the button."
    elif len(content.button) > 40:
        found["button"] = "At most 40 characters."
    for name in ("intro", "thank_you"):
        if len(getattr(content, name)) > LONGEST_WORDS:
            found[name] = f"At most {LONGEST_WORDS:,} characters."
    if not content.thank_you and not content.redirect_to:
        found["thank_you"] = "Say thank you, or send them to a page that does."
    if content.redirect_to and not is_safe_address(content.redirect_to):
        found["redirect_to"] = "Give an address that begins with https://"
    return found


def is_safe_address(address: str) -> bool:
    """Whether visitors may be sent there: https, a host, nothing that hides another address."""
    try:
        parts = urlsplit(address)
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = address.isprintable() and not any(sign in address for sign in " \\\"'<>")
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and plain and port_is_sane


def unknown_host(address: str, origins: Iterable[str]) -> str:
    """The host of the address, when none of the own sites has it."""
    host = (urlsplit(address).hostname or "") if address else ""
    own = {urlsplit(origin).hostname for origin in origins}
    return "" if host in own else host
