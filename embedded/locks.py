"""Locks on folders, held by the kernel for as long as the process lives: never stale."""

import fcntl
import os
import time
from pathlib import Path


class FileLock:
    """An advisory lock on one file; the file's text says who holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, *, note: str = "", shared: bool = False) -> bool:
        """Try to get the lock without waiting."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        if not shared:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note.encode(), 0)
        self._descriptor = descriptor
        return True

    def wait(self, *, seconds: float) -> bool:
        """Try to get the lock until the time is over."""
        deadline = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def holder(self) -> str:
        """What the holder said about itself when it took the lock."""
        try:
            return self.path.read_text().strip()
        except OSError:
            return ""
