"""Rows of `scoring`: definitions, judgements, and what is learned."""

from scoring.models.definition import (
    Definition,
    DefinitionStatus,
    EngagementRule,
    FitRule,
    RefreshRange,
    RequiredCriterion,
    Verdict,
)

__all__ = [
    "Definition",
    "DefinitionStatus",
    "EngagementRule",
    "FitRule",
    "RefreshRange",
    "RequiredCriterion",
    "Verdict",
]
