"""What needs all apps: the week in figures."""

from django.utils import timezone

from core.tasks import task
from crm import digest


@task
def tell_of_the_week() -> None:
    """Sweep: readers whose hour on Monday has come."""
    now = timezone.now()
    digest.tell(digest.due(now=now), now=now)
