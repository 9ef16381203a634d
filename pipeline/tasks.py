"""Workers hand qualified contacts over."""

import logging

from django.utils import timezone

from core.errors import Refused
from core.tasks import task
from pipeline import queries, services

log = logging.getLogger(__name__)
SWEEP = 500


@task
def promote(contact_id: int) -> None:
    """Open an opportunity for a contact that has qualified; a contact that is gone, or was promoted, stays as it is."""
    services.promote(contact_id=contact_id, now=timezone.now())


@task
def promote_missed() -> None:
    """Sweep: who has qualified and whose announcement got lost."""
    for contact_id in list(queries.unpromoted().order_by("pk").values_list("pk", flat=True)[:SWEEP]):
        try:
            services.promote(contact_id=contact_id, now=timezone.now())
        except Refused as refused:  # one that cannot be promoted must not hold up the others
            log.warning("contact %s not promoted: %s", contact_id, refused)
