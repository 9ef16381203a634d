"""Whose forecast, in which currency, and which part of the funnel an address asks for."""

from django.http import Http404, HttpRequest

from pipeline.queries import Filters
from reports.queries.wanted import Wanted

_READ = {"owner", "team", "pipeline", "currency"}  # what else a list is filtered by, these pages do not read


def asked_of(request: HttpRequest) -> Filters:
    """What the address asks for. There is no forecast of nobody: asked wrongly it would be everybody's."""
    wanted = Filters.parse(request.GET)
    if _READ & dict(wanted.wrong).keys():
        raise Http404(wanted.said_wrong)
    return wanted


def part_asked_of(request: HttpRequest) -> Wanted:
    """The part of the funnel that the address asks for. There is no part of nothing: it would be the whole."""
    wanted = Wanted.parse(request.GET)
    if wanted.wrong:
        raise Http404(wanted.said_wrong)
    return wanted
