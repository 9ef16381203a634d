"""The product's addresses and, for comparison, an empty view and two bare ones."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from core.middleware import public

# What a page view needs at least, into the same table with the same indexes.
BARE = """
INSERT INTO leads_engagementevent
    (kind_id, occurred_at, received_at, identity_id, source, message_id, properties)
VALUES ((SELECT id FROM leads_eventkind LIMIT 1), now(), now(), (SELECT max(id) FROM leads_identity), 'bench-bare', %s,
    '{"path": "/pricing"}')
"""


def empty(request: HttpRequest) -> HttpResponse:
    """What any page costs before it does anything: the same middleware, session and user."""
    return HttpResponse(f"<!doctype html><title>{request.user}</title>")


@csrf_exempt
@public
def bare(request: HttpRequest) -> HttpResponse:
    """What any answer to a stranger costs before it does anything."""
    return JsonResponse({"accepted": 1}, status=202)


@csrf_exempt
@public
def insert(request: HttpRequest) -> HttpResponse:
    """The same with one INSERT: reads nothing of the request, checks nothing, answers when it is committed."""
    with connection.cursor() as cursor:
        cursor.execute(BARE, [request.GET["id"]])
    return JsonResponse({"accepted": 1}, status=202)


urlpatterns = [
    path("bench/empty", empty),
    path("bench/bare", bare),
    path("bench/insert", insert),
    path("", include("crm.urls")),
]
