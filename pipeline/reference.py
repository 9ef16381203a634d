"""The pipeline that every installation starts with; `ensure` may run at any time."""

from django.db import transaction

from leads.models import Criterion
from pipeline.models import (
    Category,
    LostReason,
    Pipeline,
    Question,
    RejectReason,
    ReturnBy,
    ReturnRule,
    Stage,
    StageField,
    StageKind,
)

AMOUNT, CLOSE = StageField.AMOUNT, StageField.EXPECTED_CLOSE
# name, kind, probability, category of the forecast, days until a card rots, fields that a card needs
STAGES = [
    ("New", StageKind.OPEN, 10, Category.PIPELINE, 7, []),
    ("Discovery", StageKind.OPEN, 25, Category.PIPELINE, 14, []),
    ("Proposal", StageKind.OPEN, 50, Category.BEST, 14, [AMOUNT]),
    ("Negotiation", StageKind.OPEN, 75, Category.COMMIT, 10, [AMOUNT, CLOSE]),
    ("Won", StageKind.WON, 100, Category.PIPELINE, None, []),
    ("Lost", StageKind.LOST, 0, Category.PIPELINE, None, []),
]


@transaction.atomic
def ensure() -> None:
    """Make the first pipeline where there is none; what people have changed stays as they left it."""
    ensure_questions()
    ensure_return_rules()
    if Pipeline.objects.exists():
        return
    pipeline, is_new = Pipeline.objects.get_or_create(name="Sales")
    if is_new:
        give_stages(pipeline)


def give_stages(pipeline: Pipeline) -> None:
    """The stages that a pipeline starts with."""
    Stage.objects.bulk_create(
        Stage(
            pipeline=pipeline,
            name=name,
            kind=kind,
            probability=probability,
            category=category,
            rots_after_days=rots_after_days,
            required_fields=[str(field) for field in required],
            position=position,
        )
        for position, (name, kind, probability, category, rots_after_days, required) in enumerate(STAGES)
    )


# further ways to ask for the usual criteria
QUESTIONS = {
    "budget": (
        "What did you pay for what you use today?",
        "What does the problem cost you in a month?",
        "Who would have to move money so that this can start?",
    ),
    "authority": (
        "Who else would want to see it before you say yes?",
        "Walk me through the last thing that you bought for the team.",
        "Who could still stop it?",
    ),
    "need": (
        "What have you tried already?",
        "Who feels it most when it goes wrong?",
        "What would be different half a year from now?",
    ),
    "timeline": (
        "What happens if it is a quarter later?",
        "When does the contract end that you have now?",
        "Which date is fixed already, and by whom?",
    ),
}


def ensure_questions() -> None:
    """Fill the bank of questions while it is empty."""
    if Question.objects.exists():
        return
    criteria = Criterion.objects.in_bulk(list(QUESTIONS), field_name="key")
    Question.objects.bulk_create(
        Question(criterion=criteria[key], text=text, position=position)
        for key, texts in QUESTIONS.items()
        if key in criteria
        for position, text in enumerate(texts)
    )


# what brings back whom we let go for a reason (of a rejection or a loss): how, months
RETURNS: dict[str, tuple[ReturnBy, int]] = {
    RejectReason.NO_AUTHORITY: (ReturnBy.ANEW, 6),
    RejectReason.NO_BUDGET: (ReturnBy.MONTHS, 6),
    RejectReason.NO_NEED: (ReturnBy.MONTHS, 12),
    RejectReason.TIMING: (ReturnBy.TIMELINE, 3),
    RejectReason.UNREACHABLE: (ReturnBy.VISIT, 6),
    RejectReason.DUPLICATE: (ReturnBy.ANEW, 6),
    RejectReason.BAD_DATA: (ReturnBy.ANEW, 6),
    LostReason.COMPETITOR: (ReturnBy.MONTHS, 12),
    LostReason.PRICE: (ReturnBy.MONTHS, 6),
    LostReason.SILENCE: (ReturnBy.VISIT, 6),
    LostReason.OTHER: (ReturnBy.ANEW, 6),
    "disqualified_no_need": (ReturnBy.MONTHS, 12),
    "disqualified_no_fit": (ReturnBy.ANEW, 12),
    "disqualified_competitor": (ReturnBy.ANEW, 12),
    "disqualified_student": (ReturnBy.MONTHS, 24),
    "disqualified_bad_data": (ReturnBy.ANEW, 6),
    "disqualified_spam": (ReturnBy.ANEW, 6),
    "disqualified_other": (ReturnBy.ANEW, 6),
    "disqualified_unreachable": (ReturnBy.VISIT, 6),
}


def ensure_return_rules() -> None:
    """What nobody has decided about yet."""
    ReturnRule.objects.bulk_create(
        [ReturnRule(reason=reason, by=by, months=months) for reason, (by, months) in RETURNS.items()],
        ignore_conflicts=True,
    )
