"""What we think of somebody: lifecycle, score, criteria."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from operator import attrgetter
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from core.components.values import of, text

LIFECYCLES = {"lead": "Lead", "prospect": "Prospect", "customer": "Customer", "disqualified": "Disqualified"}
CHIP_STATES = {"meets": "meets", "weak": "weak", "fails": "fails", "unknown": "not known yet"}
_CHIP = ("state", "label", "url", "tooltip", "letter")
_chip_values = attrgetter(*_CHIP)


@lru_cache(maxsize=64)
def _pill(value: str) -> SafeString:
    known = value if value in LIFECYCLES else "plain"
    return mark_safe(f'<span class="pill pill-{known}">{escape(LIFECYCLES.get(value, value))}</span>')


def lifecycle(value: str) -> SafeString:
    """The pill that says where a contact is in its life."""
    return _pill(str(value))


def score_badge(standing: Any, href: str = "", size: str = "") -> SafeString:
    """Number, grade, and a bar split into fit and engagement. With `href`, a click explains it in the dialog."""
    known = bool(standing) and of(standing, "total", None) is not None and _has_day(standing)
    bigger = f" score-{text(size)}" if size else ""
    if not known:
        return mark_safe(
            f'<span class="score score-unknown{bigger}" title="Not scored yet"><b aria-hidden="true">–</b>'
            '<span class="visually-hidden">Not scored yet</span><span class="score-bar"></span></span>'
        )
    total, grade = int(of(standing, "total", 0)), text(of(standing, "grade"))
    fit, engagement = int(of(standing, "fit", 0)), int(of(standing, "engagement", 0))
    whole = max(100, max(fit, 0) + max(engagement, 0))
    inside = (
        f'<b>{total}</b> <small>{grade}</small><span class="score-bar" aria-hidden="true">'
        f'<i class="is-fit" style="width:{round(100 * max(fit, 0) / whole)}%"></i>'
        f'<i class="is-engagement" style="width:{round(100 * max(engagement, 0) / whole)}%"></i></span>'
    )
    title = f"{total} {grade}: score of fit {fit} and engagement {engagement}"
    if href:
        return mark_safe(
            f'<a class="score{bigger}" href="{text(href)}" data-dialog title="{title}" aria-label="{title}. Why?">'
            f"{inside}</a>"
        )
    return mark_safe(f'<span class="score{bigger}" title="{title}" role="img" aria-label="{title}">{inside}</span>')


def _has_day(standing: Any) -> bool:
    """Whether it was ever scored; what has no day at all is not asked for one."""
    if isinstance(standing, dict):
        return "day" not in standing or standing["day"] is not None
    return getattr(standing, "day", True) is not None


def chips(items: Iterable[Any], size: str = "") -> SafeString:
    """One letter per criterion, its shape says what is known. A chip with a `url` opens its answer in the dialog."""
    bigger = f" chips-{text(size)}" if size else ""
    return mark_safe(f'<span class="chips{bigger}">{"".join(map(_chip, items))}</span>')


def _chip(item: Any) -> str:
    try:
        state, label, url, tooltip, letter = _chip_values(item)
    except AttributeError:
        state, label, url, tooltip, letter = (of(item, name) for name in _CHIP)
    state, name, letter = _named(str(state), str(label), str(letter or ""))
    title = f"{name}. {text(tooltip)}" if tooltip else name
    if url:
        link = f'class="chip chip-{state}" href="{text(url)}" data-dialog'
        return f'<a {link} title="{title}" aria-label="{name}">{letter}</a>'
    return f'<span class="chip chip-{state}" title="{title}" role="img" aria-label="{name}">{letter}</span>'


@lru_cache(maxsize=256)
def _named(state: str, label: str, letter: str) -> tuple[str, str, str]:
    """State, name and letter of a chip, escaped; never taken as safe already: the cache can't tell the two apart."""
    state = state if state in CHIP_STATES else "unknown"
    return state, escape(f"{label}: {CHIP_STATES[state]}"), escape(letter or label[:1])
