"""The database and the broker of one data folder: embedded, or wherever DATABASE_URL and REDIS_URL say."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.locks import FileLock
from embedded.paths import make_data_dir
from embedded.process import Service

Report = Callable[[str], None]


class Servers:
    """What has to run for this data folder; a server that the environment names is neither imported nor started."""

    def __init__(self, home: Path, *, is_test: bool = False) -> None:
        self.services: list[Service] = []
        self.urls: dict[str, str] = {}
        if not os.environ.get("DATABASE_URL"):
            from embedded.postgres import Postgres

            postgres = Postgres(home, is_test=is_test)
            self.services.append(postgres)
            self.urls["DATABASE_URL"] = postgres.url
        if not os.environ.get("REDIS_URL"):
            from embedded.valkey import Valkey

            valkey = Valkey(home, is_test=is_test)
            self.services.append(valkey)
            self.urls["REDIS_URL"] = valkey.url

    def start(self, report: Report = lambda line: None) -> None:
        """Start them in order; if one fails, stop those that did start."""
        try:
            for service in self.services:
                report(f"Starting {service.name}…")
                service.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for service in reversed(self.services):
            service.stop()


class Occupancy:
    """Who uses a data folder: one process runs its servers, others may borrow them and are waited for."""

    def __init__(self, home: Path) -> None:
        make_data_dir(home)
        self._owner = FileLock(home / "owner.lock")
        self._borrowers = FileLock(home / "borrowers.lock")
        self._notice = home / "servers.json"

    def own(self, *, purpose: str) -> bool:
        """Become the one that runs the servers, unless somebody is already."""
        if not self._owner.take(note=f"{purpose} (process {os.getpid()})"):
            return False
        # Left by a killed owner: its servers are gone.
        self._notice.unlink(missing_ok=True)
        return True

    @property
    def owner(self) -> str:
        return self._owner.holder

    def publish(self, environment: dict[str, str]) -> None:
        """Tell others how to reach the running servers."""
        fresh = self._notice.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as notice:
            json.dump(environment, notice)
        fresh.replace(self._notice)

    def withdraw(self, report: Report | None = None) -> None:
        """Take the notice back; with `report`, first wait for those who still use the servers."""
        is_told = False
        while report is not None and not self._borrowers.take():
            if not is_told:
                report("Waiting for other commands that use these servers…")
                is_told = True
            time.sleep(0.1)
        self._notice.unlink(missing_ok=True)

    def leave(self) -> None:
        self._borrowers.release()
        self._owner.release()

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[dict[str, str] | None]:
        """The running servers' environment while the block lasts; None if there is nothing to borrow at the moment."""
        if not self._borrowers.take(shared=True):
            yield None
            return
        try:
            yield self._published()
        finally:
            self._borrowers.release()

    def _published(self) -> dict[str, str] | None:
        try:
            environment = json.loads(self._notice.read_text())
        except FileNotFoundError:
            return None
        if not isinstance(environment, dict):
            raise EmbeddedError(f"{self._notice} can't be read. Remove it.")
        return {str(name): str(value) for name, value in environment.items()}
