"""`python -m embedded clean`: removes everything this checkout has stored, inside and outside of it."""

import os
import shutil

from embedded.account import system_dir
from embedded.errors import EmbeddedError
from embedded.locks import FileLock
from embedded.paths import data_dir, short_dir


def remove_data() -> None:
    """Remove the data folder and what had to lie elsewhere; refuses while servers run on it."""
    home = data_dir()
    if home.exists():
        for lock_file in [home / "owner.lock", *home.glob("test-*/owner.lock")]:
            lock = FileLock(lock_file)
            if lock_file.exists() and not lock.take():
                raise EmbeddedError(f"{lock_file.parent} is in use by {lock.holder}. Stop that first.")
            lock.release()
        for place in (home, *home.glob("test-*")):
            for purpose in ("postgresql", "valkey"):
                shutil.rmtree(short_dir(place, purpose), ignore_errors=True)
        shutil.rmtree(home)
    if os.geteuid() == 0 and system_dir().exists():
        shutil.rmtree(system_dir())
