"""The pieces pages are made of, as template tags. Usage with examples: templates/components/README.md.

They take plain values, or any object or dict that has the named attributes; what they draw is in core/components/.
"""

from collections.abc import Callable
from typing import Any

from django import template

from core.components import charts, frames, icons, kept, numbers, people, pieces, stream, times

register = template.Library()

SIMPLE: list[Callable[..., Any]] = [
    icons.icon,
    icons.icon_shapes,
    numbers.money,
    numbers.percent,
    numbers.count,
    numbers.delta,
    times.ago,
    people.avatar,
    people.person,
    pieces.options,
    pieces.url_or,
    stream.timeline_item,
]
# the tag `x` is drawn by templates/components/x.html
DRAWN_BY_TEMPLATE: list[Callable[..., dict[str, Any]]] = [
    charts.bars,
    charts.columns,
    pieces.empty,
    pieces.stat,
    pieces.tabs,
    pieces.filter_bar,
    pieces.progress,
    pieces.next_step,
    pieces.sort,
    pieces.pager,
]
register.filter("signed", numbers.signed)
register.filter("breakable", people.breakable)
register.tag("kept", kept.kept)
for simple in SIMPLE:
    register.simple_tag(simple)
for block in (frames.panel, frames.dialog, frames.menu, frames.chart):
    register.simple_block_tag(block)
for drawn in DRAWN_BY_TEMPLATE:
    register.inclusion_tag(f"components/{drawn.__name__}.html")(drawn)
