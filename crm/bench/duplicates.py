"""Figures of the look for doubles: a whole first look, and one contact more, against reading a row by its key."""

import os
import random
import statistics
import time

from django.utils import timezone

from crm.bench.database import fill, own_database
from crm.bench.figures import milliseconds_per_call, rows, say, seconds, tell
from leads.models import Contact, Duplicate, DuplicateKeys
from leads.services import duplicates

READ = "SELECT * FROM leads_contact WHERE id = %s"
SAMPLE = 200


def run(*, contacts: int) -> None:
    """A first look at everybody, then contacts that come one at a time and in a batch, and one that changes."""
    with own_database():
        fill(contacts=contacts, events=10_000)
        _names(contacts)
        first_look(contacts)
        rows("VACUUM (ANALYZE)")
        afterwards(contacts)


def _names(contacts: int) -> None:
    """People called as people are: a few names very often, most of them rarely; one in fifty is in here twice."""
    say("names, numbers, doubles")
    rows("SET session_replication_role = replica")
    rows(
        """UPDATE leads_contact SET updated_at = now() - (id %% 86400) * interval '1 second',
          first_name = 'First' || translate(floor(1500 * power(hash1, 3))::text, '0123456789', 'abcdefghij'),
          last_name = translate(floor(40000 * power(hash2, 2))::text, '0123456789', 'lmnoprstuv') || 'berg',
          phone = CASE WHEN id %% 3 = 0 THEN '+49 30 ' || (10000000 + id) ELSE '' END
        FROM (SELECT id AS of, abs(hashint8(id)::numeric) / 2147483648 AS hash1,
                abs(hashint8(id + 7919)::numeric) / 2147483648 AS hash2 FROM leads_contact) drawn
        WHERE of = id AND id > %s""",
        [0],
    )
    rows(  # the next one is the one before again: shortened, or with the same number
        """UPDATE leads_contact double SET company_id = of.company_id, last_name = of.last_name, country = 'DE',
          first_name = CASE WHEN of.id % 100 = 0 THEN left(of.first_name, 1) || '.' ELSE of.first_name END,
          phone = CASE WHEN of.id % 100 = 0 THEN '' ELSE of.phone END
        FROM leads_contact of WHERE of.id % 50 = 0 AND double.id = of.id + 1"""
    )
    rows("SET session_replication_role = origin")
    rows("VACUUM (ANALYZE) leads_contact")


def _read() -> float:
    """Milliseconds of reading one contact by its key, in random order; asked before and after what is measured."""
    ids = [row[0] for row in rows("SELECT id FROM leads_contact ORDER BY random() LIMIT 2000")]
    return statistics.median(milliseconds_per_call(lambda number: (READ, [ids[number]]), calls=len(ids)))


def first_look(contacts: int) -> None:
    """Everybody, as after the first import of a large list; the index of the keys grows meanwhile."""
    before, start, processor = _read(), time.perf_counter(), time.process_time()
    at, tenths = None, []
    step = max(1, contacts // duplicates.BATCH // 10)
    mark, batches = start, 0
    while at := duplicates.compare_changed(since=at, now=timezone.now()):
        batches += 1
        if batches % step == 0:
            tenths.append(time.perf_counter() - mark)
            mark = time.perf_counter()
            say(f"{batches * duplicates.BATCH:,} compared, the last tenth in {tenths[-1]:.1f} s")
    taken, own = time.perf_counter() - start, time.process_time() - processor
    read = statistics.mean([before, _read()])
    seen, pairs = DuplicateKeys.objects.count(), Duplicate.objects.count()
    if seen != contacts:
        raise RuntimeError(f"{seen:,} of {contacts:,} contacts were compared.")
    expected = rows("SELECT count(*) FROM leads_contact of JOIN leads_contact d ON d.id = of.id + 1 "
                    "WHERE of.id % 50 = 0")[0][0]  # fmt: skip
    found = rows("SELECT count(*) FROM leads_duplicate WHERE first_id % 50 = 0 AND second_id = first_id + 1")[0][0]
    load = f"load {os.getloadavg()[0]:.1f}"
    say(f"{taken:.0f} s for everybody, {own:.0f} s of them Python; {pairs:,} pairs; {load}")
    size = rows("SELECT pg_total_relation_size('leads_duplicatekeys')")[0][0]
    tell("first look for doubles at everybody, per contact, against a read by key", 1000 * taken / contacts, "ms", read,
         None)  # fmt: skip
    tell("the last tenth of it against the first", tenths[-1] if tenths else taken, "s", tenths[0], 2.0)
    tell("planted doubles that were found", found, "pairs", expected, 1.05, higher_is_better=True)
    tell("what is kept to find doubles, per contact, against the contact itself", size / contacts, "bytes",
         rows("SELECT pg_total_relation_size('leads_contact')")[0][0] / contacts, 2.0)  # fmt: skip


def afterwards(contacts: int) -> None:
    """The next ones: alone, two hundred together, when nothing changed, and the commonest name."""
    chosen = random.Random(7).sample(range(contacts), SAMPLE)  # noqa: S311 - the same in every run
    least = Contact.objects.order_by("pk").values_list("pk", flat=True)[0]
    ids = [least + offset for offset in chosen]
    DuplicateKeys.objects.filter(pk__in=ids).delete()
    duplicates.compare(ids[:2], now=timezone.now())
    read = _read()
    alone = []
    for pk in ids[2:]:
        start = time.perf_counter()
        duplicates.compare([pk], now=timezone.now())
        alone.append(1000 * (time.perf_counter() - start))
    tell("one new contact among all", statistics.median(alone), "ms", read, None)
    DuplicateKeys.objects.filter(pk__in=ids).delete()
    start = time.perf_counter()
    duplicates.compare(ids, now=timezone.now())
    tell("the same, two hundred together, each", 1000 * (time.perf_counter() - start) / len(ids), "ms", read, None)
    since = duplicates.last_look()
    idle = 1000 * seconds(lambda: duplicates.compare_changed(since=since, now=timezone.now()))
    tell("a look when nothing changed", idle, "ms", read, None)
    missed = 1000 * seconds(lambda: duplicates.compare_missed(now=timezone.now()), times=1)
    full = 1000 * seconds(lambda: rows("SELECT count(updated_at) FROM leads_contact"), times=3)
    tell("the hourly sweep over everybody, against reading them all", missed, "ms", full, None)
