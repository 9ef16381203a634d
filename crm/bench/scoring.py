"""Figures of the judgement (DESIGN §5)."""

import dataclasses
import math
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from django.db import connection
from django.utils import timezone

from crm.bench.database import fill, own_database
from crm.bench.figures import drain, rows, say, seconds, tell
from crm.bench.latency import latencies
from crm.bench.recompute import activation, decay, full_recompute, loop_in_python, queue_to_standing
from leads.days import day_of
from scoring import queries, services
from scoring.statement import EVERYBODY, IDS, ONE

BARE = "SELECT contact_id, count(*) FROM leads_engagementevent GROUP BY contact_id"


def run(sizes: Sequence[tuple[int, int]]) -> None:
    """All figures at each size (contacts, events), and between the first and the last how a recompute grows."""
    taken = []
    for contacts, events in sizes:
        with own_database() as name:
            fill(contacts=contacts, events=events)
            taken.append((contacts, _at(contacts, name)))
    for (small, quick), (large, slow) in pairwise(taken):
        _growth(small, quick, large, slow)
    if len(taken) > 2:
        _growth(*taken[0], *taken[-1])


def _growth(small: int, quick: float, large: int, slow: float) -> None:
    exponent = math.log(slow / quick) / math.log(large / small)
    tell(f"growth exponent of full recompute, {small:,} to {large:,} contacts", exponent, "", 1.0, 1.1)


def _at(contacts: int, database: str) -> float:
    """Every figure on the filled database; seconds of a full recompute."""
    target = 3.5 if contacts >= 1_000_000 else 2.5
    limit = _selects(contacts)
    full = full_recompute(contacts, BARE, target)
    decay(contacts, BARE, target)
    loop_in_python(contacts, limit, full)
    _one_contact()
    queue_to_standing(BARE)
    _explanation()
    latencies(database)
    activation(contacts, BARE)
    return full


def _selects(contacts: int) -> float:
    """L, the engagement part, the whole statement, and the preview of a draft. Returns L in seconds."""
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    statement = queries.statement_of(spec)
    drain(BARE)
    limit = _seconds_of(BARE)
    part = statement.engagement_only(EVERYBODY, day)
    tell("engagement part over everybody, select only", _seconds_of(part), "s", limit, 1.5)
    whole = statement.select(EVERYBODY).replace("$2", str(day))
    tell("whole statement over everybody, select only", _seconds_of(whole), "s", limit, 2.5)
    draft = queries.statement_of(dataclasses.replace(spec, version=spec.version + 1, threshold=spec.threshold - 10))
    preview = _preview(draft.select(EVERYBODY).replace("$2", str(day)))
    tell("preview of a draft on everybody", _seconds_of(preview), "s", limit, 2.5)
    some = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 20000")]
    sample = _preview(queries.filled(draft.select(IDS), some, day))
    tell(f"preview of a draft on a sample of {len(some):,}", _seconds_of(sample), "s", 0.3, 1.0)
    return limit


def _seconds_of(sql: str) -> float:
    return seconds(lambda: drain(sql))


def _preview(select: str) -> str:
    """The select beside what stands now: who would enter, who would leave, and the grades before and after."""
    return f"""SELECT now.grade, now.is_qualified, draft.grade, draft.is_qualified, count(*)
    FROM ({select}) draft JOIN leads_standing now USING (contact_id) GROUP BY 1, 2, 3, 4"""


def _beside_reads(call: Callable[[int], object], calls: int) -> tuple[float, float, float]:
    """Median milliseconds of a call and of PK, one primary-key read, planned each time and prepared.

    Turn by turn on one connection, because a busy machine is not equally busy for long.
    """
    ids = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 500")]
    rows("PREPARE pk (bigint) AS SELECT * FROM leads_standing WHERE contact_id = $1")
    reads = ("SELECT * FROM leads_standing WHERE contact_id = %s", "EXECUTE pk (%s)")
    taken: tuple[list[float], list[float], list[float]] = ([], [], [])
    with connection.cursor() as cursor:
        raw = cursor.cursor
        for turn in range(calls + 50):
            start = time.perf_counter()
            call(turn)
            taken[0].append(time.perf_counter() - start)
            for place, read in enumerate(reads, start=1):
                start = time.perf_counter()
                raw.execute(read, [ids[turn % len(ids)]])
                raw.fetchall()
                taken[place].append(time.perf_counter() - start)
    rows("DEALLOCATE pk")
    call_, planned, prepared = (1000 * statistics.median(times[50:]) for times in taken)
    return call_, planned, prepared


def _tell_both(figure: str, measured: tuple[float, float, float], target: float) -> None:
    tell(figure, measured[0], "ms", measured[1], target)
    tell(f"{figure}, against a prepared read", measured[0], "ms", measured[2], target)


def _one_contact() -> None:
    """The statement as the worker runs it for a contact whose judgement stays; against both readings of PK."""
    spec = queries.active_spec()
    assert spec is not None
    day = day_of(timezone.now())
    typical = [
        row[0]
        for row in rows(
            "SELECT contact_id FROM (SELECT contact_id, count(*) n FROM leads_engagementevent GROUP BY 1) e "
            "WHERE n BETWEEN 15 AND 25 ORDER BY contact_id LIMIT 300"
        )
    ]
    busy = rows("SELECT contact_id FROM leads_engagementevent WHERE source = 'bench-busy' LIMIT 1")[0][0]
    update = services.prepared_update(spec)
    select = queries.prepared(spec, "bench", "bigint[], int", lambda statement: statement.select(ONE))
    with connection.cursor() as cursor:
        raw = cursor.cursor
        for label, ids, target in (("about 20", typical, 2.0), ("5,000", [busy], 8.0)):
            for what, name in (("select", select), ("select and update", update)):

                def run_one(turn: int, name: str = name, ids: list[int] = ids) -> None:
                    raw.execute(f"EXECUTE {name} (%s::bigint[], %s)", [[ids[turn % len(ids)]], day])
                    raw.fetchall()

                measured = _beside_reads(run_one, 600)
                _tell_both(f"one contact with {label} events, prepared, {what}", measured, target)


def _explanation() -> None:
    """Why a typical contact has its score, as the page asks: with the check of the active definition."""
    ids = [row[0] for row in rows("SELECT contact_id FROM leads_standing ORDER BY random() LIMIT 300")]
    day = day_of(timezone.now())
    measured = _beside_reads(lambda turn: queries.why(ids[turn % len(ids)], day), 300)
    _tell_both("explanation of a typical contact", measured, 10)
    say("a primary-key read is planned each time, as everywhere else in the product, unless it says prepared")
