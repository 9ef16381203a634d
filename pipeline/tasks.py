"""Workers hand qualified contacts over."""

import logging
from datetime import timedelta

from django.utils import timezone

from core.errors import Refused
from core.tasks import task
from pipeline import queries, services
from pipeline.services import finding

log = logging.getLogger(__name__)
SWEEP = 500
LATELY = timedelta(hours=2)


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


@task
def refresh_search(contact_ids: list[int]) -> None:
    """Opportunities are found by the names that their people and companies have now."""
    finding.refresh_search(contact_ids)


@task
def refresh_search_missed() -> None:
    """Sweep: contacts that were changed lately and whose announcement got lost."""
    ids = finding.changed_contacts(since=timezone.now() - LATELY)
    for start in range(0, len(ids), SWEEP):
        finding.refresh_search(ids[start : start + SWEEP])
