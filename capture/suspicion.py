"""What makes a submission suspicious. Values in, values out; nothing is lost by it: a person looks."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

REASONS = {
    "trap": "Filled in a field that people do not see",
    "quick": "Sent faster than a person fills in a form",
    "blocked": "Address at a blocked domain",
    "disposable": "Throw-away address",
    "links": "Many links",
    "link_in_name": "A link where a name belongs",
    "machine": "Sent by a program, not by a person’s browser",
}
_LINK = re.compile(r"(?:https?://|www\.)\S|\[url|<a\s", re.IGNORECASE)
_BARE_LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|net|ru|xyz|top|info|online|site)/", re.IGNORECASE)


@lru_cache(maxsize=1)
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # a list of some 100 kB: read at the first form, not at the start

    return frozenset(blocklist)


def parents(domain: str) -> list[str]:
    """mail.x.example, x.example: a listed domain stands for those below it."""
    labels = domain.lower().split(".")
    return [".".join(labels[number:]) for number in range(max(1, len(labels) - 1))]


def is_disposable(domain: str) -> bool:
    """Whether addresses there are thrown away after use (list: disposable-email-domains)."""
    return any(name in _disposable() for name in parents(domain))


def reasons(
    *,
    email: str,
    names: Iterable[str],
    texts: Iterable[str],
    is_trapped: bool,
    is_too_quick: bool,
    is_by_machine: bool,
    blocked_domains: Collection[str],
    blocks_disposable: bool,
    most_links: int,
) -> list[str]:
    """Why a person should look at it first; keys of REASONS."""
    domain = email.rsplit("@", 1)[-1].lower() if "@" in email else ""
    found = {
        "trap": is_trapped,
        "quick": is_too_quick,
        "blocked": bool(domain) and any(name in blocked_domains for name in parents(domain)),
        "disposable": bool(domain) and blocks_disposable and is_disposable(domain),
        "links": sum(len(_LINK.findall(text)) for text in texts) > most_links,
        "machine": is_by_machine,
        "link_in_name": any(_BARE_LINK.search(name) for name in names),
    }
    return [name for name, holds in found.items() if holds]
