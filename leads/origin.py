"""Where somebody came from, as one page view or form tells. Values in, values out.

utm_source and utm_medium are believed; without them the referrer says whether it was a search engine, a social
network or another site; without a referrer it is a direct visit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from leads import normalise

DIRECT = "direct"
REFERRAL = "referral"
# second-level names of search engines and social networks, under any country's ending
_SEARCH = frozenset(
    "google bing yahoo duckduckgo ecosia qwant baidu yandex startpage brave kagi naver seznam ask aol".split()  # noqa: SIM905
)
_SOCIAL = {
    "facebook": "facebook",
    "fb": "facebook",
    "instagram": "instagram",
    "linkedin": "linkedin",
    "lnkd": "linkedin",
    "twitter": "x",
    "x": "x",
    "t": "x",
    "youtube": "youtube",
    "youtu": "youtube",
    "reddit": "reddit",
    "pinterest": "pinterest",
    "tiktok": "tiktok",
    "xing": "xing",
    "threads": "threads",
    "bsky": "bluesky",
    "whatsapp": "whatsapp",
    "telegram": "telegram",
    "ycombinator": "hackernews",
}
_SHORT = {
    "t.co": "x",
    "x.com": "x",
    "fb.me": "facebook",
    "lnkd.in": "linkedin",
    "youtu.be": "youtube",
    "t.me": "telegram",
}
# advertisers mark their clicks also where nobody set a utm_source
_CLICK_IDS = {"gclid": ("google", "cpc"), "msclkid": ("bing", "cpc"), "fbclid": ("facebook", "social")}
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu"})
_LIMITS = {"source": 100, "medium": 100, "campaign": 200, "term": 200, "content": 200}
_UTM = [(name, f"utm_{name}", longest) for name, longest in _LIMITS.items()]  # part, property, longest


@dataclass(frozen=True, slots=True)
class Origin:
    """What brought them."""

    source: str = DIRECT
    medium: str = DIRECT
    campaign: str = ""
    term: str = ""
    content: str = ""
    referrer: str = ""
    landing: str = ""

    @property
    def is_direct(self) -> bool:
        return self.source == DIRECT and self.medium == DIRECT and not self.campaign


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody came, at an instant."""

    at: datetime
    origin: Origin


def origin_of(properties: Mapping[str, Any], *, own_hosts: Collection[str] = ()) -> Origin | None:
    """Where the page view came from; None when it came from another page of the same site."""
    utm = {name: _text(properties, key, longest) for name, key, longest in _UTM if key in properties}
    named = _named(utm, properties)
    referrer = _bare(_text(properties, "referrer", 500))
    host = host_of(referrer)
    if not named and host and host in own_hosts:  # as most page views; the rest of it need not be looked at
        return None
    landing = _landing(properties)
    if not named and host and host in {_text(properties, "host", 200).lower(), landing.split("/")[0].lower()}:
        return None
    source, medium = named or _of_referrer(host)
    campaign, term, content = (utm.get(name, "") for name in ("campaign", "term", "content"))
    return Origin(source, medium, campaign, term, content, referrer, landing)


def host_of(address: str) -> str:
    """The host of a full address, in lower case; empty for a path or for what is no address."""
    try:
        host = urlsplit(address).netloc.rsplit("@", 1)[-1].lower()
    except ValueError:
        return ""
    return host.removesuffix(":443").removesuffix(":80")


def earliest(arrivals: Collection[Arrival]) -> Arrival | None:
    """The first touch."""
    return min(arrivals, key=lambda arrival: arrival.at, default=None)


def latest(arrivals: Collection[Arrival]) -> Arrival | None:
    """The last touch: a direct visit does not take the place of a known origin."""
    return max(arrivals, key=lambda arrival: (not arrival.origin.is_direct, arrival.at), default=None)


def _named(utm: Mapping[str, str], properties: Mapping[str, Any]) -> tuple[str, str] | None:
    """Source and medium as the link itself says."""
    if any(utm.values()):
        return utm.get("source", "").lower() or "unknown", utm.get("medium", "").lower() or "unknown"
    return next((named for name, named in _CLICK_IDS.items() if properties.get(name)), None)


def _of_referrer(host: str) -> tuple[str, str]:
    if not host:
        return DIRECT, DIRECT
    host = host.split(":", maxsplit=1)[0].removeprefix("www.")
    if host in _SHORT:
        return _SHORT[host], "social"
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
        labels.pop()
    name = labels[-1] if labels else host
    if name in _SEARCH and not host.startswith(("mail.", "docs.", "news.")):
        return name, "organic"
    if name in _SOCIAL and name not in {"t", "x", "fb"}:
        return _SOCIAL[name], "social"
    return host[:100], REFERRAL


def _landing(properties: Mapping[str, Any]) -> str:
    """The page: host and path."""
    for name in ("url", "page", "path"):
        value = _bare(_text(properties, name, 1000))
        if value:
            host = _text(properties, "host", 200)
            return (host + value if value.startswith("/") else value.split("://", 1)[-1])[:500]
    return ""


def _bare(address: str) -> str:
    """Without what stands behind the question mark: it may hold a secret."""
    return address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]


def _text(properties: Mapping[str, Any], name: str, longest: int) -> str:
    value = properties.get(name)
    return normalise.line(value[: longest * 2])[:longest] if isinstance(value, str) else ""
