"""A stretch of a timeline: days and what happened on them, drawn at once because there are dozens of lines."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from core.components.icons import icon
from core.components.stream import timeline_item
from core.components.times import ago, long_day
from core.components.values import text

if TYPE_CHECKING:
    from activities.queries import Item


def stream(items: "Iterable[Item]") -> SafeString:
    """Lines for <ol class="stream">, newest first, below a heading for each of the reader's days."""
    drawn = []
    for day, lines in groupby(items, key=attrgetter("day")):
        drawn.append(f'<li class="stream-day">{long_day(day)}</li>')
        drawn += [_visit(item) if item.views else _line(item) for item in lines]
    return mark_safe("\n".join(drawn))


def _line(item: "Item") -> str:
    return timeline_item(
        item.icon,
        item.title,
        item.at,
        body=item.body,
        actor=item.who,
        two_way=item.two_way,
        tone=item.tone,
        quote=item.is_quote,
        meta=item.meta,
    )


def _visit(item: "Item") -> str:
    """The pages of a visit are under its title."""
    pages = []
    for view in item.views:
        at = timezone.localtime(view.at)
        note = f' <span class="muted">{text(view.note)}</span>' if view.note else ""
        pages.append(f'<li><span class="num muted">{at.hour:02}:{at.minute:02}</span> {text(view.path)}{note}</li>')
    title = f'<span class="stream-title">{text(item.title)}</span>'
    meta = f'<span class="stream-meta">{text(item.meta)}</span>' if item.meta else ""
    return (
        f'<li class="stream-item"><span class="stream-icon">{icon(item.icon)}</span><details>'
        f'<summary class="stream-head">{title} {meta} {ago(item.at)}</summary>'
        '<ul class="stream-body small" style="list-style:none;margin:6px 0 0;padding:0;white-space:normal">'
        f"{''.join(pages)}</ul></details></li>"
    )
