"""The pieces pages are made of, as template tags. Usage with examples: templates/components/README.md.

They take plain values, or any object or dict that has the named attributes; no app is known here.
"""

import re
import warnings
import zlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil, log10
from typing import Any

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

NO_VALUE = "–"
SMALL_SAMPLE = 30
COUNT_CAP = 10_000
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "AUD": "A$", "CAD": "C$"}
LIFECYCLES = {"lead": "Lead", "prospect": "Prospect", "customer": "Customer", "disqualified": "Disqualified"}
CHIP_STATES = {"meets": "meets", "weak": "weak", "fails": "fails", "unknown": "not known yet"}


def _of(thing: Any, name: str, default: Any = "") -> Any:
    """Attribute or key, so that dicts, dataclasses and rows all do; None counts as absent."""
    value = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    return default if value is None else value


# --- icons ---


class UnknownIcon(LookupError):
    """No such file in node_modules/@tabler/icons."""


@lru_cache(maxsize=512)
def _drawing(name: str, style: str) -> str:
    """The inside of one icon file."""
    file = settings.BASE_DIR / "node_modules" / "@tabler" / "icons" / "icons" / style / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
        raise UnknownIcon(f"There is no {style} icon named {name!r}: look in node_modules/@tabler/icons/icons/{style}/")
    inside = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", file.read_text(), flags=re.S)
    return re.sub(r"\s+", " ", inside.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")).strip()


@lru_cache(maxsize=1024)
def _svg(name: str, size: int, label: str, filled: bool) -> SafeString:
    paint = 'fill="currentColor"' if filled else 'fill="none" stroke="currentColor" stroke-width="1.75"'
    measure = f' width="{size}" height="{size}" style="width:{size}px;height:{size}px"' if size else ""
    inside = _drawing(name, "filled" if filled else "outline")
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" {} stroke-linecap="round" stroke-linejoin="round"{} {}>{}</svg>',
        mark_safe(paint),
        mark_safe(measure),
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(inside),
    )


@register.simple_tag
def icon(name: str, size: int = 0, label: str = "", filled: bool = False) -> SafeString:
    """One icon as inline SVG. An unknown name is an error while developing and testing, and a dot in production."""
    try:
        return _svg(name, size, label, filled)
    except UnknownIcon as error:
        if settings.DEBUG:
            raise
        warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the test suite turns warnings into errors
        return _svg("point", size, label, False)


# --- small words and numbers ---


@register.simple_tag
def lifecycle(value: str) -> SafeString:
    """The pill that says where a contact is in its life."""
    value = str(value)
    known = value if value in LIFECYCLES else "plain"
    return format_html('<span class="pill pill-{}">{}</span>', known, LIFECYCLES.get(value, value))


@register.simple_tag
def money(amount: Decimal | int | float | None, currency: str = "", compact: bool = False) -> SafeString:
    """€12,500; compact €12.5k; unknown is a dash that says so."""
    if amount is None or amount == "":
        return mark_safe('<span class="muted" title="unknown">—<span class="visually-hidden">unknown</span></span>')
    exact = _money_text(Decimal(str(amount)), currency)
    if not compact:
        return format_html('<span class="num">{}</span>', exact)
    short = _money_text(Decimal(str(amount)), currency, compact=True)
    return format_html('<span class="num" title="{}">{}</span>', exact, short)


def _money_text(amount: Decimal, currency: str, compact: bool = False) -> str:
    symbol = SYMBOLS.get(currency, f"{currency}\u00a0" if currency else "")
    sign, amount = ("−" if amount < 0 else ""), abs(amount)
    if compact:
        return f"{sign}{symbol}{_compact(amount)}"
    return f"{sign}{symbol}{amount:,.2f}" if amount % 1 else f"{sign}{symbol}{amount:,.0f}"


def _compact(amount: Decimal) -> str:
    """950, 12.5k, 1.2M: three figures at most."""
    for limit, unit in ((Decimal("999500"), "M"), (Decimal("999.5"), "k")):
        if amount >= limit:
            scaled = amount / (1_000_000 if unit == "M" else 1_000)
            text = f"{scaled:.1f}" if scaled < Decimal("99.95") else f"{scaled:.0f}"
            return text.removesuffix(".0") + unit
    return f"{amount:.0f}"


@register.simple_tag
def percent(part: int | float | Decimal | None, whole: int | float | Decimal | None) -> SafeString:
    """A share that doesn't lie: a dash when there is nothing to share, and the sample beside it when it is small."""
    if part is None or not whole:
        return mark_safe('<span class="muted" title="nothing to compare with">–</span>')
    share = f"{100 * float(part) / float(whole):.0f} %"
    if whole < SMALL_SAMPLE:
        return format_html(
            '<span class="num" title="{} of {}: a small sample">{} <small class="muted">of {}</small></span>',
            part,
            whole,
            share,
            whole,
        )
    return format_html('<span class="num" title="{} of {}">{}</span>', f"{part:,}", f"{whole:,}", share)


@register.simple_tag
def count(n: int | None, cap: int = COUNT_CAP) -> SafeString:
    """1,204; above the cap 10,000+; unknown is a dash."""
    if n is None:
        return mark_safe('<span class="muted">–</span>')
    return format_html('<span class="num">{}</span>', f"{cap:,}+" if n > cap else f"{n:,}")


@register.simple_tag
def delta(now: int | float | Decimal | None, before: int | float | Decimal | None) -> SafeString:
    """Change against an earlier figure, with an arrow and a word for the ear; nothing when there was none."""
    if now is None or not before:
        return SafeString("")
    change = round(100 * (float(now) - float(before)) / abs(float(before)))
    if change == 0:
        return mark_safe('<span class="delta">unchanged</span>')
    kind, arrow, word = ("up", "↑", "up") if change > 0 else ("down", "↓", "down")
    return format_html(
        '<span class="delta-{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span> {} %</span>',
        kind,
        arrow,
        word,
        abs(change),
    )


@register.simple_tag
def ago(when: datetime | date | None, late: bool = False) -> SafeString:
    """A short distance from now ("3 d", "in 2 d", "just now"), the exact instant on hover. `late` marks a past one."""
    if not when:
        return mark_safe('<span class="muted">–</span>')
    # a list draws a hundred of these, and Django's date format costs ten times as much
    if isinstance(when, datetime):
        day: date = timezone.localtime(when) if timezone.is_aware(when) else when
        now = timezone.now()
        text, exact = _distance(now - when), f"{day:%a} {day.day} {day:%b %Y, %H:%M}"
        past, this_year = when < now, timezone.localtime(now).year
    else:
        day, today = when, timezone.localdate()
        text, exact = _day_distance((today - when).days), f"{day:%a} {day.day} {day:%b %Y}"
        past, this_year = when < today, today.year
    if not text:
        text = f"{day.day} {day:%b}" if day.year == this_year else f"{day.day} {day:%b %Y}"
    marked = mark_safe(' class="late"') if late and past else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', when.isoformat(), exact, marked, text)


def _distance(since: timedelta) -> str:
    """Empty beyond thirty days, where a date says more."""
    seconds = since.total_seconds()
    length = abs(seconds)
    if length < 60:
        return "just now"
    for limit, unit, name in ((3600, 60, "min"), (86_400, 3600, "h"), (30 * 86_400, 86_400, "d")):
        if length < limit:
            return f"{'in ' if seconds < 0 else ''}{int(length // unit)}\u00a0{name}"
    return ""


def _day_distance(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "tomorrow", 0: "today", 1: "yesterday"}[days]
    return "" if abs(days) > 30 else f"{'in ' if days < 0 else ''}{abs(days)}\u00a0d"


# --- people ---


@register.simple_tag
def avatar(user: Any, size: str = "") -> SafeString:
    """A person's initials in a colour of their own; a dashed ring for nobody. size: "", "l" or "xl"."""
    bigger = f" face-{size}" if size else ""
    if not user:
        return format_html(
            '<span class="face face-none{}" title="Nobody" role="img" aria-label="Nobody">–</span>', bigger
        )
    name = str(_of(user, "name") or user)
    initials = str(_of(user, "initials")) or "".join(word[0] for word in name.split()[:2]).upper()
    hue = zlib.crc32(name.encode()) * 137 % 360
    return format_html(
        '<span class="face{}" style="--hue:{}" title="{}" role="img" aria-label="{}">{}</span>',
        bigger,
        hue,
        name,
        name,
        initials,
    )


@register.simple_tag
def person(user: Any) -> SafeString:
    """Initials and name."""
    name = str(_of(user, "name") or user) if user else "Nobody"
    return format_html('<span class="person">{}<span class="truncate">{}</span></span>', avatar(user), name)


# --- judgement ---


@register.simple_tag
def score_badge(standing: Any, href: str = "", size: str = "") -> SafeString:
    """Number, grade, and a bar split into fit and engagement. With `href`, a click explains it in the dialog."""
    known = bool(standing) and _of(standing, "total", None) is not None and _of(standing, "day", True) is not None
    if isinstance(standing, dict):
        known = known and standing.get("day", True) is not None
    elif standing is not None and hasattr(standing, "day"):
        known = known and standing.day is not None
    bigger = f" score-{size}" if size else ""
    if not known:
        return format_html(
            '<span class="score score-unknown{}" title="Not scored yet"><b aria-hidden="true">–</b>'
            '<span class="visually-hidden">Not scored yet</span><span class="score-bar"></span></span>',
            bigger,
        )
    total, grade = int(_of(standing, "total", 0)), str(_of(standing, "grade"))
    fit, engagement = int(_of(standing, "fit", 0)), int(_of(standing, "engagement", 0))
    whole = max(100, max(fit, 0) + max(engagement, 0))
    inside = format_html(
        '<b>{}</b> <small>{}</small><span class="score-bar" aria-hidden="true">'
        '<i class="is-fit" style="width:{}%"></i><i class="is-engagement" style="width:{}%"></i></span>',
        total,
        grade,
        round(100 * max(fit, 0) / whole),
        round(100 * max(engagement, 0) / whole),
    )
    title = f"{total} {grade}: score of fit {fit} and engagement {engagement}"
    if href:
        return format_html(
            '<a class="score{}" href="{}" hx-get="{}" hx-target="#dialog" hx-swap="innerHTML" title="{}" '
            'aria-label="{}. Why?">{}</a>',
            bigger,
            href,
            href,
            title,
            title,
            inside,
        )
    return format_html(
        '<span class="score{}" title="{}" role="img" aria-label="{}">{}</span>', bigger, title, title, inside
    )


@register.simple_tag
def chips(items: Iterable[Any], size: str = "") -> SafeString:
    """One letter per criterion, its shape says what is known. A chip with a `url` opens its answer in the dialog."""
    bigger = f" chips-{size}" if size else ""
    return format_html(
        '<span class="chips{}">{}</span>', bigger, format_html_join("", "{}", ((_chip(item),) for item in items))
    )


def _chip(item: Any) -> SafeString:
    state = str(_of(item, "state", "unknown"))
    state = state if state in CHIP_STATES else "unknown"
    label, url = str(_of(item, "label")), str(_of(item, "url"))
    name = f"{label}: {CHIP_STATES[state]}"
    tooltip = str(_of(item, "tooltip"))
    title = f"{name}. {tooltip}" if tooltip else name
    letter = str(_of(item, "letter") or label[:1])
    if url:
        return format_html(
            '<a class="chip chip-{}" href="{}" hx-get="{}" hx-target="#dialog" hx-swap="innerHTML" title="{}" '
            'aria-label="{}">{}</a>',
            state,
            url,
            url,
            title,
            title,
            letter,
        )
    return format_html(
        '<span class="chip chip-{}" title="{}" role="img" aria-label="{}">{}</span>', state, title, title, letter
    )


# --- frames around other markup ---


@register.simple_block_tag
def panel(
    content: str, title: str = "", id: str = "", flush: bool = False, url: str = "", more: str = ""
) -> SafeString:
    """A quiet card with a title; `url` and `more` add a link at its right; `flush` lets a table touch the edges."""
    link = format_html('<span class="push"><a class="btn btn-quiet btn-s" href="{}">{}</a></span>', url, more or "All")
    head = format_html('<header class="panel-head"><h2>{}</h2>{}</header>', title, link if url else "")
    return format_html(
        '<section class="panel"{}>{}<div class="{}">{}</div></section>',
        format_html(' id="{}"', id) if id else "",
        head if title else "",
        "panel-flush" if flush else "panel-body",
        content,
    )


@register.simple_block_tag
def dialog(content: str, title: str, wide: bool = False) -> SafeString:
    """What an answer to hx-target="#dialog" contains."""
    return format_html(
        '<div class="dialog-frame{}"><div class="dialog-head"><h2 id="dialog-title">{}</h2>'
        '<button type="button" class="btn btn-quiet btn-icon" data-close aria-label="Close">{}</button></div>'
        '<div class="dialog-body">{}</div></div>',
        " dialog-wide" if wide else "",
        title,
        icon("x"),
        content,
    )


@register.simple_block_tag
def menu(content: str, label: str = "", icon_name: str = "", end: bool = False, quiet: bool = False) -> SafeString:
    """A button that opens a list of `.menu-item`s; without a label it is an icon button named "More"."""
    style = f"btn{' btn-quiet' if quiet or not label else ''}{'' if label else ' btn-icon'}"
    return format_html(
        '<details class="menu{}" data-menu><summary class="{}"{}>{}{}</summary>'
        '<div class="menu-body">{}</div></details>',
        " menu-end" if end else "",
        style,
        "" if label else mark_safe(' aria-label="More"'),
        icon(icon_name) if icon_name else ("" if label else icon("dots")),
        format_html("{} {}", label, icon("chevron-down", 14)) if label else "",
        content,
    )


# --- bigger pieces, drawn by templates/components/ ---


@register.inclusion_tag("components/empty.html")
def empty(
    title: str, text: str = "", icon_name: str = "inbox", url: str = "", label: str = "", dialog: bool = False
) -> dict[str, Any]:
    """A place with nothing in it yet: what belongs here and one button to get it."""
    return {"icon_name": icon_name, "title": title, "text": text, "url": url, "label": label, "dialog": dialog}


@register.inclusion_tag("components/stat.html")
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


@register.inclusion_tag("components/bars.html")
def bars(items: Iterable[Any], whole: Any = None, tone: str = "lead") -> dict[str, Any]:
    """Horizontal bars; items have label, value and perhaps text, note, url, tone. `whole` fixes what 100 % is."""
    items = list(items)
    top = float(whole or max((float(_of(item, "value", 0)) for item in items), default=0)) or 1.0
    return {
        "items": [
            {
                "label": _of(item, "label"),
                "text": _of(item, "text") or f"{_of(item, 'value', 0):,}",
                "note": _of(item, "note"),
                "url": _of(item, "url"),
                "tone": _of(item, "tone") or tone,
                "width": round(100 * max(0.0, float(_of(item, "value", 0))) / top, 1),
            }
            for item in items
        ]
    }


@register.inclusion_tag("components/columns.html")
def columns(items: Iterable[Any], caption: str, currency: str = "", height: int = 200) -> dict[str, Any]:
    """Months side by side, each a stack of parts; the same figures stand in a table for those who can't see bars.

    items: label, url, current, parts (each tone, label, value), and perhaps low, high (a range) and mark (a quota).
    """
    items = list(items)
    stacks = [[max(0.0, float(_of(part, "value", 0))) for part in _of(item, "parts", [])] for item in items]
    tops = [sum(stack) for stack in stacks]
    tops += [float(_of(item, name, 0)) for item in items for name in ("high", "mark")]
    top, ticks = _scale(max(tops, default=0))
    drawn = []
    legend: dict[str, str] = {}
    for item, stack in zip(items, stacks, strict=True):
        parts = [
            {"tone": _of(part, "tone", "lead"), "label": _of(part, "label"), "height": round(100 * value / top, 2)}
            | {"text": _figure(_of(part, "value", 0), currency)}
            for part, value in zip(_of(item, "parts", []), stack, strict=True)
        ]
        legend |= {str(part["label"]): str(part["tone"]) for part in parts}
        low, high = _of(item, "low", None), _of(item, "high", None)
        likely = None if low is None or high is None else _range(float(low), float(high), top, currency)
        quota = _mark(_of(item, "mark", None), top, currency)
        said = [f"{part['label']} {part['text']}" for part in parts]
        said += [f"likely {likely['text']}"] if likely else []
        said += [f"quota {quota['text']}"] if quota else []
        drawn.append(
            {
                "label": _of(item, "label"),
                "url": _of(item, "url"),
                "current": _of(item, "current", False),
                "parts": parts,
                "title": ", ".join(said),
                "total": _figure(sum(stack), currency),
                "range": likely,
                "mark": quota,
            }
        )
    return {
        "items": drawn,
        "caption": caption,
        "height": height,
        "legend": [{"label": label, "tone": tone} for label, tone in legend.items()],
        "ticks": [{"at": round(100 * tick / top, 2), "label": _short_figure(tick, currency)} for tick in ticks],
        "has_range": any(item["range"] for item in drawn),
        "has_mark": any(item["mark"] for item in drawn),
    }


def _range(low: float, high: float, top: float, currency: str) -> dict[str, Any]:
    text = f"{_figure(low, currency)} to {_figure(high, currency)}"
    return {"bottom": round(100 * low / top, 2), "height": round(100 * (high - low) / top, 2), "text": text}


def _mark(value: Any, top: float, currency: str) -> dict[str, Any] | None:
    return {"bottom": round(100 * float(value) / top, 2), "text": _figure(value, currency)} if value else None


def _scale(highest: float) -> tuple[float, list[float]]:
    """A round top for an axis and three or four round ticks below it."""
    if highest <= 0:
        return 1.0, []
    step = highest / 4
    power = 10 ** int(log10(step)) if step >= 1 else 1
    step = next((power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= step), power * 10)
    steps = ceil(highest / step)
    return step * steps, [step * number for number in range(1, steps + 1)]


def _figure(value: Any, currency: str) -> str:
    return _money_text(Decimal(str(value)), currency) if currency else f"{round(float(value)):,}"


def _short_figure(value: Any, currency: str) -> str:
    return _money_text(Decimal(str(value)), currency, compact=True) if currency else _compact(Decimal(str(value)))


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Any], label: str = "Views") -> dict[str, Any]:
    """Links beside each other; items have label, url, active and perhaps count."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/filter_bar.html")
def filter_bar(
    filters: Iterable[Any], url: str, target: str, note: Any = "", search: str = "", query: str = "", hidden: Any = None
) -> dict[str, Any]:
    """Filters that ask for the list again and keep the address; filters have name, label, choices, value, kind.

    `search` is the placeholder of a search field named q (none without it); `hidden` a dict sent along (the sort).
    """
    return {
        "filters": filters,
        "url": url,
        "target": target,
        "note": note,
        "search": search,
        "query": query,
        "hidden": hidden or {},
    }


@register.inclusion_tag("components/progress.html")
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


@register.inclusion_tag("components/next_step.html")
def next_step(
    title: str, why: str = "", url: str = "", label: str = "", icon_name: str = "arrow-right", quiet: bool = False
) -> dict[str, Any]:
    """The one thing to do next, why, and the button that does it (in the dialog)."""
    return {"title": title, "why": why, "url": url, "label": label, "icon_name": icon_name, "quiet": quiet}


@register.inclusion_tag("components/timeline_item.html")
def timeline_item(
    icon_name: str,
    title: Any,
    when: datetime,
    body: str = "",
    actor: Any = "",
    two_way: bool = False,
    tone: str = "",
    quote: bool = False,
    url: str = "",
    meta: Any = "",
    clock: bool = False,
) -> dict[str, Any]:
    """One thing that happened; `two_way` marks that they talked to us; tone is "", "good" or "alarm".

    Below a heading that says the day, `clock` shows the time of day instead of repeating the date.
    """
    return {
        "clock": clock and timezone.now() - when > timedelta(days=1),
        "icon_name": icon_name,
        "title": title,
        "when": when,
        "body": body,
        "actor": actor,
        "two_way": two_way,
        "tone": tone,
        "quote": quote,
        "url": url,
        "meta": meta,
    }


@register.inclusion_tag("components/sort.html")
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


@register.inclusion_tag("components/pager.html")
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


# --- addresses that may not exist ---


@register.simple_tag
def url_or(name: str, fallback: str = "") -> str:
    """The address of a named page, or `fallback` when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return fallback
