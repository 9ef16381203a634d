from django.utils import timezone

from activities.services import follow_ups
from core.tasks import task


@task
def notify_due() -> None:
    """Sweep: follow-ups that have come due and of which nobody was told."""
    while follow_ups.notify_of_due(now=timezone.now()) == follow_ups.BATCH:
        pass
