"""The verbs of `pipeline`: each is one transaction; every change of an opportunity makes its next version."""

from pipeline.services.changing import MOST_AT_ONCE, Outcome, change_many, move_card, undo_change
from pipeline.services.closing import lose, reopen, win
from pipeline.services.currencies import remove_rate, set_rate, set_reporting_currency, take_rates
from pipeline.services.details import save_competitor, set_details
from pipeline.services.facts import add_person, edit, remove_person
from pipeline.services.files import add_file, remove_file
from pipeline.services.forecasts import call_forecast, set_quotas
from pipeline.services.gates import save_gate
from pipeline.services.handover import promote
from pipeline.services.items import save_product, set_items
from pipeline.services.moves import move
from pipeline.services.offers import accept
from pipeline.services.passing import expire, place
from pipeline.services.pipelines import bring_back_pipeline, retire_pipeline, save_pipeline
from pipeline.services.recycling import bring_back, put_aside, save_rule
from pipeline.services.routing_rules import (
    drop_terms,
    remove_routing_rule,
    save_routing_rule,
    save_terms,
    shift_routing_rule,
)
from pipeline.services.rows import Gone
from pipeline.services.stages import add_stage, bring_back_stage, change_stage, remove_stage, shift_stage
from pipeline.services.undoing import reject, undo_promotion
from pipeline.services.working_hours import add_absence, add_holiday, remove_absence, remove_holiday, save_hours

__all__ = [
    "MOST_AT_ONCE",
    "Gone",
    "Outcome",
    "accept",
    "add_absence",
    "add_file",
    "add_holiday",
    "add_person",
    "add_stage",
    "bring_back",
    "bring_back_pipeline",
    "bring_back_stage",
    "call_forecast",
    "change_many",
    "change_stage",
    "drop_terms",
    "edit",
    "expire",
    "lose",
    "move",
    "move_card",
    "place",
    "promote",
    "put_aside",
    "reject",
    "remove_absence",
    "remove_file",
    "remove_holiday",
    "remove_person",
    "remove_rate",
    "remove_routing_rule",
    "remove_stage",
    "reopen",
    "retire_pipeline",
    "save_competitor",
    "save_gate",
    "save_hours",
    "save_pipeline",
    "save_product",
    "save_routing_rule",
    "save_rule",
    "save_terms",
    "set_details",
    "set_items",
    "set_quotas",
    "set_rate",
    "set_reporting_currency",
    "shift_routing_rule",
    "shift_stage",
    "take_rates",
    "undo_change",
    "undo_promotion",
    "win",
]
