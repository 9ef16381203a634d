"""The same opportunities as a calendar, and as a map by stage, age and value."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from core.components.numbers import money_text
from pipeline import queries, scatter
from pipeline.models import Pipeline
from pipeline.periods import later, month_of
from pipeline.queries import Filters
from pipeline.queries.calendar import BY
from pipeline.queries.calendar import month_of as month_with_cards
from pipeline.queries.map import Map, map_of
from pipeline.views.board import chosen_pipeline
from pipeline.views.filtering import (
    expected_filter,
    kept_of,
    owner_filters,
    priority_filter,
    said,
    sellers,
    view_switch,
)
from users.access import SignedInRequest
from users.list_bar import ListBar


def _frame(
    request: SignedInRequest, name: str, wanted: Filters, known: list[Pipeline], current: int | None
) -> tuple[ListBar, dict[str, Any]]:
    """What the views of opportunities have in common."""
    address = reverse(name)
    bar = ListBar.read(request.user, request.GET, page="pipeline_list", path=address, query=wanted.query())
    tabs = [
        {"label": one.name, "url": f"{address}?{wanted.query(pipeline=one.pk)}", "active": one.pk == current}
        for one in known
    ]
    return bar, {"bar": bar, "tabs": bar.tabs(tabs), "switch": view_switch(name, bar), "said": said(wanted, address)}


@require_safe
def calendar(request: SignedInRequest) -> HttpResponse:
    """A month, by expected close or next step; on a phone its days as a list."""
    now, wanted = timezone.now(), Filters.parse(request.GET)
    today = now.date()
    by = request.GET.get("by", "")
    by = by if by in BY else "close"
    first = month_of(request.GET.get("at", "")) or today.replace(day=1)
    known = queries.pipelines()
    only = known[0].pk if len(known) == 1 else None
    bar, context = _frame(request, "pipeline_calendar", wanted, known, wanted.pipeline or only)

    def address(month: date, by: str) -> str:
        return bar.address(bar.query, f"at={month:%Y-%m}", f"by={by}" if by != "close" else "")

    ways = [("close", "Closes"), ("step", "Next steps")]
    month = month_with_cards(request.user, wanted, first, by=by, now=now)
    context |= {
        "month": month,
        "today": today,
        "by": by,
        "before": address(later(first, -1), by) if first.year > 2000 else "",
        "after": address(later(first, 1), by) if first.year < 2199 else "",
        "now_url": address(today.replace(day=1), by),
        "ways": [(label, address(first, key), key == by) for key, label in ways],
        "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    }
    if not wants_part(request):
        filters = [*owner_filters(sellers(request.user), wanted), priority_filter(wanted)]
        kept = kept_of(wanted, (one["name"] for one in filters)) | bar.kept | {"at": f"{first:%Y-%m}", "by": by}
        context |= {"filters": filters, "kept": kept, "wanted": wanted}
    return render(request, f"pipeline/calendar.html{'#calendar' if wants_part(request) else ''}", context)


@require_safe
def scatter_map(request: SignedInRequest) -> HttpResponse:
    """Where the money stands and where it has stood for too long."""
    now, wanted = timezone.now(), Filters.parse(request.GET)
    known = queries.pipelines()
    pipeline = chosen_pipeline(known, wanted.pipeline, request.user)
    if pipeline is None:
        return render(request, "pipeline/board.html", {"board": None})
    bar, context = _frame(request, "pipeline_map", wanted, known, pipeline.pk)
    seen = map_of(request.user, pipeline, wanted, now=now)
    context |= {"map": seen, "drawing": _drawing(seen)}
    if not wants_part(request):
        filters = [
            *owner_filters(sellers(request.user), wanted),
            expected_filter(wanted, now.date()),
            priority_filter(wanted),
        ]
        kept = kept_of(wanted, (one["name"] for one in filters)) | bar.kept
        context |= {"filters": filters, "kept": kept, "wanted": wanted}
    return render(request, f"pipeline/map.html{'#map' if wants_part(request) else ''}", context)


def _drawing(seen: Map) -> dict[str, Any]:
    """Lines and words of the picture; the points stand in the map."""
    axes, width = seen.axes, scatter.LEFT + scatter.COLUMN * len(seen.stages)
    columns = [
        {
            "name": stage.name,
            "left": scatter.LEFT + at * scatter.COLUMN,
            "middle": scatter.LEFT + at * scatter.COLUMN + scatter.COLUMN / 2,
            "limit": axes.at(at, stage.rots_after_days) if stage.rots_after_days else None,
            "patience": stage.rots_after_days,
            "ages": [(axes.at(at, days), days) for days in axes.ages],
        }
        for at, stage in enumerate(seen.stages)
    ]
    values = [(axes.y(value), money_text(Decimal(value), seen.currency, compact=True)) for value in axes.values]
    return {"width": width, "height": scatter.HEIGHT, "left": scatter.LEFT, "columns": columns, "values": values}
