"""Workers keep judgements up to date with the facts."""

from django.utils import timezone

from core.tasks import begun, enqueue, task, wake
from scoring import services
from scoring.queries import shadows, trials
from scoring.services import accountability, back_tests, learning, loads, previews
from scoring.services import shadows as shadowing


@task
def rescore(contact_ids: list[int] | None = None) -> None:
    """Judge all contacts whose facts changed; the ids only say why we were woken, the queue knows who.

    It is its own sweep: beat calls it for what an announcement lost.
    """
    begun(rescore)
    services.rescore_changed(now=timezone.now())


@task
def follow_team(user_id: int) -> None:
    """Somebody went to another team: their leads may have another definition now."""
    services.queue_leads_of(user_id)
    wake(rescore)


@task
def refresh_stale(definition_id: int | None = None) -> None:
    """Once a day has begun (or a definition was activated), judge everybody anew, range by range.

    It is the sweep of `follow_team`, too.
    """
    for range_id in services.plan_refresh(now=timezone.now()):
        enqueue(refresh_range, range_id=range_id)


@task
def refresh_range(range_id: int) -> None:
    """Judge one range of contacts."""
    services.refresh_range(range_id, now=timezone.now())


@task
def train_model(model_id: int) -> None:
    """Train a version of the probability of purchase, then say it of everybody."""
    if learning.train(model_id, now=timezone.now()) is not None:
        enqueue(say_likelihoods)


@task
def say_likelihoods() -> None:
    """Say the probability of one range of contacts; queues itself until everybody has theirs of today."""
    if learning.say_next(now=timezone.now()) is not None:
        enqueue(say_likelihoods)


@task
def keep_learning() -> None:
    """The sweep: a new version each week, what waits to be trained, and probabilities of today that are missing."""
    model_id, walks = learning.due(now=timezone.now())
    if model_id is not None:
        enqueue(train_model, model_id=model_id)
    if walks:
        enqueue(say_likelihoods)


@task
def run_preview(preview_id: int) -> None:
    """Count the next stretch of a preview; queues itself until all are counted."""
    if previews.continue_preview(preview_id, now=timezone.now()):
        enqueue(run_preview, preview_id=preview_id)


@task
def run_back_test(back_test_id: int) -> None:
    """Judge the next week of a back-test; queues itself until the last one."""
    if back_tests.continue_back_test(back_test_id, now=timezone.now()):
        enqueue(run_back_test, back_test_id=back_test_id)


@task
def run_load_trial(load_trial_id: int) -> None:
    """Judge the next week for all thresholds; queues itself until the last one."""
    if loads.continue_load_trial(load_trial_id, now=timezone.now()):
        enqueue(run_load_trial, load_trial_id=load_trial_id)


@task
def run_shadow(shadow_id: int) -> None:
    """Judge the next stretch of everybody by a shadow that has begun; queues itself until all are judged once."""
    if shadowing.walk(shadow_id, now=timezone.now()):
        enqueue(run_shadow, shadow_id=shadow_id)


@task
def resume_trials() -> None:
    """The sweep: previews, back-tests, loads and shadows that nobody goes on with, and shadows of what changed."""
    now = timezone.now()
    shadowing.stop_outdated(now=now)
    for shadow_id in shadows.unfinished(now=now):
        enqueue(run_shadow, shadow_id=shadow_id)
    unfinished = trials.abandoned(now=now)
    for preview_id in unfinished.previews:
        enqueue(run_preview, preview_id=preview_id)
    for back_test_id in unfinished.back_tests:
        enqueue(run_back_test, back_test_id=back_test_id)
    for load_trial_id in unfinished.load_trials:
        enqueue(run_load_trial, load_trial_id=load_trial_id)


@task
def count_rules() -> None:
    """Count what the rules of the active definitions did."""
    accountability.count_rules(now=timezone.now())


@task
def count_rules_daily() -> None:
    """The sweep: once a day, or after a definition was activated."""
    if accountability.is_due(now=timezone.now()):
        enqueue(count_rules)
