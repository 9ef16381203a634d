"""The product's addresses and one empty view, for comparison."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    """What any page costs before it does anything: the same middleware, session and user."""
    return HttpResponse(f"<!doctype html><title>{request.user}</title>")


urlpatterns = [path("bench/empty", empty), path("", include("crm.urls"))]
