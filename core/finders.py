"""Serves single named files out of node_modules; whole packages would drag in files that break the manifest."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# name under /static/ -> file under node_modules/
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.esm.min.js": "@tabler/core/dist/js/tabler.esm.min.js",
    "vendor/sortable.esm.js": "sortablejs/modular/sortable.esm.js",
    "vendor/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}


class _NodeModules(FileSystemStorage):
    """node_modules seen under the short names of FILES."""

    def path(self, name: str) -> str:
        return str(Path(self.location) / FILES[name])


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
