"""Workers keep judgements up to date with the facts."""

from django.utils import timezone

from core.tasks import enqueue, task
from scoring import services


@task
def rescore(contact_ids: list[int] | None = None) -> None:
    """Judge all contacts whose facts changed; the ids only say why we were woken, the queue knows who.

    It is its own sweep: beat calls it for what an announcement lost.
    """
    services.rescore_changed(now=timezone.now())


@task
def refresh_stale() -> None:
    """Once a day has begun (or a definition was activated), judge everybody anew, range by range."""
    for range_id in services.plan_refresh(now=timezone.now()):
        enqueue(refresh_range, range_id=range_id)


@task
def refresh_range(range_id: int) -> None:
    """Judge one range of contacts."""
    services.refresh_range(range_id, now=timezone.now())
