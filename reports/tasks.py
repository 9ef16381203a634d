"""Workers keep the rollups up to date."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from reports import services


@shared_task(
    autoretry_for=(OperationalError,), retry_backoff=True, retry_backoff_max=60, retry_jitter=True, max_retries=3
)
def refresh_funnel() -> None:
    """Recount the funnel's months that something happened to; beat calls it twice a minute."""
    services.refresh_funnel(now=timezone.now())
