"""The whole product as processes on the test's own database, with a Valkey of its own that may be killed."""

import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from embedded.environment import with_surroundings
from embedded.process import Service
from embedded.programs import programs
from embedded.valkey import Valkey

START_SECONDS = 60


def database_url() -> str:
    """The address of the test's database, for another process."""
    url = os.environ.get("DATABASE_URL") or "postgresql:///winnow"
    return urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """Web server, worker, scheduler and Valkey; each can be killed and started again.

    What ends without having been killed is started again, as `make demo` and docker-compose.yml do: Celery's worker may give up
    when Valkey goes away while it holds a message.
    """

    def __init__(self, home: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.valkey = Valkey(home, is_test=True)
        environment = with_surroundings({}) | {
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": str(settings.SECRET_KEY),
            "DEBUG": "1",  # static files from their sources
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "EMAIL_URL": "console://",
        }
        made = programs(home, host="127.0.0.1", port=port, is_dev=False, environment=environment)
        self.programs: dict[str, Service] = {"valkey": self.valkey} | {one.name: one for one in made}
        self._killed: set[str] = set()
        self._is_over = threading.Event()
        self._watch = threading.Thread(target=self._look_after, daemon=True)

    def start(self) -> None:
        try:
            for program in self.programs.values():
                program.start()
            self._wait()
            self._watch.start()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _look_after(self) -> None:
        while not self._is_over.wait(0.5):
            for name, program in self.programs.items():
                if name not in self._killed and self.is_dead(name):
                    program.start()

    def kill(self, name: str) -> None:
        """As the kernel does it: at once, with no chance to tidy up."""
        self._killed.add(name)
        process = self.programs[name].process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def is_dead(self, name: str) -> bool:
        process = self.programs[name].process
        return process is None or process.poll() is not None

    def start_again(self, name: str) -> None:
        self.programs[name].start()
        self._killed.discard(name)

    def stop(self) -> None:
        self._is_over.set()
        if self._watch.is_alive():
            self._watch.join(10)
        for program in reversed(self.programs.values()):
            program.stop()
