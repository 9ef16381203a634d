"""A checkout of its own for each test: the real launcher around a stand-in product, in a folder with a space in its name."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from embedded.paths import CHECKOUT

STAND_IN = Path(__file__).parent / "stand_in"
OURS = (
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "REDIS_URL",
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
    "SITE_URL",
    "STATIC_ROOT",
    "WINNOW_DATA_DIR",
)
LIMIT_SECONDS = 90


def wait_until(condition: Callable[[], bool], *, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A launcher in the background, its output in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str) -> None:
        def has_come() -> bool:
            assert self.process.poll() is None or text in self.output, self.output
            return text in self.output

        wait_until(has_come, what=repr(text))

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT_SECONDS)


@dataclass
class Checkout:
    root: Path
    started: list[Running] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.root / ".data"

    def environment(self, **extra: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if name not in OURS and "PYTEST" not in name}
        return plain | extra

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """`python -m embedded …`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "embedded", *arguments],
            cwd=self.root,
            env=self.environment(**extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def python(self, program: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """A small Python program on this checkout's servers."""
        return self.run("exec", "--", "python", "-c", program, **extra)

    def start(self, *arguments: str, **extra: str) -> Running:
        """`python -m embedded …`, in the background."""
        log = self.root / f"output-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "embedded", *arguments],
                cwd=self.root,
                env=self.environment(**extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process, log)
        self.started.append(running)
        return running

    def processes(self, name: str = "") -> list[psutil.Process]:
        """What runs in this checkout or on its data, zombies aside."""
        places = (os.fspath(self.root), os.fspath(self.system_dir()))
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                is_here = process.cwd().startswith(places) or any(place in words for place in places)
                if is_here and name in words and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def system_dir(self) -> Path:
        from embedded.account import SYSTEM_DATA
        from embedded.paths import fingerprint

        return SYSTEM_DATA / f"winnow-{fingerprint(self.data)}"

    def has_nothing_running(self) -> bool:
        return not self.processes()


@pytest.fixture
def make_checkout(tmp_path: Path) -> Iterator[Callable[[str], Checkout]]:
    made: list[Checkout] = []

    def make(folder: str) -> Checkout:
        root = tmp_path / folder
        (root / "crm").mkdir(parents=True)
        places = {"manage.py": "", "__init__.py": "crm", "wsgi.py": "crm", "celery.py": "crm", "beat.py": "crm"}
        for name, place in places.items():
            shutil.copy(STAND_IN / name, root / place)
        shutil.copytree(CHECKOUT / "embedded", root / "embedded", ignore=shutil.ignore_patterns("__pycache__"))
        checkout = Checkout(root)
        made.append(checkout)
        return checkout

    yield make
    for checkout in made:
        for running in checkout.started:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        wait_until(checkout.has_nothing_running, what="the end of what the test started")
        assert checkout.run("clean").returncode == 0
        assert not checkout.data.exists()
        assert not checkout.system_dir().exists()


@pytest.fixture
def checkout(make_checkout: Callable[[str], Checkout]) -> Checkout:
    return make_checkout("a checkout")
