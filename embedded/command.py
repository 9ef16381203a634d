"""`python -m embedded exec`: one command on the servers of this checkout, running already or started just for it."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from embedded.environment import django_environment, with_surroundings
from embedded.errors import EmbeddedError
from embedded.paths import CHECKOUT, data_dir
from embedded.process import die_with_parent
from embedded.servers import Occupancy, Servers
from embedded.signals import ignored_signals
from embedded.terminal import complain

PATIENCE_SECONDS = 180.0


def run_command(command: Sequence[str]) -> int:
    """Run the command with the servers' addresses in its environment; returns its exit code."""
    home = data_dir()
    occupancy = Occupancy(home)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if occupancy.own(purpose=f"python -m embedded exec -- {command[0]}"):
            try:
                return _on_own_servers(command, occupancy)
            finally:
                occupancy.leave()
        with occupancy.borrowed() as environment:
            if environment is not None:
                return run_in_foreground(command, with_surroundings(environment))
        # They are being started or stopped.
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"The servers of {home} are neither started nor stopped by {occupancy.owner}. End it and try again."
            )
        time.sleep(0.1)


def _on_own_servers(command: Sequence[str], occupancy: Occupancy) -> int:
    home = data_dir()
    servers = Servers(home)
    servers.start()
    try:
        environment = django_environment(home, servers.urls)
        occupancy.publish(environment)
        code = run_in_foreground(command, with_surroundings(environment))
        occupancy.withdraw(complain)
        return code
    finally:
        with ignored_signals():
            occupancy.withdraw()
            servers.stop()


def run_in_foreground(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command that keeps the terminal; a signal to us reaches it once, and its way of ending becomes ours."""
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if process is None:
            early.append(number)
        elif not (number in {signal.SIGINT, signal.SIGQUIT} and _is_in_foreground()):
            process.send_signal(number)

    handled = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in handled}
    try:
        try:
            process = subprocess.Popen(
                command, env=dict(environment), cwd=CHECKOUT, preexec_fn=die_with_parent(signal.SIGTERM)
            )
        except FileNotFoundError:
            raise EmbeddedError(f"There is no command {command[0]}.") from None
        except PermissionError:
            raise EmbeddedError(f"{command[0]} may not be run.") from None
        for number in early:
            process.send_signal(number)
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _is_in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to our whole process group, so that the command has had it already."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
