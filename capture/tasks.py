"""Work of `capture` behind the scenes."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from capture import services
from capture.models import Import, ImportStatus
from capture.services.importing import PRESUMED_DEAD
from core.tasks import enqueue, task

QUEUED_TOO_LONG = timedelta(seconds=30)


@task
def run_import(import_id: int) -> None:
    """Work off one import; a long one goes on in another task."""
    if services.run_import(import_id, now=timezone.now()):
        enqueue(run_import, import_id=import_id)


@task
def resume_imports() -> None:
    """The sweep: imports whose task got lost or whose worker died. Whoever claims one first works it off."""
    now = timezone.now()
    waiting = Q(status=ImportStatus.QUEUED, touched_at__lt=now - QUEUED_TOO_LONG)
    dead = Q(status=ImportStatus.RUNNING, touched_at__lt=now - PRESUMED_DEAD)
    for import_id in Import.objects.filter(waiting | dead).order_by("pk").values_list("pk", flat=True):
        enqueue(run_import, import_id=import_id)
