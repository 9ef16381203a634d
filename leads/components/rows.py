"""The lines of a list of people. A page draws fifty, so they are drawn at once and not by a template."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from core.components.people import avatar
from core.components.times import day_ago, since
from core.components.values import text
from leads.components.judgement import chips, lifecycle, score_badge

if TYPE_CHECKING:
    from leads.models import Tag
    from leads.queries import Row

TAGS_SHOWN, LONGEST_TAG = 2, 16


def lead_rows(rows: "Iterable[Row]", selectable: bool = False, narrow: bool = False) -> SafeString:
    """The body of templates/leads/_rows.html: `selectable` adds boxes, `narrow` leaves out source, tags and added."""
    now = timezone.localtime()
    return mark_safe("\n".join([_row(row, selectable, narrow, now) for row in rows]))


def _row(row: "Row", selectable: bool, narrow: bool, now: datetime) -> str:
    name = text(row.name)
    box = source = tags = added = ""
    if selectable:
        box = (
            f'<td class="shrink is-check"><input class="check" type="checkbox" name="ids" value="{row.pk}" '
            f'form="bulk-form" data-select aria-label="Select {name}"></td>'
        )
    if not narrow:
        source = f'<td data-label="Source" class="hide-narrow">{row.source}</td>'
        tags = f'<td class="hide-narrow">{_tags(row.tags) if row.tags else ""}</td>'
        added = f'<td data-label="Added" class="num hide-phone">{since(row.created_at, now)}</td>'
    return (
        f'<tr>{box}<td class="wide"><a class="sheet-name" href="{row.url}" title="{name}">{name}</a>'
        f'<span class="sheet-sub">{text(row.about)}</span></td>'
        f'<td data-label="Lifecycle">{lifecycle(row.lifecycle)}</td>'
        f'<td data-label="Score">{score_badge(row.judged, href=row.why_url)}</td>'
        f'<td data-label="Criteria">{chips(row.chips)}</td>'
        f'<td data-label="Owner">{avatar(row.owner)}</td>{source}{tags}'
        f'<td data-label="Seen" class="num">{day_ago(row.last_seen, now.date())}</td>{added}</tr>'
    )


def _tags(tags: "list[Tag]") -> str:
    shown = "".join(f'<span class="pill pill-plain">{text(_short(tag.name))}</span> ' for tag in tags[:TAGS_SHOWN])
    rest = tags[TAGS_SHOWN:]
    if not rest:
        return shown
    return f'{shown}<span class="muted small" title="{text(", ".join(tag.name for tag in rest))}">+{len(rest)}</span>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_TAG else name[: LONGEST_TAG - 1] + "…"
