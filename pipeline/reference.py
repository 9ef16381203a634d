"""The pipeline that every installation starts with; `ensure` may run at any time."""

from django.db import transaction

from pipeline.models import Pipeline, Stage, StageField, StageKind

AMOUNT, CLOSE = StageField.AMOUNT, StageField.EXPECTED_CLOSE
# name, kind, probability, days until a card rots, fields that a card needs
STAGES = [
    ("New", StageKind.OPEN, 10, 7, []),
    ("Discovery", StageKind.OPEN, 25, 14, []),
    ("Proposal", StageKind.OPEN, 50, 14, [AMOUNT]),
    ("Negotiation", StageKind.OPEN, 75, 10, [AMOUNT, CLOSE]),
    ("Won", StageKind.WON, 100, None, []),
    ("Lost", StageKind.LOST, 0, None, []),
]


@transaction.atomic
def ensure() -> None:
    """Make the first pipeline where there is none; what people have changed stays as they left it."""
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
            rots_after_days=rots_after_days,
            required_fields=[str(field) for field in required],
            position=position,
        )
        for position, (name, kind, probability, rots_after_days, required) in enumerate(STAGES)
    )
