"""Figures of importing (DESIGN §5): rows a second, beside a bare COPY into the same tables in the same run."""

import csv
import io
import os
import time
from collections.abc import Callable, Iterator

from django.db import connection, transaction
from django.utils import timezone

from capture import services
from capture.models import Import, ImportStatus
from core.memory import settle
from crm.bench.database import own_database
from crm.bench.figures import rows as run_sql
from crm.bench.figures import say, tell
from leads.models import ChangedContact
from users.models import User

HEADER = ["First name", "Last name", "E-mail", "Phone", "Job title", "Company", "Country", "Tags"]
JOBS = ("Head of buying", "Engineer", "Director", "Clerk", "Owner")


def run(*, rows: int) -> None:
    """A list of new people, the same again with more in it, the same unchanged, and its undo."""
    settle()  # as a worker does
    with own_database():
        limit = _staged_copy(rows)
        marketer = User.objects.create(email="bench@winnow.example", name="Bench", role="marketer")
        people = list(_people(rows, "new"))
        new, _ = _import(people, marketer)
        tell("new rows imported", new, "rows/s", limit, 5.0, higher_is_better=True)
        run_sql("VACUUM (ANALYZE)")
        more = [[*row[:4], "Chair", *row[5:]] for row in people]
        again, _ = _import(more, marketer, policies={"job_title": "overwrite"})
        tell("rows imported that update", again, "rows/s", limit, 5.0, higher_is_better=True)
        same, _ = _import(more, marketer)
        tell("rows imported that say nothing new", same, "rows/s", limit, 5.0, higher_is_better=True)
        people = list(_people(rows // 5, "fresh"))
        _, undone = _import(people, marketer)
        tell("rows undone", _undo(undone), "rows/s", limit, 5.0, higher_is_better=True)


def _people(count: int, word: str) -> Iterator[list[str]]:
    for n in range(count):
        firm = n // 8
        yield [
            f"First{n % 997}", f"Last{n}", f"{word}{n}@{word}{firm}.example", f"+49 30 {9_000_000 + n}", JOBS[n % 5],
            f"{word.capitalize()} firm {firm}", "Germany" if n % 2 else "SE", "fair" if n % 3 else "",
        ]  # fmt: skip


def _timed(figure: str, count: int, work: Callable[[], object]) -> float:
    """Rows a second; the processor's share is said, because a busy machine makes the clock meaningless."""
    start, processor = time.perf_counter(), time.process_time()
    work()
    taken, own = time.perf_counter() - start, time.process_time() - processor
    say(f"{figure}: {count:,} rows in {taken:.1f} s, {own:.1f} s of them Python; load {os.getloadavg()[0]:.1f}")
    return count / taken


def _staged_copy(count: int) -> float:
    """COPY into a temporary table, then the same rows into the tables, without any rule."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in _people(count, "bare"):
        writer.writerow(row)
    buffer.seek(0)

    @transaction.atomic
    def load() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE staged (n serial, first text, last text, email text, phone text, job text, "
                "company text, country text, tags text) ON COMMIT DROP"
            )
            names = "first, last, email, phone, job, company, country, tags"
            cursor.cursor.copy_expert(f"COPY staged ({names}) FROM STDIN WITH (FORMAT csv)", buffer)
            cursor.execute(
                "INSERT INTO leads_company (name, domain, industry, country, custom, search_text, created_at) "
                "SELECT DISTINCT ON (split_part(email, '@', 2)) company, split_part(email, '@', 2), '', '', "
                "'{}'::jsonb, lower(company) || ' ' || split_part(email, '@', 2), now() FROM staged"
            )
            cursor.execute(
                "INSERT INTO leads_contact (first_name, last_name, email, phone, job_title, company_id, country, "
                "custom, is_demo, search_text, created_at, updated_at) SELECT first, last, email, phone, job, c.id, "
                "'DE', '{}'::jsonb, false, lower(concat_ws(' ', first, last, email, phone, company)), now(), now() "
                "FROM staged JOIN leads_company c ON c.domain = split_part(email, '@', 2)"
            )
            cursor.execute(
                "INSERT INTO leads_identity (kind, value, contact_id, created_at) "
                "SELECT 'email', lower(email), id, now() FROM leads_contact UNION ALL "
                "SELECT 'phone', replace(phone, ' ', ''), id, now() FROM leads_contact"
            )
            cursor.execute(
                "INSERT INTO leads_standing (contact_id, lifecycle, source, tag_ids, fit, content, intent, "
                "conversation, social, product, total, grade, is_qualified) "
                "SELECT id, 'lead', 'import', '{}', 0, 0, 0, 0, 0, 0, 0, '', false FROM leads_contact"
            )
            cursor.execute(
                "INSERT INTO leads_lifecyclechange (contact_id, from_stage, to_stage, at, reason) "
                "SELECT id, '', 'lead', now(), 'Imported' FROM leads_contact"
            )

    speed = _timed("bare staged COPY", count, load)
    run_sql("TRUNCATE leads_contact, leads_company, leads_identity, leads_standing, leads_lifecyclechange CASCADE")
    return speed


def _import(people: list[list[str]], user: User, policies: dict[str, str] | None = None) -> tuple[float, Import]:
    """Rows a second from the file's bytes to the last row stored."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADER)
    writer.writerows(people)
    content = buffer.getvalue().encode()
    made: list[Import] = []

    def work() -> None:
        of = services.upload(name="bench.csv", content=content, started_by=user, now=timezone.now())
        mapping = {int(number): field for number, field in of.mapping.items()}
        services.choose_columns(of, mapping=mapping, day_first=False, policies=policies)
        services.start_import(of, now=timezone.now())
        while services.run_import(of.pk, now=timezone.now()):
            pass
        made.append(of)

    speed = _timed("import", len(people), work)
    of = made[0]
    of.refresh_from_db()
    if of.status != ImportStatus.DONE or of.rejected or of.done_rows != len(people):
        raise RuntimeError(
            f"The import went wrong: {of.status}, {of.done_rows} rows, {of.rejected} rejected. {of.error}"
        )
    say(f"{of.created:,} created, {of.updated:,} updated, {of.skipped:,} skipped")
    ChangedContact.objects.all().delete()
    return speed, of


def _undo(of: Import) -> float:
    def work() -> None:
        services.start_undo(of, now=timezone.now())
        while services.run_undo(of.pk, now=timezone.now()):
            pass

    speed = _timed("undo", of.done_rows, work)
    of.refresh_from_db()
    if of.status != ImportStatus.UNDONE or of.conflicts.exists():
        raise RuntimeError(f"The undo went wrong: {of.status}, {of.conflicts.count()} conflicts.")
    return speed
