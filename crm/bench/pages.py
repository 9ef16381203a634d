"""Figures of the pages over HTTP, and of their SQL (DESIGN §5)."""

import http.client
import os
import re
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

from crm.bench.database import fill, own_database, url_of
from crm.bench.figures import milliseconds_per_call, percentile, rows, say, tell
from pipeline.models import Opportunity
from reports.services import refresh_funnel
from scoring.services import refresh_all
from users.models import Team, User

CALLS = 40


@dataclass(frozen=True)
class Answer:
    """One answer of the server, in milliseconds."""

    took: float
    sql: float
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
        sql, statements, _ = (response.getheader("X-Sql") or "0 0 0").split()
        return Answer(took, float(sql), int(statements), text, response.status)


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


def run(*, contacts: int, events: int, opportunities: int, open_opportunities: int) -> None:
    """All figures of the pages at one size."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with own_database() as name:
        manager = _people()
        fill(contacts=contacts, events=events, opportunities=opportunities, open_opportunities=open_opportunities)
        refresh_all(now=timezone.now())
        refresh_funnel(now=timezone.now())
        rows("VACUUM (ANALYZE)")
        with _server(name) as port:
            _measure(Browser(port, manager))


def _people() -> User:
    """A manager, and 20 reps in 4 teams."""
    teams = [Team.objects.create(name=f"Team {n}") for n in range(4)]
    for n in range(20):
        User.objects.create(email=f"rep{n}@bench.example", name=f"Rep {n}", role="rep", team=teams[n % 4], password="!")
    return User.objects.create(email="manager@bench.example", name="Manager", role="manager", password="!")


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
    empty = statistics.median(browser.get("/bench/empty").took for _ in range(CALLS))
    busy = rows("SELECT contact_id FROM leads_engagementevent WHERE source = 'bench-busy' LIMIT 1")[0][0]
    owner = User.objects.filter(role="rep").order_by("pk").first()
    assert owner is not None
    leads, board = reverse("leads"), reverse("pipeline")
    # label, address, most primary-key reads its SQL may take (DESIGN §5)
    pages = [
        ("leads list", leads, 100),
        ("leads list, by lifecycle and least score", f"{leads}?lifecycle=lead&min=20", 100),
        ("leads list, by owner", f"{leads}?owner={owner.pk}", 100),
        ("leads list, deep", _deep(browser, leads), 100),
        ("search by name", f"{reverse('search')}?q=last4711", 100),
        ("contact with 5,000 events", reverse("contact", args=[busy]), 50),
        ("board", board, 100),
        ("forecast", reverse("forecast"), 60),
        ("funnel, 24 months by source", f"{reverse('funnel')}?months=24", 60),
    ]
    for label, path, target in pages:
        _page(browser, label, path, target, key, empty)
    _move(browser, board, key, empty)


def _page(browser: Browser, label: str, path: str, target: float, key: float, empty: float) -> None:
    for _ in range(5):
        answer = browser.get(path)
    if answer.status != 200:
        say(f"{label}: {path} answered {answer.status}")
        raise SystemExit(1)
    answers = [browser.get(path) for _ in range(CALLS)]
    say(f"{label}: {statistics.median(a.took for a in answers):.1f} ms, {answers[0].statements} statements")
    tell(f"{label}: SQL, p95", percentile([a.sql for a in answers], 0.95), "ms", key, target)
    rest = statistics.median(a.took - a.sql for a in answers)
    tell(f"{label}: over HTTP without its SQL, p50, against an empty view", rest, "ms", empty, 2.5)


def _deep(browser: Browser, leads: str) -> str:
    """The address of a page far down the list, reached by its own links."""
    path = leads
    for _ in range(40):
        links = re.findall(r'href="([^"]*(?:after|before|cursor)=[^"]*)"', browser.get(path).body)
        if not links:
            break
        path = links[-1].replace("&amp;", "&")
        if path.startswith("?"):
            path = leads + path
    return path


def _move(browser: Browser, board: str, key: float, empty: float) -> None:
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
    tell("board move: SQL, p95", percentile([a.sql for a in answers], 0.95), "ms", key, 100)
    rest = statistics.median(a.took - a.sql for a in answers)
    tell("board move: over HTTP without its SQL, p50, against an empty view", rest, "ms", empty, 2.5)
