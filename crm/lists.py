"""The lists of which people save views."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import QueryDict

from crm import tiles
from leads import columns
from leads.filters import LeadFilter
from pipeline.queries import Filters


@dataclass(frozen=True, slots=True)
class ListPage:
    """How a list writes its filters and its columns: whatever is sent is read as the list reads it.

    `also` are other pages that show the same list otherwise, in the same views.
    """

    query: Callable[[str], str]
    columns: Callable[[str], str]
    also: tuple[str, ...] = ()


def _no_columns(text: str) -> str:
    """A list without a choice of columns."""
    return ""


# name of the list's address -> how it writes itself
LISTS = {
    "leads": ListPage(lambda text: LeadFilter.parse(_read(text)).query(), columns.written),
    "pipeline_list": ListPage(
        lambda text: Filters.parse(_read(text)).query(),
        _no_columns,
        ("pipeline", "pipeline_calendar", "pipeline_map"),
    ),
    "dashboard": ListPage(lambda text: tiles.written(tiles.parse(_read(text)) or ()), _no_columns),
}


def _read(text: str) -> QueryDict:
    """Oversize is as if it had not been asked; so are more parts than any list has."""
    return QueryDict("&".join(text[:3000].split("&")[:50]))
