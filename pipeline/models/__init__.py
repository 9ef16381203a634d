"""The rows of the commitment layer, by noun."""

from pipeline.models.opportunities import (
    LostReason,
    Opportunity,
    OpportunityPerson,
    OpportunityQuerySet,
    StageMove,
)
from pipeline.models.pipelines import Pipeline, Stage, StageField, StageKind, StageQuerySet
from pipeline.models.turns import Turn

__all__ = [
    "LostReason",
    "Opportunity",
    "OpportunityPerson",
    "OpportunityQuerySet",
    "Pipeline",
    "Stage",
    "StageField",
    "StageKind",
    "StageMove",
    "StageQuerySet",
    "Turn",
]
