"""Which user agents are machines. Text in, yes or no out.

The patterns are those of the package `is-bot` (the kept list of isbot). Some are about makers and tasks of programs
rather than about crawlers (“google”, “download”, a bare name without a platform): these count only when the agent names
no device or player of a person, or phones and apps would be taken for machines. `manage.py evaluate_bots` measures it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_MAKERS = {
    r"^[\w \.\-\(?:\):%]+(?:/v?\d+(?:\.\d+)?(?:\.\d{1,10})*?)?(?:,|$)",
    r"^[^ ]{50,}$",
    r"^[\w\-]+/[\w]+$",
    r"^\w+/[\w\(\)]*$",
    r"\.com\b",
    r"\|",
    r"(?:^|[^g])news(?!sapphire)",
    r"(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))",
    r"agent\b",
    r"^downcast/",
    r"^reed",
    r"^whatsapp",
    "browsex",
    "catch",
    "chromeframe",
    "discovery",
    "download",
    "manager",
    "server",
    "sogou",
    "torrent",
}
_OF_PEOPLE = re.compile(
    r"android|iphone|ipad|ipod|\bios\b|windows|\bwin\b|^microsoft|mac ?os|darwin|macintosh|macbook|x11;|mobile|"
    r"smart-?tv|googletv|nettv|roku|player|podc|music|\bradio\b|\bmpv\b|\bvlc\b|foobar",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _matchers() -> tuple[Callable[[str], Any], Callable[[str], Any]]:
    """Searches for a crawler's name and for a maker's; made at first use, because it costs 5 MB."""
    from is_bot import Bots  # type: ignore[import-untyped]
    from regex import IGNORECASE, compile  # type: ignore[import-untyped,unused-ignore]

    known = Bots().patterns
    crawlers, makers = (sorted(known - _MAKERS), sorted(known & _MAKERS))
    return tuple(compile("|".join(f"(?:{one})" for one in kind), IGNORECASE).search for kind in (crawlers, makers))


@lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    """Whether this user agent is a known machine's, or looks like no browser's."""
    crawler, maker = _matchers()
    return bool(crawler(agent)) or (bool(maker(agent)) and not _OF_PEOPLE.search(agent))
