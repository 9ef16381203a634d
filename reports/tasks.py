"""Workers keep the rollups, the ranges and the record up to date."""

from django.utils import timezone

from core.tasks import task
from reports import services


@task
def refresh_funnel() -> None:
    """Recount the funnel's months that something happened to; beat calls it twice a minute."""
    services.refresh_funnel(now=timezone.now(), joins_in=False)


@task
def prove_funnel() -> None:
    """Hold the funnel against the facts; beat calls it each night."""
    services.prove_funnel(now=timezone.now())


@task
def refresh_outlook() -> None:
    """Work out the ranges anew where the day has changed or deals have moved; beat calls it twice a minute."""
    services.refresh_outlook(now=timezone.now())


@task
def take_snapshot() -> None:
    """Write down once a day what we believe; beat asks every ten minutes whether it has been done."""
    now = timezone.now()
    services.refresh_outlook(now=now)
    services.take_snapshot(now=now)
