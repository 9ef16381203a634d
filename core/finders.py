"""Serves single named files out of node_modules; whole packages would drag in files that break the manifest."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

# name under /static/ -> file under node_modules/
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/sortable.esm.js": "sortablejs/modular/sortable.esm.js",
    "vendor/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}
SOURCE_MAP = re.compile(rb"/[/*]# sourceMappingURL=\S+(?: ?\*/)?\s*\Z")


class _NodeModules(FileSystemStorage):
    """node_modules seen under the short names of FILES."""

    def path(self, name: str) -> str:
        return str(Path(self.location) / FILES[name])

    def open(self, name: str, mode: str = "rb") -> "File[Any]":
        """Without the pointer to a source map, which isn't served and which the manifest would look for."""
        if not name.endswith((".css", ".js")):
            return super().open(name, mode)
        return ContentFile(SOURCE_MAP.sub(b"", Path(self.path(name)).read_bytes()))


class NodeModulesFinder(BaseFinder):
    """Finds exactly FILES."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = _NodeModules(location=settings.BASE_DIR / "node_modules")
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in FILES or not Path(self.storage.path(path)).is_file():
            return []
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        for name in FILES:
            if Path(self.storage.path(name)).is_file():
                yield name, self.storage
