"""The environment variables that Django's processes are given."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path


def secret_key(home: Path) -> str:
    """The key that signs sessions; made once, and readable only by its owner."""
    path = home / "secret_key"
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        key = file.read().strip()
        if not key:
            key = secrets.token_urlsafe(50)
            file.write(key)
    return key


def site_url(host: str, port: int) -> str:
    """The address a browser on this machine can open."""
    if host in {"", "0.0.0.0", "::"}:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def allowed_hosts(host: str) -> str:
    """The host names the site answers to; every one, when it listens on every address."""
    if host in {"", "0.0.0.0", "::"}:
        return "*"
    return ",".join(dict.fromkeys(["127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host]))


def django_environment(
    home: Path, urls: Mapping[str, str], *, host: str = "127.0.0.1", port: int = 8000, is_debug: bool = False
) -> dict[str, str]:
    """The settings that Winnow's processes need on this data folder."""
    return {
        **urls,
        "SECRET_KEY": secret_key(home),
        "DEBUG": "1" if is_debug else "0",
        "ALLOWED_HOSTS": allowed_hosts(host),
        "SITE_URL": site_url(host, port),
        "STATIC_ROOT": os.fspath(home / "static"),
        "PYTHONUNBUFFERED": "1",
    }


def with_surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """These settings under what the person at the terminal has set: theirs win. This Python's programs come first."""
    path = os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    chosen = {name: value for name, value in os.environ.items() if value or name not in environment}
    # Without bytecode each process compiles all that it loads: seconds at each start, and memory that it keeps.
    return {**environment, **chosen, "PATH": path, "PYTHONDONTWRITEBYTECODE": ""}
