"""Workers tell other programs what happened."""

from django.utils import timezone

from api import sending
from api.queries import webhooks as queries
from api.services import webhooks
from core.tasks import begun, enqueue, task

MOST_DUE = 500


@task
def spread() -> None:
    """Make deliveries of what was kept, and send them; finds its work itself."""
    begun(spread)
    while ids := webhooks.spread(now=timezone.now()):
        for delivery_id in ids:
            enqueue(deliver, delivery_id=delivery_id)


@task
def deliver(delivery_id: int) -> None:
    """Send one."""
    webhooks.deliver(delivery_id, send=sending.post, clock=timezone.now)


@task
def tell_missed() -> None:
    """The sweep: what was kept and not spread, and what is due again."""
    spread()
    for delivery_id in queries.due(now=timezone.now(), most=MOST_DUE):
        enqueue(deliver, delivery_id=delivery_id)


@task
def forget_old() -> None:
    """Each night, what is older than thirty days."""
    while webhooks.forget_old(now=timezone.now()):
        pass
