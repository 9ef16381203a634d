"""The shape of the product: which way keys point, what is migrated, what heals by itself."""

import tomllib
from io import StringIO
from pathlib import Path

import pytest
from celery import Task
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.models import ForeignKey, ManyToManyField
from django.dispatch import Signal
from django.forms import BaseForm
from django.urls import resolve

import crm.reactions
import leads.signals
import pipeline.signals
import scoring.signals
from api.webhooks import TYPES
from crm.celery import app


def _floors() -> dict[str, int]:
    """App -> floor, 0 being the top, as import-linter reads it."""
    with (Path(settings.BASE_DIR) / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    return {name.strip(): floor for floor, layer in enumerate(layers) for name in layer.split("|")}


def test_every_app_of_ours_has_its_floor() -> None:
    ours = {one.name for one in apps.get_app_configs() if Path(one.path).parent == Path(settings.BASE_DIR)}
    assert ours == set(_floors())


def test_no_foreign_key_points_up_or_sideways() -> None:
    floors = _floors()
    wrong, looked_at = [], 0
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey | ManyToManyField):
                continue
            here, there = model._meta.app_label, field.related_model._meta.app_label
            if here in floors and there in floors:
                looked_at += 1
                if here != there and floors[there] <= floors[here]:
                    wrong.append(f"{model.__name__}.{field.name} -> {field.related_model.__name__}")
    assert looked_at > 40
    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue().strip() == "No changes detected"


# task of a reaction -> the entry of the beat schedule that does the same work when the announcement got lost
SWEEPS = {
    "scoring.tasks.rescore": "scoring.tasks.rescore",
    "pipeline.tasks.promote": "pipeline.tasks.promote_missed",
    "pipeline.tasks.refresh_search": "pipeline.tasks.refresh_search_missed",
    "pipeline.tasks.place_at_desk": "pipeline.tasks.keep_desk",
    "capture.tasks.mail_confirmation": "capture.tasks.mail_missed_confirmations",
    "leads.tasks.apply_profiling": "leads.tasks.apply_profiling_missed",
    "leads.tasks.rejudge": "leads.tasks.resume_rejudging",
    "leads.tasks.erase": "leads.tasks.continue_privacy",
    "leads.tasks.collect_copy": "leads.tasks.continue_privacy",
    "scoring.tasks.refresh_stale": "scoring.tasks.refresh_stale",
    "scoring.tasks.follow_team": "scoring.tasks.refresh_stale",
    "scoring.tasks.run_preview": "scoring.tasks.resume_trials",
    "scoring.tasks.run_back_test": "scoring.tasks.resume_trials",
    "reports.tasks.refresh_funnel": "reports.tasks.refresh_funnel",
    "pipeline.tasks.let_rest": "pipeline.tasks.let_rest_missed",
    "capture.tasks.mail_invitation": "capture.tasks.mail_missed_invitations",
    "scoring.tasks.run_load_trial": "scoring.tasks.resume_trials",
    "scoring.tasks.run_shadow": "scoring.tasks.resume_trials",
}


def test_every_reaction_has_a_sweep() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    for _, task in crm.reactions.REACTIONS:
        assert SWEEPS[task.name] in scheduled


def test_every_scheduled_and_routed_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    routed = {name for name in settings.CELERY_TASK_ROUTES if not name.endswith("*")}
    assert (scheduled | routed) - set(app.tasks) == set()


def _listeners(signal: Signal) -> int:
    return len(signal.receivers)


def test_what_is_announced_is_answered_as_the_table_says() -> None:
    """Nobody listens anywhere but in crm/reactions.py."""
    counted: dict[Signal, int] = {}
    heard = [row[0] for row in crm.reactions.REACTIONS] + [row[0] for row in crm.reactions.TOLD]
    for signal in heard:
        counted[signal] = counted.get(signal, 0) + 1
    for module in (leads.signals, scoring.signals, pipeline.signals):
        for name, signal in vars(module).items():
            if isinstance(signal, Signal):
                assert _listeners(signal) == counted.get(signal, 0), f"{module.__name__}.{name}"


def test_what_other_programs_are_told_is_a_type_that_they_can_choose() -> None:
    assert {type_key for _, type_key, _ in crm.reactions.TOLD} == set(TYPES)


def test_the_table_names_real_tasks() -> None:
    assert all(isinstance(task, Task) and isinstance(signal, Signal) for signal, task in crm.reactions.REACTIONS)


def _below(kind: type) -> set[type]:
    return {kind}.union(*(_below(one) for one in kind.__subclasses__()))


def test_no_field_hides_what_htmx_asks_a_form_for() -> None:
    """`form.form` is the field of that name, and htmx, which looks for the form around an element, sends nothing."""
    resolve("/")  # the views, and so the forms, are loaded
    forms = [one for one in _below(BaseForm) if getattr(one, "base_fields", None)]
    assert len(forms) > 50
    asked = {
        "form",
        "elements",
        "attributes",
        "children",
        "closest",
        "matches",
        "parentElement",
        "parentNode",
        "tagName",
    }
    assert [one.__name__ for one in forms if asked & set(one.base_fields)] == []  # type: ignore[attr-defined]
