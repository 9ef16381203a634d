"""A timeline's line."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from core.components.icons import icon
from core.components.times import ago, at_time
from core.components.values import text


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
) -> SafeString:
    """One thing that happened, inside <ol class="stream">; `two_way` marks that they talked to us.

    `tone` is "", "good" or "alarm". Below a heading that says the day, `clock` shows the time of day instead of
    repeating the date.
    """
    kind = f"{' is-two-way' if two_way else ''}{f' is-{text(tone)}' if tone else ''}"
    name = f'<span class="stream-title">{text(title)}</span>'
    if url:
        name = f'<a class="stream-title" href="{text(url)}">{text(title)}</a>'
    talked = (
        f'<span class="stream-two-way" title="They talked to us">{icon("arrows-left-right")}two-way</span>'
        if two_way
        else ""
    )
    beside = "".join(f'<span class="stream-meta">{text(one)}</span>' for one in (actor, meta) if one)
    time = at_time(when) if clock and timezone.now() - when > timedelta(days=1) else ago(when)
    said = f'<div class="stream-body{" is-quote" if quote else ""}">{text(body)}</div>' if body else ""
    return mark_safe(
        f'<li class="stream-item{kind}"><span class="stream-icon">{icon(icon_name)}</span>'
        f'<div><div class="stream-head">{name} {talked} {beside} {time}</div>'
        f"{said}</div></li>"
    )
