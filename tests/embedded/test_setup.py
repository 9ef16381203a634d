"""The first minute of a newcomer: what `make` says where something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.paths import CHECKOUT, fits_socket, package_dir

TOOLS = ("sh", "env", "awk", "rm", "cat", "cut", "touch", "find", "make")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout with nothing installed, on a machine with little more than a shell."""
    root = tmp_path / "a clone"
    shutil.copytree(CHECKOUT / "requirements", root / "requirements")
    shutil.copytree(CHECKOUT / "embedded", root / "embedded")
    for name in ("Makefile", "package.json", "package-lock.json"):
        shutil.copy(CHECKOUT / name, root)
    (root / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (root / "bin" / tool).symlink_to(found)
    return root


def put_python(clone: Path, name: str, program: str) -> None:
    path = clone / "bin" / name
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)


def make(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=clone,
        env={"PATH": os.fspath(clone / "bin"), "HOME": os.fspath(clone)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


OLD_PYTHON = 'case "$*" in --version) echo "Python 3.9.2";; *) exit 1;; esac'


def test_help_lists_the_commands_and_installs_nothing(clone: Path) -> None:
    ended = make(clone)
    assert ended.returncode == 0
    told = {line.split()[1] for line in ended.stdout.splitlines()}
    assert {"demo", "test", "check", "run", "bench", "demo-journey", "screenshots", "clean"} <= told
    assert not (clone / ".venv").exists()


def test_an_old_python_is_named_with_what_to_do(clone: Path) -> None:
    put_python(clone, "python3", OLD_PYTHON)
    ended = make(clone, "demo")
    assert ended.returncode != 0
    assert "Winnow needs Python 3.11 or newer; python3 is Python 3.9.2." in ended.stderr
    assert "make demo PYTHON=/path/to/python3.12" in ended.stderr
    assert not (clone / ".venv").exists()


def test_no_python_at_all_is_said(clone: Path) -> None:
    assert "python3 is not there" in make(clone, "demo").stderr


def test_a_newer_python_beside_an_old_one_is_found(clone: Path) -> None:
    put_python(clone, "python3", OLD_PYTHON)
    put_python(clone, "python3.12", 'case "$*" in *venv*) echo "taken: $*"; exit 1;; esac')
    assert "taken: -m venv .venv" in make(clone, "demo").stderr


def test_a_python_without_venv_is_told_which_package_is_missing(clone: Path) -> None:
    put_python(clone, "python3", 'case "$*" in *venv*) echo "No module named ensurepip"; exit 1;; esac')
    ended = make(clone, "demo")
    assert ended.returncode != 0
    assert "No module named ensurepip" in ended.stderr
    assert "apt install python3-venv" in ended.stderr
    assert not (clone / ".venv").exists()
    assert not (clone / ".venv.log").exists()


def test_with_servers_of_ones_own_the_embedded_ones_are_not_installed(clone: Path) -> None:
    plain = make(clone, "-n", "demo").stdout
    assert "requirements/embedded.lock" in plain
    own = make(
        clone, "-n", "demo", DATABASE_URL="postgresql://db.example/one", REDIS_URL="redis://redis.example"
    ).stdout
    assert "requirements/runtime.lock" in own
    assert "requirements/embedded.lock" not in own


def test_the_port_reaches_the_launcher_and_the_journey(clone: Path) -> None:
    assert '--port "8001"' in make(clone, "-n", "demo", "PORT=8001").stdout
    assert "SITE_URL=http://127.0.0.1:8001" in make(clone, "-n", "demo-journey", "PORT=8001").stdout
    assert "SITE_URL" not in make(clone, "-n", "demo-journey").stdout


def test_cleaning_twice_is_fine(clone: Path) -> None:
    put_python(clone, "python3", f'exec "{sys.executable}" "$@"')
    (clone / ".data").mkdir()
    for _ in range(2):
        ended = make(clone, "clean")
        assert ended.returncode == 0, ended.stderr
    assert not (clone / ".data").exists()


def test_a_missing_server_package_is_told_what_to_set_instead() -> None:
    with pytest.raises(EmbeddedError, match=r"Linux \(x86_64 or aarch64.*set DATABASE_URL to its address"):
        package_dir("no_such_server", instead="DATABASE_URL")


@pytest.mark.parametrize(("length", "fits"), [(107, True), (108, False)])
@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems have another limit")
def test_the_limit_of_socket_paths_is_the_kernels(length: int, fits: bool) -> None:
    folder = Path("/" + "a" * (length - len("/s") - 1))
    assert len(os.fsencode(folder / "s")) == length
    assert fits_socket(folder, "s") is fits
