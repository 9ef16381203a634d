"""The verbs of `pipeline`: each is one transaction; every change of an opportunity makes its next version."""

from pipeline.services.closing import lose, reopen, win
from pipeline.services.facts import add_person, edit, remove_person
from pipeline.services.handover import promote
from pipeline.services.moves import move
from pipeline.services.pipelines import save_pipeline
from pipeline.services.rows import Gone
from pipeline.services.stages import add_stage, bring_back_stage, change_stage, remove_stage, shift_stage

__all__ = [
    "Gone",
    "add_person",
    "add_stage",
    "bring_back_stage",
    "change_stage",
    "edit",
    "lose",
    "move",
    "promote",
    "remove_person",
    "remove_stage",
    "reopen",
    "save_pipeline",
    "shift_stage",
    "win",
]
