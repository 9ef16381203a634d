"""For load balancers and supervisors."""

from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.middleware import public


@public
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@public
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers; without it no page can be shown (503). Redis may be away: work waits for its sweep."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return JsonResponse({"database": "away"}, status=503)
    cache.set("readyz", 1, 5)
    return JsonResponse({"database": "ok", "redis": "ok" if cache.get("readyz") else "away"})
