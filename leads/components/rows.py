"""The lines of a list of people. A page draws fifty, so they are drawn at once and not by a template."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from core.components.people import avatar
from core.components.times import day_ago, since
from core.components.values import text
from leads.columns import NARROW, STANDARD
from leads.components.judgement import chips, lifecycle, score_badge

if TYPE_CHECKING:
    from leads.columns import Column
    from leads.models import Tag
    from leads.queries import Row

    Cell = Callable[[Row, datetime], str]

TAGS_SHOWN, LONGEST_TAG = 2, 16


def lead_columns(columns: "Sequence[Column] | str" = "", narrow: bool = False) -> "Sequence[Column]":
    """The columns that templates/leads/_rows.html shows: those given, or the standard ones (fewer where `narrow`)."""
    return columns if columns and not isinstance(columns, str) else NARROW if narrow else STANDARD


def lead_rows(rows: "Iterable[Row]", columns: "Sequence[Column]", selectable: bool = False) -> SafeString:
    """The body of templates/leads/_rows.html: `selectable` adds boxes."""
    now = timezone.localtime()
    cells = [(_CELLS[column.key], _opening(column)) for column in columns]
    return mark_safe("\n".join([_row(row, cells, selectable, now) for row in rows]))


def _opening(column: "Column") -> str:
    label = "" if column.key == "tags" else f' data-label="{column.label}"'  # tags say what they are
    style = f' class="{column.style}"' if column.style else ""
    return f"<td{label}{style}>"


def _row(row: "Row", cells: "list[tuple[Cell, str]]", selectable: bool, now: datetime) -> str:
    name = text(row.name)
    box = ""
    if selectable:
        box = (
            f'<td class="shrink is-check"><input class="check" type="checkbox" name="ids" value="{row.pk}" '
            f'form="bulk-form" data-select aria-label="Select {name}"></td>'
        )
    shown = "".join([f"{opening}{cell(row, now)}</td>" for cell, opening in cells])
    return (
        f'<tr>{box}<td class="wide"><a class="sheet-name" href="{row.url}" title="{name}">{name}</a>'
        f'<span class="sheet-sub">{text(row.about)}</span></td>{shown}</tr>'
    )


def _short_text(value: str) -> str:
    return f'<span class="clip" title="{text(value)}">{text(value)}</span>' if value else _UNKNOWN


def _excluded(reason: str) -> str:
    """In the place of "Lead": whoever a definition keeps out is handed over to nobody."""
    said = text(f"Excluded: {reason}")
    return f'<span class="pill pill-plain" title="{said}" aria-label="{said}">Excluded</span>'


def _number(value: int, row: "Row") -> str:
    return _UNKNOWN if row.judged.day is None else str(value)


_UNKNOWN = '<span class="muted">–</span>'
_CELLS: "dict[str, Cell]" = {
    "lifecycle": lambda row, now: (
        _excluded(row.excluded) if row.excluded and row.lifecycle == "lead" else lifecycle(row.lifecycle)
    ),
    "score": lambda row, now: score_badge(row.judged, href=row.why_url),
    "fit": lambda row, now: _number(row.judged.fit, row),
    "engagement": lambda row, now: _number(row.judged.engagement, row),
    "criteria": lambda row, now: chips(row.chips),
    "owner": lambda row, now: avatar(row.owner),
    "company": lambda row, now: _short_text(row.company),
    "job": lambda row, now: _short_text(row.job_title),
    "email": lambda row, now: _short_text(row.email),
    "phone": lambda row, now: _short_text(row.phone),
    "country": lambda row, now: _short_text(row.country),
    "source": lambda row, now: row.source,
    "tags": lambda row, now: _tags(row.tags) if row.tags else "",
    "persona": lambda row, now: _short_text(row.persona),
    "two_way": lambda row, now: day_ago(row.last_two_way, now.date()),
    "seen": lambda row, now: day_ago(row.last_seen, now.date()),
    "added": lambda row, now: since(row.created_at, now),
}


def _tags(tags: "list[Tag]") -> str:
    shown = "".join(f'<span class="pill pill-plain">{text(_short(tag.name))}</span> ' for tag in tags[:TAGS_SHOWN])
    rest = tags[TAGS_SHOWN:]
    if not rest:
        return shown
    return f'{shown}<span class="muted small" title="{text(", ".join(tag.name for tag in rest))}">+{len(rest)}</span>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_TAG else name[: LONGEST_TAG - 1] + "…"
