"""The rows of the commitment layer, by noun."""

from pipeline.models.availability import Absence, Availability, Holiday, PublicHoliday
from pipeline.models.changes import BoardChange
from pipeline.models.competitors import Competitor
from pipeline.models.currencies import ExchangeRate, ReportingCurrency
from pipeline.models.desk import DeskOutcome, DeskPlace, DeskPlaceQuerySet, Did, Question, Waits
from pipeline.models.forecasts import ForecastCall, Quota
from pipeline.models.hand_offs import HandOff, HandOffQuerySet, HandOffState, Promoted, RejectReason
from pipeline.models.opportunities import (
    LineItem,
    LostReason,
    Opportunity,
    OpportunityFile,
    OpportunityPerson,
    OpportunityQuerySet,
    Priority,
    StageMove,
)
from pipeline.models.pipelines import Category, Pipeline, Stage, StageField, StageKind, StageQuerySet
from pipeline.models.products import Product
from pipeline.models.recycling import Recycle, RecycleQuerySet, RecycleState, ReturnBy, ReturnRule
from pipeline.models.routing import HandOffTerms, PromotionMode, RoutingRule
from pipeline.models.turns import Turn

__all__ = [
    "Absence",
    "Availability",
    "BoardChange",
    "Category",
    "Competitor",
    "DeskOutcome",
    "DeskPlace",
    "DeskPlaceQuerySet",
    "Did",
    "ExchangeRate",
    "ForecastCall",
    "HandOff",
    "HandOffQuerySet",
    "HandOffState",
    "HandOffTerms",
    "Holiday",
    "LineItem",
    "LostReason",
    "Opportunity",
    "OpportunityFile",
    "OpportunityPerson",
    "OpportunityQuerySet",
    "Pipeline",
    "Priority",
    "Product",
    "Promoted",
    "PromotionMode",
    "PublicHoliday",
    "Question",
    "Quota",
    "Recycle",
    "RecycleQuerySet",
    "RecycleState",
    "RejectReason",
    "ReportingCurrency",
    "ReturnBy",
    "ReturnRule",
    "RoutingRule",
    "Stage",
    "StageField",
    "StageKind",
    "StageMove",
    "StageQuerySet",
    "Turn",
    "Waits",
]
