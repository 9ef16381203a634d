"""The registry of event kinds and facet patterns, remembered for a short time in each process."""

import re
import time
from dataclasses import dataclass, field
from threading import Lock

from leads import normalise
from leads.models import EventKind, Facet

_REMEMBER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class KnownKind:
    """What recording an event needs to know about its kind."""

    id: int
    key: str
    facet_property: str
    category: str
    direction: str
    is_registered: bool = True
    patterns: list[tuple[re.Pattern[str], int]] = field(default_factory=list)

    def facet_of(self, properties: dict[str, object]) -> int | None:
        """The id of the first facet whose pattern matches the kind's scorable property."""
        value = properties.get(self.facet_property)
        if not self.patterns or not isinstance(value, str):
            return None
        value = normalise.path(value) if self.facet_property == "path" else normalise.line(value).lower()[:200]
        return next((facet for pattern, facet in self.patterns if pattern.fullmatch(value)), None)


def globs_of(pattern: str) -> list[str]:
    """The parts of a facet's pattern, any of which may fit: "/pricing*, /plans*"."""
    return [part for glob in pattern.split(",") if (part := glob.strip())]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern whose only special sign is *; it cannot backtrack badly because stars are folded and capped."""
    parts = [re.escape(part) for part in re.sub(r"\*+", "*", pattern.lower()).split("*")[:4]]
    return re.compile(".*".join(parts), re.DOTALL)


_known: dict[str, KnownKind] = {}
_read_at = -_REMEMBER_SECONDS
_forgotten = 0  # how often; what was read before the last time is not remembered
_lock = Lock()  # between looking whether that is so, and remembering


def known_kinds() -> dict[str, KnownKind]:
    """All kinds by key; at most some seconds old."""
    global _known, _read_at
    if time.monotonic() - _read_at > _REMEMBER_SECONDS:
        begun = _forgotten
        patterns: dict[int, list[tuple[re.Pattern[str], int]]] = {}
        for facet in Facet.objects.exclude(pattern="").order_by("kind_id", "position", "pk"):
            own = patterns.setdefault(facet.kind_id, [])
            own += [(compile_pattern(glob), facet.pk) for glob in globs_of(facet.pattern)]
        found = {
            kind.key: KnownKind(
                id=kind.pk,
                key=kind.key,
                facet_property=kind.facet_property,
                category=kind.category,
                direction=kind.direction,
                is_registered=kind.is_registered,
                patterns=patterns.get(kind.pk, []),
            )
            for kind in EventKind.objects.all()
        }
        with _lock:
            if begun != _forgotten:  # a kind was added meanwhile: whoever added it must find it
                return found
            _known, _read_at = found, time.monotonic()
    return _known


def forget() -> None:
    """Read the registry afresh at the next use (after it was changed, and between tests)."""
    global _read_at, _forgotten
    with _lock:
        _forgotten += 1
        _read_at = -_REMEMBER_SECONDS
