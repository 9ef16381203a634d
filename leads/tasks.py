"""What follows from consent, from wishes about one's own data, and from the rule about machines."""

from datetime import timedelta
from time import monotonic

from django.utils import timezone

from core.tasks import enqueue, task
from leads.models import BulkChange, Consent, Erasure, FacetRun, PersonalCopy, Purpose, Rejudging
from leads.services import duplicates, kinds, privacy, profiling, quarantine
from users.models import User

LATE = timedelta(minutes=2)
RANGES_A_TASK = 50
AT_A_TIME = 25  # seconds that one look for duplicates takes at most
UNDONE_NO_MORE = timedelta(hours=2)


@task
def apply_profiling(contact_ids: list[int]) -> None:
    """Hold or release the visits of whoever said something about profiling."""
    said = Consent.objects.filter(purpose=Purpose.PROFILING)
    for contact_id in contact_ids:
        if said.filter(contact=contact_id).exists() or said.filter(identity__contact=contact_id).exists():
            while profiling.apply_profiling(contact_id):
                pass


@task
def apply_profiling_missed() -> None:
    """Sweep: what was said in the last days; it is done again where it was lost."""
    lately = Consent.objects.filter(purpose=Purpose.PROFILING, at__gt=timezone.now() - timedelta(days=2))
    direct = lately.filter(contact__isnull=False).values_list("contact_id", flat=True)
    known = lately.filter(identity__contact__isnull=False).values_list("identity__contact_id", flat=True)
    if contact_ids := sorted({*direct, *known}):
        apply_profiling(contact_ids)


@task
def erase(erasure_id: int) -> None:
    """Empty what is left of somebody, range by range."""
    while privacy.erase_range(erasure_id, now=timezone.now()):
        pass


@task
def collect_copy(copy_id: int) -> None:
    """Collect all that we hold about somebody."""
    privacy.collect_copy(copy_id, now=timezone.now())


@task
def continue_privacy() -> None:
    """Sweep: erasures and copies whose task was lost or died; old copies and old undo lists go."""
    now = timezone.now()
    for erasure_id in Erasure.objects.filter(done_at=None, touched_at__lt=now - LATE).values_list("pk", flat=True)[
        :100
    ]:
        enqueue(erase, erasure_id=erasure_id)
    for copy_id in PersonalCopy.objects.filter(done_at=None, touched_at__lt=now - LATE).values_list("pk", flat=True)[
        :100
    ]:
        enqueue(collect_copy, copy_id=copy_id)
    privacy.forget_old_copies(now=now)
    BulkChange.objects.filter(at__lt=now - UNDONE_NO_MORE).delete()


@task
def rejudge(rejudging_id: int) -> None:
    """Judge all history by the new rule, range by range; a long one goes on in another task."""
    for _ in range(RANGES_A_TASK):
        if not quarantine.rejudge_range(rejudging_id, now=timezone.now()):
            return
    enqueue(rejudge, rejudging_id=rejudging_id)


@task
def resume_rejudging() -> None:
    """Sweep: a run whose task was lost or whose worker died."""
    dead = Rejudging.objects.filter(finished_at=None, touched_at__lt=timezone.now() - quarantine.PRESUMED_DEAD)
    for rejudging_id in dead.values_list("pk", flat=True):
        enqueue(rejudge, rejudging_id=rejudging_id)


@task
def watch_events() -> None:
    """Sweep: look at what arrived lately for what only neighbours tell."""
    for _ in range(RANGES_A_TASK):
        if not quarantine.watch(now=timezone.now()):
            return


@task
def continue_facet_run(kind_id: int) -> None:
    """Bring events up to date with the patterns of their kind, some ranges at a time."""
    for _ in range(RANGES_A_TASK):
        if not kinds.continue_facet_run(kind_id, now=timezone.now()):
            return
    enqueue(continue_facet_run, kind_id=kind_id)


@task
def continue_facet_runs() -> None:
    """Sweep, and the way in: patterns that changed half a minute ago or more, and runs whose task was lost."""
    settled = timezone.now() - kinds.SETTLED
    for kind_id in FacetRun.objects.filter(done_at=None, changed_at__lt=settled).values_list("pk", flat=True):
        enqueue(continue_facet_run, kind_id=kind_id)


@task
def find_duplicates() -> None:
    """Compare what was changed lately, for a while; the next call goes on."""
    end = monotonic() + AT_A_TIME
    since = duplicates.last_look()
    while monotonic() < end and (since := duplicates.compare_changed(since=since, now=timezone.now())):
        pass


@task
def find_missed_duplicates() -> None:
    """Sweep: contacts whose change the look at changed ones did not see."""
    end, after = monotonic() + 10 * AT_A_TIME, 0
    while monotonic() < end and (after := duplicates.compare_missed(now=timezone.now(), after=after)):
        pass


@task
def merge_exact(user_id: int) -> None:
    """Merge the pairs that are certain, in the name of whoever asked for it."""
    by = User.objects.filter(pk=user_id, is_active=True).first()
    while by is not None and duplicates.merge_exact(by=by, now=timezone.now())[0]:
        pass
