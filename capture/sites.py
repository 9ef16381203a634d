"""The tracked sites, remembered for some seconds in each process: the collector must be quick."""

import time
from dataclasses import dataclass

from capture.models import Site

_REMEMBER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class KnownSite:
    """What the collector needs to know about a site."""

    id: int
    allowed_origins: frozenset[str]
    name: str = ""
    is_server: bool = False
    asks_consent: bool = False

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of its pages, as far as they were named."""
        return frozenset(origin.split("://", 1)[-1] for origin in self.allowed_origins)

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may report; an empty list allows any."""
        return not self.allowed_origins or origin.lower() in self.allowed_origins


_known: dict[str, tuple[float, KnownSite]] = {}


def known_site(write_key: str) -> KnownSite | None:
    """The site with this write key; at most some seconds old."""
    remembered = _known.get(write_key)
    if remembered and time.monotonic() - remembered[0] < _REMEMBER_SECONDS:
        return remembered[1]
    site = Site.objects.filter(write_key=write_key).first()
    if site is None:  # not remembered: anybody can invent keys
        _known.pop(write_key, None)
        return None
    known = KnownSite(site.pk, frozenset(site.allowed_origins), site.name, site.is_server, site.asks_consent)
    _known[write_key] = (time.monotonic(), known)
    return known


def forget() -> None:
    """Read the sites afresh at the next use."""
    _known.clear()
