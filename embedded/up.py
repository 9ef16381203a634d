"""`python -m embedded up`: the whole product in one terminal, until Ctrl-C."""

import http.client
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from embedded.environment import django_environment, site_url, with_surroundings
from embedded.errors import EmbeddedError
from embedded.paths import CHECKOUT, data_dir
from embedded.process import spawn
from embedded.programs import prepare_command, programs
from embedded.reload import SourceWatch
from embedded.servers import Occupancy, Servers
from embedded.signals import STOPPING
from embedded.supervisor import Supervisor, describe, end_group
from embedded.terminal import say

READY_SECONDS = 120.0


def run_product(*, host: str, port: int, is_dev: bool) -> int:
    """Start servers and programs, look after them, stop them; returns the exit code."""
    check_port_is_free(host, port, is_dev=is_dev)
    home = data_dir()
    occupancy = Occupancy(home)
    if not occupancy.own(purpose=f"python -m embedded up --port {port}"):
        raise EmbeddedError(
            f"The servers on {home} are already run by {occupancy.owner}. Stop that first."
            " To run a second Winnow beside it, clone it a second time."
        )
    supervisor = Supervisor()

    def on_signal(number: int, frame: FrameType | None) -> None:
        supervisor.ask_to_stop()

    before = {number: signal.signal(number, on_signal) for number in STOPPING}
    try:
        _run(supervisor, occupancy, home, host=host, port=port, is_dev=is_dev)
    finally:
        say("\nStopping…")
        occupancy.withdraw()
        supervisor.stop()
        occupancy.leave()
        for number, handler in before.items():
            signal.signal(number, handler)
        say("Stopped. The data is kept for the next start.")
    return 0


def _run(supervisor: Supervisor, occupancy: Occupancy, home: Path, *, host: str, port: int, is_dev: bool) -> None:
    servers = Servers(home)
    for service in servers.services:
        if supervisor.is_stopping:
            return
        say(f"Starting {service.name}…")
        supervisor.start(service)
    own = django_environment(home, servers.urls, host=host, port=port, is_debug=is_dev)
    environment = with_surroundings(own)
    is_first_start = not (home / "static").exists()
    say("Preparing the database and the static files" + (" (the first time takes longer)…" if is_first_start else "…"))
    told = prepare(supervisor, environment)
    # Only now: a borrowed database is a migrated one.
    occupancy.publish(own)
    if supervisor.is_stopping:
        return
    say("Starting the web server, the worker and the scheduler…")
    for program in programs(home, host=host, port=port, is_dev=is_dev, environment=environment):
        supervisor.start(program)
    if wait_until_ready(supervisor, host, port):
        supervisor.be_patient()
        say(f"\n{told.strip()}\n" if told.strip() else "")
        say(f"Winnow runs on {environment['SITE_URL']}")
        journey = "make demo-journey" if port == 8000 else f"make demo-journey PORT={port}"
        say(f"See a lead become a prospect: {journey}   (in a second terminal)")
        say("Ctrl-C stops everything.\n")
    watch = SourceWatch(CHECKOUT) if is_dev else None
    while not supervisor.is_stopping:
        time.sleep(0.1)
        supervisor.watch()
        if watch is not None and watch.has_changed():
            say("Python files changed; restarting the worker and the scheduler…")
            for service in supervisor.services:
                if service.name in {"worker", "beat"} and service.is_running:
                    supervisor.restart(service)


def check_port_is_free(host: str, port: int, *, is_dev: bool) -> None:
    """Look before anything is started: a taken port is the commonest reason for a failed start."""
    command = "make run" if is_dev else "make demo"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        raise EmbeddedError(f"Port {port} is reserved for root. Choose another: {command} PORT=8001") from None
    except socket.gaierror:
        raise EmbeddedError(f"{host} is not an address of this machine.") from None
    except OSError as error:
        raise EmbeddedError(
            f"Port {port} on {host} can't be used ({error.strerror}). Choose another: {command} PORT={port + 1}"
        ) from None


def prepare(supervisor: Supervisor, environment: Mapping[str, str]) -> str:
    """Bring the database up to date; returns what the command has to tell a newcomer, or nothing when asked to stop."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = spawn(
            prepare_command(),
            stop_signal=signal.SIGTERM,
            output=output.fileno(),
            errors=errors.fileno(),
            cwd=CHECKOUT,
            environment=environment,
        )
        while process.poll() is None:
            if supervisor.is_stopping:
                process.terminate()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            time.sleep(0.02)
        end_group(process.pid)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0 and not supervisor.is_stopping:
            said = errors.read().decode(errors="replace")
            raise EmbeddedError(f"The database could not be prepared ({describe(process.returncode)}):\n{said}")
        return output.read().decode(errors="replace")


def wait_until_ready(supervisor: Supervisor, host: str, port: int) -> bool:
    """Wait for the web server's first answer, looking after the programs meanwhile; False when asked to stop."""
    deadline = time.monotonic() + READY_SECONDS
    while not supervisor.is_stopping:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(site_url(host, port).removeprefix("http://"), timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR:
                return True
        supervisor.watch()
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The web server does not answer on {site_url(host, port)}/healthz.")
        time.sleep(0.1)
    return False
