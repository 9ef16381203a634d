"""Child processes that are stopped politely, and never outlive the process that started them."""

import ctypes
import os
import platform
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
IS_LINUX: bool = platform.system() == "Linux"


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the child this signal when the thread that started it ends (Linux only).

    Call it from the main thread: the signal follows the thread, not the process.
    """
    if not IS_LINUX:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare_child


@dataclass(frozen=True)
class Account:
    """The user and group that a child process runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals,
    output: int,
    errors: int = subprocess.STDOUT,
    cwd: Path,
    environment: Mapping[str, str],
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that the terminal's Ctrl-C reaches only us, who look after it."""
    return subprocess.Popen(
        [os.fspath(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        cwd=cwd,
        env=dict(environment),
        start_new_session=True,
        preexec_fn=die_with_parent(stop_signal),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


class Service(ABC):
    """One process that can be started, watched and stopped, any number of times."""

    name: str
    stop_signal = signal.SIGTERM
    grace_seconds = 15.0

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self._asked: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start the process; a server returns when it answers."""

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the polite signal, once (Celery takes a second one for impatience), and return."""
        if self.process is not None and self.process.poll() is None and self._asked is not self.process:
            self._asked = self.process
            self.process.send_signal(self.stop_signal)

    def stop(self, *, is_hurried: Callable[[], bool] = lambda: False) -> None:
        """Stop the process and wait for its end; after the grace period, or in a hurry, kill it."""
        if self.process is None:
            return
        self.ask_to_stop()
        deadline = time.monotonic() + self.grace_seconds
        while self.process.poll() is None and time.monotonic() < deadline and not is_hurried():
            time.sleep(0.02)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None


def stop_leftover(pid: int, *, name: str, folder: Path, started_at: float | None, stop_signal: signal.Signals) -> bool:
    """Stop a server that an earlier, killed run left behind; True when no such server is left.

    The number alone proves nothing: it may belong to a zombie or to a stranger by now. Ours has the right name and
    works in its data folder (or, where that can't be seen, was started at the noted time).
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith(name):
            return True
        try:
            is_ours = Path(process.cwd()) == folder.resolve()
        except psutil.AccessDenied:
            is_ours = started_at is None or abs(process.create_time() - started_at) < 60
        if not is_ours:
            return True
        process.send_signal(stop_signal)
        process.wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    except (psutil.TimeoutExpired, psutil.AccessDenied):
        return False
    return True
