"""Where things lie: the checkout, its data, the servers' binaries and their sockets."""

import hashlib
import importlib.util
import os
import stat
import sys
import tempfile
from pathlib import Path

from embedded.errors import EmbeddedError

CHECKOUT = Path(__file__).resolve().parent.parent

# The longest socket path the kernel takes, without the final NUL.
SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103


def data_dir() -> Path:
    """The folder that holds everything this checkout has stored."""
    chosen = os.environ.get("WINNOW_DATA_DIR")
    return Path(chosen).expanduser().absolute() if chosen else CHECKOUT / ".data"


def fingerprint(path: Path) -> str:
    """A short name for a path, for folders that must lie elsewhere."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def package_dir(name: str, *, instead: str) -> Path:
    """Where a package lies, found without importing it; `instead` names the variable that makes it unnecessary."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The Python package {name.replace('_', '-')} is not installed. It exists for Linux (x86_64 or aarch64,"
            f" glibc 2.28 or newer) and macOS (arm64). Elsewhere, start such a server and set {instead} to its address."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def fits_socket(folder: Path, name: str) -> bool:
    """Whether a socket of this name in this folder has a path that the kernel accepts."""
    return len(os.fsencode(folder / name)) <= SOCKET_PATH_LIMIT


def short_dir(home: Path, purpose: str) -> Path:
    """A short folder of this user's own, the same for the same `home`, for sockets whose path would be too long."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime and os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())
    return base / f"winnow-{os.getuid()}-{fingerprint(home)}-{purpose}"


def make_private(folder: Path, *, uid: int | None = None, gid: int | None = None) -> None:
    """Make a folder that only its owner may enter; refuse one that somebody else laid in the way."""
    owner = os.geteuid() if uid is None else uid
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise EmbeddedError(
                f"{folder} is in the way: somebody else owns it, or it is no folder. Remove it."
            ) from None
    if os.geteuid() == 0 and uid is not None and gid is not None:
        os.chown(folder, uid, gid)
    folder.chmod(0o700)


def make_data_dir(folder: Path) -> None:
    """Make a data folder; for root it may be passed through, not listed, by the account that runs PostgreSQL."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
