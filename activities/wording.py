"""How events read on a timeline: a registry kind and its properties become a title, a detail and an icon."""

from collections.abc import Mapping, Sequence
from typing import Any

ICONS = {
    "page_view": "eye",
    "link_clicked": "click",
    "email_opened": "mail-opened",
    "email_clicked": "click",
    "newsletter_subscribed": "news",
    "asset_downloaded": "download",
    "webinar_registered": "calendar-plus",
    "webinar_attended": "presentation",
    "form_submitted": "forms",
    "demo_requested": "presentation",
    "trial_started": "rocket",
    "feature_used": "apps",
    "email_replied": "mail",
    "call_connected": "phone",
    "meeting_held": "users",
    "chat_started": "message-circle",
    "social_engaged": "thumb-up",
    "referred": "share",
    "unsubscribed": "mail-off",
}
CATEGORY_ICONS = {
    "content": "file-text",
    "intent": "target-arrow",
    "conversation": "message-circle",
    "social": "thumb-up",
    "product": "apps",
}
# what says most about an event, first come first served
TELLING = ("title", "form_name", "form", "asset", "campaign", "subject", "path", "url", "outcome", "feature", "name")
LONGEST = 120
PATHS_SHOWN = 4


def icon(kind: str, category: str) -> str:
    """The icon of a kind; kinds that a team added wear their category's."""
    return ICONS.get(kind) or CATEGORY_ICONS.get(category, "point")


def short(value: Any) -> str:
    """A property's value in at most LONGEST characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def detail(facet_property: str, properties: Mapping[str, Any]) -> str:
    """The one value that tells most about an event; empty when its properties say nothing."""
    for name in (facet_property, *TELLING):
        value = properties.get(name) if name else None
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return short(value)
    return ""


def path(properties: Mapping[str, Any]) -> str:
    """Which page was seen; its title when it has no path."""
    return next((short(value) for name in ("path", "title") if isinstance(value := properties.get(name), str)), "")


def words_of(properties: Mapping[str, Any]) -> str:
    """What they wrote, when they wrote something."""
    for name in ("message", "text", "body", "comment"):
        value = properties.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:2000]
    return ""


STEP_WORDS = {"asset_downloaded": "downloaded", "link_clicked": "went on to", "page_shared": "shared"}


def step(kind: str, properties: Mapping[str, Any]) -> str:
    """What was done on a page, in a few words: "downloaded prices.pdf"."""
    names = ("asset", "network") if kind != "link_clicked" else ()
    told = next((short(value) for name in names if isinstance(value := properties.get(name), str)), path(properties))
    return f"{STEP_WORDS.get(kind, 'did')} {told}".strip()


def visited(paths: Sequence[str], done: Sequence[str] = ()) -> str:
    """A visit in one line, the pages in the order they were seen, each once: "Visited 4 pages: /, /pricing".

    What was done there follows: "… · downloaded prices.pdf".
    """
    also = list(dict.fromkeys(done))
    tail = "".join(f" · {words}" for words in also[:2]) + (" …" if len(also) > 2 else "")
    if not paths:
        return tail.removeprefix(" · ")[:1].upper() + tail.removeprefix(" · ")[1:]
    different = list(dict.fromkeys(path for path in paths if path))
    shown = ", ".join(different[:PATHS_SHOWN]) + (" …" if len(different) > PATHS_SHOWN else "")
    count = "a page" if len(paths) == 1 else f"{len(paths):,} pages"
    return f"Visited {count}{': ' + shown if shown else ''}{tail}"
