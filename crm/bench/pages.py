"""Figures of the pages over HTTP, and of their SQL (DESIGN §5)."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from core import keyset
from crm.bench.database import fill, own_database, url_of
from crm.bench.figures import milliseconds_per_call, percentile, rows, say, tell
from leads.models import Standing, Tag
from leads.queries.lists import PAGE_SIZE
from pipeline.models import Opportunity
from pipeline.services.desk import place_all
from reports.services import refresh_funnel
from scoring.services import refresh_all
from users.models import Team, User

CALLS = 40


@dataclass(frozen=True)
class Answer:
    """One answer of the server, in milliseconds."""

    took: float
    sql: float
    cpu: float  # of the server's thread: stays true on a busy machine
    statements: int
    body: str
    status: int


class Browser:
    """One signed-in connection that stays open."""

    def __init__(self, port: int, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        self.headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: str, token: str) -> Answer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": token,
            "Cookie": f"{self.headers['Cookie']}; csrftoken={token}",
            "HX-Request": "true",
        }
        return self._ask("POST", path, form, headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        start = time.perf_counter()
        self.connection.request(method, path, body, self.headers | headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        took = 1000 * (time.perf_counter() - start)
        sql, statements, cpu = (response.getheader("X-Sql") or "0 0 0").split()
        return Answer(took, float(sql), float(cpu), int(statements), text, response.status)


@contextmanager
def _server(database: str) -> Iterator[int]:
    """gunicorn on the bench's database and a free port of the loopback; the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # -m gunicorn as everywhere, with a clock on the SQL
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "crm.bench.wsgi", "-b", f"127.0.0.1:{port}", "-k", "gthread", "-w", "1",
         "--threads", "4", "--no-control-socket", "--log-level", "warning"],
        env=os.environ | {"DATABASE_URL": url_of(database), "DEBUG": "0"}, cwd=settings.BASE_DIR,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def run(*, contacts: int, events: int, opportunities: int, open_opportunities: int, users: int = 20) -> None:
    """All figures of the pages at one size."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with own_database() as name:
        manager = _people(users)
        fill(contacts=contacts, events=events, opportunities=opportunities, open_opportunities=open_opportunities)
        _owned_and_tagged()
        refresh_all(now=timezone.now())
        refresh_funnel(now=timezone.now())
        place_all(now=timezone.now())
        rows("VACUUM (ANALYZE)")
        with _server(name) as port:
            _measure(Browser(port, manager))


def _people(users: int) -> User:
    """A manager, and reps in teams of five."""
    teams = [Team.objects.create(name=f"Team {n}") for n in range(max(1, users // 5))]
    reps = [
        User(email=f"rep{n}@bench.example", name=f"Rep {n}", role="rep", team=teams[n % len(teams)], password="!")
        for n in range(users)
    ]
    User.objects.bulk_create(reps)
    return User.objects.create(email="manager@bench.example", name="Manager", role="manager", password="!")


def _owned_and_tagged() -> None:
    """Half of the contacts have an owner, one in fifty a tag and one in three thousand a rare one."""
    common, rare = Tag.objects.create(name="Fair"), Tag.objects.create(name="Speaker")
    rows(
        """UPDATE leads_standing SET owner_id = u.id, tag_ids = CASE WHEN contact_id %% 3000 = 0 THEN ARRAY[%s, %s]
            WHEN contact_id %% 50 = 0 THEN ARRAY[%s] ELSE '{}'::int[] END
        FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth, count(*) OVER () AS many FROM users_user
            WHERE role = 'rep') u WHERE contact_id %% (2 * u.many) = u.nth""",
        [common.pk, rare.pk, common.pk],
    )


def _primary_key_read() -> float:
    ids = [row[0] for row in rows("SELECT id FROM leads_contact ORDER BY random() LIMIT 300")]
    rows("PREPARE pk (bigint) AS SELECT * FROM leads_standing WHERE contact_id = $1")
    taken = milliseconds_per_call(lambda n: ("EXECUTE pk (%s)", [ids[n % len(ids)]]), calls=1000)
    rows("DEALLOCATE pk")
    return statistics.median(taken)


def _measure(browser: Browser) -> None:
    key = _primary_key_read()
    for _ in range(20):
        browser.get("/bench/empty")
    nothing = [browser.get("/bench/empty") for _ in range(CALLS)]
    empty = Empty(statistics.median(a.took for a in nothing), statistics.median(a.cpu for a in nothing))
    busy = rows("SELECT contact_id FROM leads_engagementevent WHERE source = 'bench-busy' LIMIT 1")[0][0]
    owner = User.objects.filter(role="rep").order_by("pk").first()
    assert owner is not None
    tag = Tag.objects.get(name="Speaker")
    known = rows("SELECT lower(last_name) FROM leads_contact ORDER BY id OFFSET 4711 LIMIT 1")[0][0]
    leads, board = reverse("leads"), reverse("pipeline")
    say(f"one primary-key read {key:.4f} ms, an empty view {empty.took:.2f} ms, of the processor {empty.cpu:.2f} ms")
    for page in [
        Page("leads list", leads, 100, 25, 10),
        Page("leads list, page 500", _deep(leads), 100, 25, 10),
        Page("leads list, by lifecycle and least score", f"{leads}?lifecycle=lead&min=20", 100, 25, 10),
        Page("leads list, by owner", f"{leads}?owner={owner.pk}", 100, 25, 10),
        Page("leads list, by source, newest first", f"{leads}?source=webinar&sort=-new", 100, 25, 10),
        Page("leads list, with tag", f"{leads}?tag={tag.pk}", 400, 25, 10),
        Page("search by name", f"{reverse('search')}?q={known}", 100, 13, 10),
        Page("contact with 5,000 events", reverse("contact", args=[busy]), 50, 20, 10),
        Page("board", board, 100, 60, 8),
        Page("desk", reverse("qualify"), 100, 60, 32),
        Page("forecast", reverse("forecast"), 60, 50, 10),
        Page("funnel, 24 months by source", f"{reverse('funnel')}?months=24", 60, 50, 10),
        Page("today of a manager", reverse("today"), 400, 60, 12),
    ]:
        _page(browser, page, key, empty)
    _move(browser, board, key, empty)


@dataclass(frozen=True)
class Empty:
    """What an empty view behind the same middleware costs, in milliseconds."""

    took: float
    cpu: float


@dataclass(frozen=True)
class Page:
    """What is measured, and what DESIGN §5 asks of it: primary-key reads, milliseconds, statements."""

    label: str
    path: str
    reads: float
    milliseconds: float
    statements: int


def _page(browser: Browser, page: Page, key: float, empty: Empty) -> None:
    for _ in range(5):
        answer = browser.get(page.path)
    if answer.status != 200:
        say(f"{page.label}: {page.path} answered {answer.status}")
        raise SystemExit(1)
    answers = [browser.get(page.path) for _ in range(CALLS)]
    _tell(page, answers, key, empty)


def _tell(page: Page, answers: list[Answer], key: float, empty: Empty) -> None:
    took = [answer.took for answer in answers]
    tell(f"{page.label}: SQL, p95", percentile([a.sql for a in answers], 0.95), "ms", key, page.reads)
    rest = statistics.median(a.took - a.sql for a in answers)
    tell(f"{page.label}: over HTTP without its SQL, p50, against an empty view", rest, "ms", empty.took, 2.5)
    cpu = statistics.median(answer.cpu for answer in answers)
    tell(f"{page.label}: processor time, p50, against an empty view", cpu, "ms", empty.cpu, 2.5)
    tell(f"{page.label}: over HTTP, p50", statistics.median(took), "ms", page.milliseconds, 1)
    tell(f"{page.label}: over HTTP, p95", percentile(took, 0.95), "ms", page.milliseconds, 1)
    most = max(answer.statements for answer in answers)
    tell(f"{page.label}: statements", most, "statements", page.statements, 1)


def _deep(leads: str) -> str:
    """The address of page 500 of the list, or of a place near its end."""
    skipped = min(499 * PAGE_SIZE, Standing.objects.count() - 2 * PAGE_SIZE)
    last = rows(
        "SELECT total, contact_id FROM leads_standing ORDER BY total DESC, contact_id DESC OFFSET %s LIMIT 1", [skipped]
    )
    return f"{leads}?after={keyset.encode(last[0])}"


def _move(browser: Browser, board: str, key: float, empty: Empty) -> None:
    """A card goes to the next stage and back."""
    token = "0" * 32
    card = Opportunity.objects.open().select_related("stage").order_by("pk").first()
    assert card is not None
    stages = list(card.pipeline.stages.filter(kind="open", required_fields=[]).order_by("position")[:2])
    answers = []
    for number in range(CALLS):
        card.refresh_from_db()
        stage = stages[0] if card.stage_id == stages[1].pk else stages[1]
        form = f"stage={stage.pk}&after=&version={card.version}"
        answer = browser.post(reverse("opportunity_move", args=[card.pk]), form, token)
        if answer.status != 200:
            say(f"move {number} answered {answer.status}: {answer.body[:200]}")
            raise SystemExit(1)
        answers.append(answer)
    _tell(Page("board move", board, 100, 60, 25), answers, key, empty)
