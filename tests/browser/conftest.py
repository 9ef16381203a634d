"""A real browser on the live server, with a real worker behind it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from crm.celery import app
from embedded.environment import with_surroundings
from embedded.programs import programs
from tests.capture.making import BROWSER
from tests.conftest import PASSWORD
from tests.crm.product import database_url
from users.models import User

PATIENCE = 5_000  # milliseconds: what the product promises from a fact to its consequence
SignIn = Callable[..., Any]


def find_chromium() -> str:
    """Where Chromium is; without one the browser tests are skipped."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine (Debian and Ubuntu: apt install chromium)")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    return find_chromium()


@pytest.fixture
def browser(chromium: str, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A browser; whatever opens a page in it has to know `live_server.url`."""
    from playwright.sync_api import sync_playwright

    # Playwright runs a loop of its own in this thread, in which Django would refuse to work
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        # not HeadlessChrome, whose forms would wait for a person
        args = ["--no-sandbox", f"--user-agent={BROWSER}"]
        running = playwright.chromium.launch(executable_path=chromium, args=args)
        yield running
        running.close()
        connections.close_all()  # inside that loop Django keeps connections of its own


@pytest.fixture
def sign_in(browser: Any, live_server: Any) -> Iterator[SignIn]:
    """Opens a window in which somebody has signed in by the form; errors in its console fail the test."""
    errors: list[str] = []

    def in_a_window_of(user: User, **how: Any) -> Any:
        page = browser.new_context(reduced_motion="reduce", base_url=live_server.url, **how).new_page()
        page.set_default_timeout(2 * PATIENCE)
        page.set_default_navigation_timeout(6 * PATIENCE)  # a busy machine may take so long for the first page
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto("/accounts/login/")
        page.fill("#sign-in input[name=login]", user.email)
        page.fill("#sign-in input[name=password]", PASSWORD)
        page.click("#sign-in button.btn-primary")
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield in_a_window_of
    # an answer that says "not so" is one that Chromium writes to the console; a question that a newer one took the
    # place of (hx-sync) is one that htmx does
    expected = ("status of 422", "status of 409", "htmx:afterRequest", "htmx:sendAbort")
    assert [text for text in errors if not any(said in text for said in expected)] == []


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A Celery worker on the test's database and broker."""
    environment = with_surroundings({}) | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": str(settings.REDIS_URL),
        "SECRET_KEY": str(settings.SECRET_KEY),
        "DEBUG": "0",
        "SITE_URL": "http://127.0.0.1",
    }
    made = programs(tmp_path, host="127.0.0.1", port=1, is_dev=False, environment=environment)
    running = next(one for one in made if one.name == "worker")
    running.start()
    while not app.control.ping(timeout=0.5):
        assert running.is_running, "the worker has ended"
    yield
    running.stop()


def wide_of(page: Any) -> int:
    """How far the page is wider than its window, in pixels."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
