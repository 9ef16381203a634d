"""Workers hand qualified contacts over."""

import logging
from datetime import timedelta

from django.utils import timezone

from core.errors import Refused
from core.tasks import gathered, task
from pipeline import queries, services
from pipeline.models import BoardChange
from pipeline.services import desk, finding, passing, recycling
from pipeline.services.public_holidays import keep_followed

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


@task
def place_at_desk() -> None:
    """Whether leads are worth a question, and how much, after something was learnt of them."""
    gathered(place_at_desk, lambda contact_ids: desk.place(contact_ids, now=timezone.now()), most=desk.BATCH)


@task
def keep_desk() -> None:
    """Sweep: leads whose place is missing or outdated; everybody's once a day has begun, because interest cools."""
    desk.keep_places(now=timezone.now())


@task
def wake_desk() -> None:
    """Leads that were put aside come back on their day."""
    desk.wake_places(now=timezone.now())


@task
def expire_hand_offs() -> None:
    """Offers that nobody answered in time go on to the next."""
    now = timezone.now()
    for pk in list(passing.overdue(now).order_by("due_at", "pk").values_list("pk", flat=True)[:SWEEP]):
        services.expire(hand_off_id=pk, now=now)


@task
def place_hand_offs() -> None:
    """Offers for which nobody was free find somebody who is."""
    now = timezone.now()
    for pk in list(passing.unplaced().order_by("offered_at", "pk").values_list("pk", flat=True)[:SWEEP]):
        services.place(hand_off_id=pk, now=now)


@task
def bring_back() -> None:
    """Whom we let go, and whose day has come, or who has come back."""
    now = timezone.now()
    for pk in list(recycling.returning(now).order_by("pk").values_list("pk", flat=True)[:SWEEP]):
        services.bring_back(pk, now=now)


@task
def keep_holidays() -> None:
    """The sweep: public holidays of the coming years, of the regions that somebody follows."""
    keep_followed(now=timezone.now())


@task
def let_rest(contact_id: int) -> None:
    """Whoever was disqualified outside the desk rests by the rule of the reason, too."""
    recycling.let_disqualified_rest(contact_id, now=timezone.now())


@task
def let_rest_missed() -> None:
    """The sweep: the lately disqualified of whom nobody has noted what brings them back."""
    now = timezone.now()
    for pk in list(recycling.unrested(now).order_by("pk").values_list("pk", flat=True)[:SWEEP]):
        recycling.let_disqualified_rest(pk, now=now)


@task
def forget_board_changes() -> None:
    """What can no longer be undone is no longer kept."""
    BoardChange.objects.filter(at__lt=timezone.now() - LATELY).delete()
