"""What `scoring` keeps: definitions, judgements, trials of drafts."""

from scoring.models.definition import (
    Definition,
    DefinitionStatus,
    EngagementRule,
    Exclusion,
    FitRule,
    Persona,
    RequiredCriterion,
)
from scoring.models.judgement import RefreshRange, Verdict
from scoring.models.learning import Likelihood, ModelState, PurchaseModel, RuleReport
from scoring.models.load import HighestTotal, LoadTrial
from scoring.models.shadow import Shadow, ShadowVerdict
from scoring.models.trial import BackTest, BackTestPromotion, Preview, PreviewChange

__all__ = [
    "BackTest",
    "BackTestPromotion",
    "Definition",
    "DefinitionStatus",
    "EngagementRule",
    "Exclusion",
    "FitRule",
    "HighestTotal",
    "Likelihood",
    "LoadTrial",
    "ModelState",
    "Persona",
    "Preview",
    "PreviewChange",
    "PurchaseModel",
    "RefreshRange",
    "RequiredCriterion",
    "RuleReport",
    "Shadow",
    "ShadowVerdict",
    "Verdict",
]
