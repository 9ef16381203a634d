"""Bigger pieces, drawn by templates/components/."""

from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from core.components.values import of, text


def empty(
    title: str, text: str = "", icon_name: str = "inbox", url: str = "", label: str = "", dialog: bool = False
) -> dict[str, Any]:
    """A place with nothing in it yet: what belongs here and one button to get it."""
    return {"icon_name": icon_name, "title": title, "text": text, "url": url, "label": label, "dialog": dialog}


def stat(
    label: str,
    value: Any,
    note: Any = "",
    url: str = "",
    now: Any = None,
    before: Any = None,
    share: Any = None,
    tone: str = "",
) -> dict[str, Any]:
    """One number that opens the list behind it; `now` and `before` add the change, `share` (0–100) a thin bar."""
    return {
        "label": label,
        "value": value,
        "note": note,
        "url": url,
        "now": now,
        "before": before,
        "share": None if share is None else max(0, min(100, round(float(share)))),
        "tone": tone,
    }


def tabs(items: Iterable[Any], label: str = "Views") -> dict[str, Any]:
    """Links beside each other; items have label, url, active and perhaps count."""
    return {"items": items, "label": label}


def filter_bar(
    filters: Iterable[Any], url: str, target: str, note: Any = "", search: str = "", query: str = "", hidden: Any = None
) -> dict[str, Any]:
    """Filters that ask for the list again and keep the address; filters have name, label, choices, value, kind.

    `search` is the placeholder of a search field named q (none without it); `hidden` a dict sent along (the sort).
    """
    return {
        "filters": [_filter(one) for one in filters],
        "url": url,
        "target": target,
        "note": note,
        "search": search,
        "query": query,
        "hidden": hidden or {},
    }


def _filter(one: Any) -> dict[str, Any]:
    drawn = options(of(one, "choices", ()), of(one, "value", None))
    return {name: of(one, name) for name in ("name", "label", "kind")} | {"value": of(one, "value"), "options": drawn}


def options(choices: Iterable[tuple[Any, Any]], chosen: Any = None) -> SafeString:
    """The options of a select, from pairs of value and label."""
    wanted = str(chosen)
    return mark_safe(
        "".join(
            f'<option value="{text(value)}"{" selected" if str(value) == wanted else ""}>{text(label)}</option>'
            for value, label in choices
        )
    )


def progress(
    title: str,
    done: int = 0,
    total: int | None = None,
    note: str = "",
    poll_url: str = "",
    cancel_url: str = "",
    state: str = "running",
) -> dict[str, Any]:
    """Long work: bar, counts, cancel. While `state` is "running" it asks `poll_url` for itself every second."""
    return {
        "title": title,
        "done": done,
        "total": total,
        "share": round(100 * done / total) if total else 0,
        "note": note,
        "poll_url": poll_url,
        "cancel_url": cancel_url,
        "running": state == "running",
        "state": state,
    }


def next_step(
    title: str, why: str = "", url: str = "", label: str = "", icon_name: str = "arrow-right", quiet: bool = False
) -> dict[str, Any]:
    """The one thing to do next, why, and the button that does it (in the dialog)."""
    return {"title": title, "why": why, "url": url, "label": label, "icon_name": icon_name, "quiet": quiet}


def sort(label: str, key: str, current: str, url: str, target: str = "#list") -> dict[str, Any]:
    """A column's name that sorts by it: first downwards ("-key"), then up ("key"). `url` carries the other filters."""
    down = current == f"-{key}"
    joint = "&" if "?" in url else "?"
    return {
        "label": label,
        "url": f"{url}{joint}sort={key if down else f'-{key}'}",
        "target": target,
        "direction": "down" if down else "up" if current == key else "",
    }


def pager(
    note: Any = "",
    newer_url: str = "",
    older_url: str = "",
    target: str = "#list",
    newer: str = "Previous",
    older: str = "Next",
) -> dict[str, Any]:
    """Keyset paging: two links, never page numbers."""
    return {
        "note": note,
        "newer_url": newer_url,
        "older_url": older_url,
        "target": target,
        "newer": newer,
        "older": older,
    }


def url_or(name: str, fallback: str = "") -> str:
    """The address of a named page, or `fallback` when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return fallback
