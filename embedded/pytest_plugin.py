"""`pytest -p embedded.pytest_plugin`: throw-away servers for a test run, unless DATABASE_URL and REDIS_URL name others.

Any number of runs may go on in one checkout: each takes the first free slot `.data/test-N` and starts its servers on
the data folder that an earlier run left initialised. With pytest-xdist the controller owns the servers and each worker
gets a Redis database number of its own; its PostgreSQL database is made by pytest-django.
"""

import atexit
import os
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from embedded.errors import EmbeddedError
from embedded.locks import FileLock
from embedded.paths import data_dir, make_data_dir
from embedded.servers import Servers

MOST_SLOTS = 100
# One number for the broker and the next for whatever else wants one.
NUMBERS_PER_WORKER = 2
SLOT_VARIABLE = "WINNOW_TEST_SLOT"


class TestServers:
    """The slot of this run and the servers in it."""

    __test__ = False

    def __init__(self) -> None:
        self.home, self._lock = free_slot()
        self._pid = os.getpid()
        self._servers = Servers(self.home, is_test=True)

    def start(self) -> None:
        self._servers.start()
        os.environ.update(self._servers.urls)

    def stop(self) -> None:
        # A forked child of the test run inherits the exit handler, not the servers.
        if os.getpid() == self._pid:
            self._servers.stop()
            self._lock.release()


def free_slot() -> tuple[Path, FileLock]:
    """The first folder for test servers that no other run uses, and the lock on it."""
    make_data_dir(data_dir())
    for number in range(MOST_SLOTS):
        home = data_dir() / f"test-{number}"
        make_data_dir(home)
        lock = FileLock(home / "owner.lock")
        if lock.take(note=f"pytest (process {os.getpid()})"):
            return home, lock
    raise EmbeddedError(f"{MOST_SLOTS} test runs are going on in {data_dir()} already.")


def redis_url_for(url: str, worker: str | None) -> str:
    """The address with the database number of this xdist worker (`gw0`, `gw1`, …; none: the controller)."""
    if worker is None:
        return url
    number = NUMBERS_PER_WORKER * (int(worker.removeprefix("gw")) + 1)
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def set_test_environment(home: Path, worker: str | None) -> None:
    """Settings that make a test run the same everywhere."""
    os.environ.update(
        SECRET_KEY="only-for-tests-0123456789-0123456789-0123456789",
        DEBUG="0",
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
        SITE_URL="http://testserver",
        STATIC_ROOT=os.fspath(home / f"static-{worker or 'main'}"),
        # Playwright's synchronous interface runs an event loop in the thread of the test.
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
    )
    for name in ("EMAIL_URL", "DEFAULT_FROM_EMAIL", "TRUST_PROXY", "LOG_LEVEL"):
        os.environ.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Before pytest-django loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        try:
            servers = TestServers()
            early_config.add_cleanup(servers.stop)
            atexit.register(servers.stop)
            servers.start()
        except EmbeddedError as error:
            raise pytest.UsageError(str(error)) from error
        os.environ[SLOT_VARIABLE] = os.fspath(servers.home)
    set_test_environment(Path(os.environ[SLOT_VARIABLE]), worker)
    if worker is not None:
        os.environ["REDIS_URL"] = redis_url_for(os.environ["REDIS_URL"], worker)
    return (yield)
