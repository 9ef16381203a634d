"""The product's own processes, as commands."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.paths import CHECKOUT
from embedded.supervisor import Program

# For root, who has been told enough: everything here runs as root but PostgreSQL.
CALM_CELERY = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
# The C library keeps a heap for every thread or two; few are enough and do not fall apart into holes.
SMALL = {"MALLOC_ARENA_MAX": "2"}
QUEUES = "fast,default,mail,bulk"


def prepare_command() -> list[str]:
    """Migrate, collect static files, seed the demo data once; prints what a newcomer should know."""
    return [sys.executable, "manage.py", "prepare", "--demo"]


def worker_pool() -> list[str]:
    """Celery's processes need shared memory; where there is none, threads do."""
    if sys.platform == "linux" and not os.access("/dev/shm", os.W_OK | os.X_OK):
        return ["-P", "threads"]
    return []


def programs(home: Path, *, host: str, port: int, is_dev: bool, environment: Mapping[str, str]) -> list[Program]:
    """Web server, worker and scheduler."""
    environment = {**SMALL, **environment}
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    python = [sys.executable]
    if is_dev:
        web = [*python, "manage.py", "runserver", "--skip-checks", address]
    else:
        web = [
            *(
                *python,
                "-m",
                "gunicorn",
                "crm.wsgi",
                "-b",
                address,
                "-k",
                "gthread",
                "--workers",
                "1",
                "--threads",
                "8",
            ),
            *("--graceful-timeout", "10", "--no-control-socket", "--log-level", "warning"),
        ]
    celery = [*python, "-m", "celery", "-q", "-A", "crm"]
    worker = [
        *(*celery, "worker", "-l", "warning", "-Q", QUEUES, "-c", "2", *worker_pool()),
        *("--without-gossip", "--without-mingle"),
    ]
    # Named by Python's version: its database format differs between them.
    schedule = home / f"beat-schedule-{sys.version_info.major}.{sys.version_info.minor}"
    beat = [
        *python,
        "-m",
        "celery",
        "-q",
        "-A",
        "crm.beat",
        "beat",
        "-l",
        "warning",
        "-s",
        os.fspath(schedule),
        "--pidfile=",
    ]
    return [
        Program("web", web, cwd=CHECKOUT, environment=environment),
        Program("worker", worker, cwd=CHECKOUT, environment={**CALM_CELERY, **environment}, grace_seconds=20.0),
        Program("beat", beat, cwd=CHECKOUT, environment=environment),
    ]
