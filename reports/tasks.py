"""Workers keep the rollups up to date."""

from django.utils import timezone

from core.tasks import task
from reports import services


@task
def refresh_funnel() -> None:
    """Recount the funnel's months that something happened to; beat calls it twice a minute."""
    services.refresh_funnel(now=timezone.now())
