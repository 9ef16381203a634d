"""What qualification asks: criteria, and the ways to ask for them."""

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from core.errors import Refused
from leads import normalise
from leads.models import Criterion
from pipeline.models import Question

MOST_CRITERIA = 20
MOST_QUESTIONS = 20
LONGEST = {"label": 60, "letter": 2, "question": 200, "hint": 300}


def field_of(persona: str) -> str:
    """By which name what is wrong with its questions is told."""
    return f"questions of {persona}" if persona else "questions"


@transaction.atomic
def save_criterion(
    *,
    label: str,
    letter: str,
    question: str,
    valid_days: int,
    hint: str = "",
    position: int | None = None,
    questions: Sequence[str] = (),
    of_personas: Mapping[str, Sequence[str]] | None = None,
    criterion: Criterion | None = None,
) -> Criterion:
    """A new criterion, or another description of one, with the further ways to ask for it in their order, of
    everybody and of single personas.

    Its key stays: answers, rules and forms name it. Answers that were given keep their day of expiry.
    """
    given = {"label": label, "letter": letter, "question": question, "hint": hint}
    cleaned = {name: normalise.line(value) for name, value in given.items()}
    errors = {name: "Fill this in." for name, value in cleaned.items() if not value and name != "hint"}
    for name, value in cleaned.items():
        if len(value) > LONGEST[name]:
            errors[name] = f"At most {LONGEST[name]} characters; this has {len(value):,}."
    if not 1 <= valid_days <= 3650:
        errors["valid_days"] = "From 1 day to 10 years (3,650 days)."
    bank: dict[str, list[str]] = {}
    for persona, texts in {"": questions, **(of_personas or {})}.items():
        bank[persona] = list(dict.fromkeys(text for one in texts if (text := normalise.line(one))))
        if len(bank[persona]) > MOST_QUESTIONS:
            errors[field_of(persona)] = f"At most {MOST_QUESTIONS} questions; these are {len(bank[persona]):,}."
        elif any(len(text) > LONGEST["question"] for text in bank[persona]):
            errors[field_of(persona)] = f"A question has at most {LONGEST['question']} characters."
    if errors:
        raise Refused(**errors)
    if criterion is None:
        criterion = _new(cleaned["label"])
    for name, value in cleaned.items():
        setattr(criterion, name, value)
    criterion.valid_days = valid_days
    if position is not None:
        criterion.position = max(0, min(position, 32_000))
    criterion.save()
    Question.objects.filter(criterion=criterion).delete()
    Question.objects.bulk_create(
        Question(criterion=criterion, persona=persona[:60], text=text, position=number)
        for persona, texts in bank.items()
        for number, text in enumerate(texts)
    )
    return criterion


def _new(label: str) -> Criterion:
    if Criterion.objects.count() >= MOST_CRITERIA:
        raise Refused(f"There are {MOST_CRITERIA} criteria already; nobody can be asked more.")
    last = Criterion.objects.aggregate(last=Max("position"))["last"]
    key = slugify(label).replace("-", "_")[:40].strip("_")
    if not key:
        raise Refused(label="Use at least one letter from a to z, so that it can be named in formulas.")
    try:
        with transaction.atomic():
            return Criterion.objects.create(key=key, label=label, position=0 if last is None else last + 1)
    except IntegrityError:
        raise Refused(label="There is a criterion of this name already.") from None
