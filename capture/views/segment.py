"""The Segment protocol over HTTP: existing clients work by changing their host."""

from urllib.parse import urlsplit

from django.conf import settings as installation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from capture import segment, wire
from capture.models import SiteNote
from capture.services.noting import note
from capture.services.segment import accept
from capture.sites import KnownSite, known_site
from capture.views.collect import allow_origin, is_busy
from core.errors import Refused
from core.middleware import public
from core.throttle import exceeded

REQUESTS_A_MINUTE = 3000  # from one address
NO_SITE = "No site has this write key. Copy it from Settings, Tracking."
# what the clients call, and what older ones do
CALLS = {call.value: call.value for call in segment.Type} | {"batch": "batch", "import": "batch"}
SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}
CALLS |= SHORT


@csrf_exempt  # programs and pages of other sites post here by design; nobody's session is looked at
@public
@require_http_methods(["POST", "OPTIONS"])
def call(request: HttpRequest, name: str) -> HttpResponse:
    """One request of a client: 200 with {"success": true}; what was not taken of a batch is named."""
    return _for_pages(request, HttpResponse(status=204) if request.method == "OPTIONS" else _call(request, CALLS[name]))


@public
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def settings(request: HttpRequest, write_key: str) -> HttpResponse:
    """What Segment's clients for pages and phones ask for before they send: nobody but us takes part."""
    here = urlsplit(installation.SITE_URL)
    host = {"apiKey": write_key, "apiHost": f"{here.netloc}/v1", "protocol": here.scheme}
    return _about_site(request, write_key, {"integrations": {"Segment.io": host}, "plan": {}, "edgeFunction": {}})


@public
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def source_config(request: HttpRequest) -> HttpResponse:
    """The same for RudderStack's clients."""
    write_key = wire.key_of(request.headers.get("Authorization", "")) or request.GET.get("writeKey", "")
    off = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    source = {"id": write_key, "name": "Winnow", "writeKey": write_key, "workspaceId": "winnow", "enabled": True}
    source |= {"config": {"statsCollection": off}, "destinations": [], "connections": [], "dataplanes": {}}
    return _about_site(request, write_key, {"source": source})


def _about_site(request: HttpRequest, write_key: str, answer: dict[str, object]) -> HttpResponse:
    if request.method == "OPTIONS":
        return _for_pages(request, HttpResponse(status=204))
    if is_busy(request) and exceeded(request, "segment", limit=REQUESTS_A_MINUTE, seconds=60):
        return _for_pages(request, _wrong(429, "too_many", "Too many requests from this address."))
    if _site(write_key) is None:
        return _for_pages(request, _wrong(404, "invalid_write_key", NO_SITE))
    return _for_pages(request, JsonResponse(answer))


def _for_pages(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Pages of other origins may read it, whatever headers their client adds to what it sends."""
    asked = request.headers.get("Access-Control-Request-Headers", "")
    return allow_origin(request, response, headers=asked or "Content-Type, Content-Encoding, Authorization")


def _site(write_key: str) -> KnownSite | None:
    return known_site(write_key) if 0 < len(write_key) <= 40 and "\0" not in write_key else None


def _call(request: HttpRequest, name: str) -> JsonResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > wire.MAX_BATCH:
        return _wrong(413, "too_large", "At most 500 kB in one request.")
    if is_busy(request) and exceeded(request, "segment", limit=REQUESTS_A_MINUTE, seconds=60):
        response = _wrong(429, "too_many", "Too many requests from this address. Send batches.")
        response["Retry-After"] = "60"
        return response
    now = timezone.now()
    try:
        body = wire.unpacked(request.body, request.headers.get("Content-Encoding", ""))
        batch = segment.read(body, name, now=now)
    except wire.TooLarge as refused:
        return _wrong(413, "too_large", str(refused))
    except Refused as refused:
        return _wrong(400, "invalid_request", str(refused))
    write_key = wire.key_of(request.headers.get("Authorization", "")) or batch.write_key
    site = _site(write_key)
    if site is None:
        return _wrong(401, "invalid_write_key", NO_SITE)
    origin = request.headers.get("Origin", "")
    if origin and not site.allows(origin):
        note(site.id, SiteNote.Topic.ORIGIN, origin, now=now)
        return _wrong(403, "origin", "This site does not take events from this origin (Settings, Tracking).")
    accepted = accept(batch, site=site, agent=request.headers.get("User-Agent", ""), now=now)
    refused_list = [{"index": one.index, "field": one.field, "message": one.why} for one in accepted.refused]
    if accepted.refused and len(accepted.refused) >= len(batch.messages) + len(batch.refused):
        first = accepted.refused[0]
        return _wrong(400, "invalid_request", f"{first.field}: {first.why}", refused=refused_list)
    return JsonResponse({"success": True} | ({"refused": refused_list} if refused_list else {}))


def _wrong(status: int, code: str, message: str, **more: object) -> JsonResponse:
    return JsonResponse({"success": False, "code": code, "message": message} | more, status=status)
