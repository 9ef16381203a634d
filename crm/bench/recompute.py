"""Judging everybody again, for each of the reasons there are, and the changed ones."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.bench.figures import drain, rows, say, seconds, tell
from leads.days import day_of
from leads.models import ChangedContact, Contact, EngagementEvent, Standing
from scoring import queries, services
from scoring.models import Definition, DefinitionStatus, EngagementRule, FitRule, RefreshRange, RequiredCriterion


def _refresh(now: datetime, workers: int) -> tuple[float, int]:
    """Judge everybody in `workers` connections at once; seconds, and how many judgements changed."""
    ranges = services.plan_refresh(now=now)
    start = time.perf_counter()

    def work(share: list[int]) -> int:
        try:
            return sum(services.refresh_range(range_id, now=now) for range_id in share)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        changed = sum(pool.map(work, [ranges[number::workers] for number in range(workers)]))
    taken = time.perf_counter() - start
    say(f"{changed:,} judgements changed in {taken:.2f} s by {workers}")
    return taken, changed


def _settle() -> None:
    """As after a quiet hour: queue empty, dead rows gone."""
    ChangedContact.objects.all().delete()
    RefreshRange.objects.all().delete()
    rows("VACUUM (ANALYZE) leads_standing")


def full_recompute(contacts: int, bare: str, target: float) -> float:
    """Everybody where 5 % are wrong, by two workers and by one. Returns the seconds of two."""
    now = timezone.now()
    _refresh(now, 2)
    drain(bare)
    limit = seconds(lambda: drain(bare))
    taken: dict[int, list[float]] = {1: [], 2: []}
    for workers in (2, 1, 2, 1, 2):
        _settle()
        rows("UPDATE leads_standing SET total = total + 1 WHERE contact_id % 20 = 0")
        taken[workers].append(_refresh(now, workers)[0])
    both, alone = statistics.median(taken[2]), min(taken[1])
    tell(f"full recompute of {contacts:,} contacts, 5 % changed, 2 workers", both, "s", limit, target)
    tell("the same by one worker, as a multiple of two", alone / both, "times", 2.0, 1.35, higher_is_better=True)
    return both


def decay(contacts: int, bare: str, target: float) -> None:
    """A day begins: everybody a day older."""
    now = timezone.now()
    _settle()
    drain(bare)
    limit = seconds(lambda: drain(bare))
    runs = []
    for days in (1, 2, 3):
        runs.append(_refresh(now + timedelta(days=days), 2))
        _settle()
    taken = statistics.median(run[0] for run in runs)
    share = 100 * statistics.median(run[1] for run in runs) / contacts
    tell(f"decay refresh of {contacts:,} contacts, {share:.1f} % changed, 2 workers", taken, "s", limit, target)
    _refresh(now, 2)
    _settle()


def activation(contacts: int, bare: str) -> None:
    """A new definition: every row is written, because every judgement names its version."""
    drain(bare)
    limit = seconds(lambda: drain(bare))
    _activate_next()
    _settle()
    taken, changed = _refresh(timezone.now(), 2)
    share = 100 * changed / contacts
    tell(f"activation of a new definition, {share:.0f} % changed, 2 workers", taken, "s", limit, None)


@transaction.atomic
def _activate_next() -> None:
    active = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    parts: list[Any] = [
        *EngagementRule.objects.filter(definition=active),
        *FitRule.objects.filter(definition=active),
        *RequiredCriterion.objects.filter(definition=active),
    ]
    Definition.objects.update(status=DefinitionStatus.RETIRED)
    active.pk, active.version, active.threshold = None, active.version + 1, active.threshold - 10
    active.status = DefinitionStatus.ACTIVE
    active.save(force_insert=True)
    for part in parts:
        part.pk, part.definition = None, active
        part.save(force_insert=True)


def queue_to_standing(bare: str) -> None:
    """1, 100 and 10,000 changed contacts from the queue to their standings, one in twenty with a new judgement."""
    everybody = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 10000")]
    services.rescore_changed(now=timezone.now())
    for size, times, target in ((1, 41, None), (100, 21, None), (10_000, 5, 3.5)):
        taken, limits = [], []
        for turn in range(times):
            ids = everybody[turn * size : (turn + 1) * size] if size < 10_000 else everybody
            query = bare.replace("GROUP", "WHERE contact_id = ANY (%s) GROUP")
            limits.append(seconds(lambda ids=ids, query=query: rows(query, [ids]), times=1))  # type: ignore[misc]
            rows("UPDATE leads_standing SET total = total + 1 WHERE contact_id = ANY (%s)", [ids[::20]])
            ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in ids])
            start = time.perf_counter()
            services.rescore_changed(now=timezone.now())
            taken.append(time.perf_counter() - start)
        figure = (
            f"{size:,} changed contact{'s' if size > 1 else ''}, queue to standing, against the bare GROUP BY of them"
        )
        tell(figure, 1000 * statistics.median(taken), "ms", 1000 * statistics.median(limits), target)


def loop_in_python(contacts: int, limit: float, full: float) -> None:
    """The loop everybody writes first: read each contact's events through the ORM and add points; on a sample."""
    sample = list(Contact.objects.order_by("pk")[:: max(1, contacts // 500)][:500])
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    start = time.perf_counter()
    for contact in sample:
        totals: dict[str, int] = {}
        for event in EngagementEvent.objects.filter(contact=contact).select_related("kind").iterator():
            for rule in spec.engagement:
                if event.kind_id == rule.kind_id and (not rule.facet_ids or event.facet_id in rule.facet_ids):
                    age = day - event.day
                    totals[rule.name] = totals.get(rule.name, 0) + (rule.weights[age] if 0 <= age < rule.horizon else 0)
        standing = Standing.objects.get(pk=contact.pk)
        standing.save(update_fields=["total"])
    loop = (time.perf_counter() - start) / len(sample) * contacts
    say(f"the loop would take {loop / limit:.0f} L")
    tell("ORM loop over everybody (sample scaled up) by full recompute", loop / full, "times", 1.0, 100)
