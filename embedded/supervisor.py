"""Keeps a set of processes running, and stops them all together."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.process import Service, spawn
from embedded.terminal import say

CALM_SECONDS = 60.0
# Few until everything has run once: what can't run at all should say so soon.
RESTARTS_AT_FIRST = 2
RESTARTS_LATER = 8
LONGEST_PAUSE = 10.0


class Program(Service):
    """One of the product's own processes; its output is shown line by line under its name."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        grace_seconds: float = 15.0,
    ) -> None:
        super().__init__()
        self.name = name
        self.command = command
        self.cwd = cwd
        self.environment = environment
        self.grace_seconds = grace_seconds
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        process = spawn(
            self.command,
            stop_signal=self.stop_signal,
            output=subprocess.PIPE,
            cwd=self.cwd,
            environment=self.environment,
        )
        self.process = process
        self.started_at = time.monotonic()
        self._reader = threading.Thread(target=self._show_output, args=(process,), daemon=True)
        self._reader.start()

    def stop(self, *, is_hurried: Callable[[], bool] = lambda: False) -> None:
        group = self.process.pid if self.process else None
        super().stop(is_hurried=is_hurried)
        if group is not None:
            end_group(group)
        if self._reader is not None:
            self._reader.join(timeout=1)

    def _show_output(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    if text := line.decode(errors="replace").rstrip():
                        say(f"{self.name:>6} | {text}")


def end_group(group: int) -> None:
    """Kill what a process that has ended left behind in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Supervisor:
    """Starts services in order, restarts the fallen after a growing pause, stops programs together and then servers."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self._restarts: dict[Service, int] = {}
        self._due: dict[Service, float] = {}
        self._stops_asked = 0
        self._most_restarts = RESTARTS_AT_FIRST

    def be_patient(self) -> None:
        """Everything has run once: give what falls from now on more tries."""
        self._most_restarts = RESTARTS_LATER

    def ask_to_stop(self) -> None:
        """Called by signals: the first asks politely, the second is in a hurry."""
        self._stops_asked += 1

    @property
    def is_stopping(self) -> bool:
        return self._stops_asked > 0

    def start(self, service: Service) -> None:
        """Start a service and look after it from now on."""
        self.services.append(service)
        service.start()

    def restart(self, service: Service) -> None:
        """Stop a service and start it again at once, on purpose."""
        service.stop(is_hurried=lambda: self._stops_asked > 1)
        if not self.is_stopping:
            service.start()

    def watch(self) -> None:
        """Look once at every service and do what is due; raises EmbeddedError when one can't be kept running."""
        now = time.monotonic()
        for service in self.services:
            if service in self._due:
                if now >= self._due[service]:
                    del self._due[service]
                    self._start_again(service)
            elif not service.is_running:
                self._note_fall(service, now)

    def _note_fall(self, service: Service, now: float) -> None:
        code = service.process.poll() if service.process else None
        service.stop()
        if now - service.started_at > CALM_SECONDS:
            self._restarts[service] = 0
        restarts = self._restarts.get(service, 0)
        if restarts >= self._most_restarts:
            raise EmbeddedError(f"{service.name} ended again ({describe(code)}); it was started {restarts + 1} times.")
        pause = min(LONGEST_PAUSE, 0.5 * 2**restarts)
        self._restarts[service] = restarts + 1
        self._due[service] = now + pause
        say(f"{service.name} ended ({describe(code)}); starting it again in {pause:g} s…")

    def _start_again(self, service: Service) -> None:
        try:
            service.start()
        except EmbeddedError as error:
            say(str(error))
            service.stop()

    def stop(self) -> None:
        """Stop everything; nothing is left afterwards."""

        def is_hurried() -> bool:
            return self._stops_asked > 1

        programs = [service for service in self.services if isinstance(service, Program)]
        for program in programs:
            program.ask_to_stop()
        for program in programs:
            program.stop(is_hurried=is_hurried)
        for server in reversed(self.services):
            if not isinstance(server, Program):
                server.stop()


def describe(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "it could not be started"
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
