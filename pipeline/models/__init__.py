"""The rows of the commitment layer, by noun."""

from pipeline.models.desk import DeskOutcome, DeskPlace, DeskPlaceQuerySet, Did, Question, Waits
from pipeline.models.forecasts import ForecastCall, Quota
from pipeline.models.opportunities import (
    LostReason,
    Opportunity,
    OpportunityPerson,
    OpportunityQuerySet,
    StageMove,
)
from pipeline.models.pipelines import Category, Pipeline, Stage, StageField, StageKind, StageQuerySet
from pipeline.models.turns import Turn

__all__ = [
    "Category",
    "DeskOutcome",
    "DeskPlace",
    "DeskPlaceQuerySet",
    "Did",
    "ForecastCall",
    "LostReason",
    "Opportunity",
    "OpportunityPerson",
    "OpportunityQuerySet",
    "Pipeline",
    "Question",
    "Quota",
    "Stage",
    "StageField",
    "StageKind",
    "StageMove",
    "StageQuerySet",
    "Turn",
    "Waits",
]
