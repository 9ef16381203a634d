"""Notices changed source files, for processes that don't reload by themselves."""

import os
import time
from pathlib import Path

LOOK_EVERY_SECONDS = 1.0
SKIPPED = frozenset({"node_modules", "tests", "embedded", "__pycache__"})


class SourceWatch:
    """Compares the newest change among the checkout's Python files with the last look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._looked_at = time.monotonic()
        self._newest = self._newest_change()

    def has_changed(self) -> bool:
        """Whether a Python file was changed, added or removed since the last look."""
        if time.monotonic() - self._looked_at < LOOK_EVERY_SECONDS:
            return False
        self._looked_at = time.monotonic()
        before, self._newest = self._newest, self._newest_change()
        return self._newest != before

    def _newest_change(self) -> tuple[float, int]:
        newest, count = 0.0, 0
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED and not name.startswith(".")]
            for name in files:
                if name.endswith(".py"):
                    try:
                        newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime)
                    except FileNotFoundError:
                        continue
                    count += 1
        return newest, count
