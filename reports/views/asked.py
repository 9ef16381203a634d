"""Whose forecast, and in which currency, an address asks for."""

from django.http import Http404, HttpRequest

from pipeline.queries import Filters

_READ = {"owner", "team", "currency"}  # what else a list is filtered by, these pages do not read


def asked_of(request: HttpRequest) -> Filters:
    """What the address asks for. There is no forecast of nobody: asked wrongly it would be everybody's."""
    wanted = Filters.parse(request.GET)
    if _READ & dict(wanted.wrong).keys():
        raise Http404(wanted.said_wrong)
    return wanted
