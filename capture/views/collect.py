"""What tracked sites talk to."""

import gzip
import hashlib
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from capture import beacon, services
from capture.models import SiteNote
from capture.packing import packed
from capture.senders import hints_of_request
from capture.services.noting import note
from capture.sites import known_site
from core.errors import Refused
from core.middleware import public
from core.throttle import client_address, exceeded
from leads.human import Sign

BEACONS_A_MINUTE = 1200
FREE_BEACONS = 100  # a minute, from one address, in one process: so many are taken without asking Redis


@csrf_exempt  # other sites' pages post here by design; nothing is done in the name of a signed-in person
@public
@require_http_methods(["POST", "OPTIONS"])
def collect(request: HttpRequest) -> HttpResponse:
    """Events from a tracked site: 202 with how many were new."""
    response = HttpResponse(status=204) if request.method == "OPTIONS" else _collect(request)
    return allow_origin(request, response)


def allow_origin(request: HttpRequest, response: HttpResponse, *, headers: str = "Content-Type") -> HttpResponse:
    """Let pages of other origins read the answer; the origin itself and not *: beacons come with credentials, which
    are ignored.
    """
    if origin := request.headers.get("Origin"):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
    if request.method == "OPTIONS":
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = headers
        response["Access-Control-Max-Age"] = "86400"
    return response


def _collect(request: HttpRequest) -> JsonResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > beacon.MAX_BYTES:
        return _wrong(413, body="At most 64 kB in one request.")
    if is_busy(request) and exceeded(request, "collect", limit=BEACONS_A_MINUTE, seconds=60):
        response = _wrong(429, detail="Too many requests from this address. Send several events in one request.")
        response["Retry-After"] = "60"
        return response
    now = timezone.now()
    try:
        content = beacon.read(request.body, now=now)
        site = known_site(content.site)
        if site is None:
            return _wrong(400, site="No site has this write key. Copy the snippet from Settings, Tracking.")
        origin = request.headers.get("Origin", "")
        if not site.allows(origin):
            note(site.id, SiteNote.Topic.ORIGIN, origin or "no origin", now=now)
            return _wrong(403, origin="This site does not take events from this origin (Settings, Tracking).")
        signs = [Sign.AUTOMATED] * content.is_automated + [Sign.INTERACTED] * content.is_touched
        hints = hints_of_request(request, signs)
        collected = services.collect_events(content, site=site, now=now, hints=hints)
    except Refused as refused:
        return _wrong(400, **refused.fields)
    return JsonResponse(collected._asdict(), status=202)


_minute = 0
_beacons: Counter[str] = Counter()


def is_busy(request: HttpRequest) -> bool:
    """Whether so much came from the request's address in this minute that the processes should count together."""
    global _minute
    minute = int(time.monotonic() // 60)
    if minute != _minute:
        _minute = minute
        _beacons.clear()
    address = client_address(request)
    _beacons[address] += 1
    return _beacons[address] > FREE_BEACONS


def _wrong(status: int, **fields: str) -> JsonResponse:
    return JsonResponse({"errors": {name or "detail": message for name, message in fields.items()}}, status=status)


@lru_cache(maxsize=1)
def _script() -> tuple[bytes, bytes, str]:
    """The tracker as it is sent, the same zipped, and its ETag."""
    content = packed(Path(str(finders.find("tracker/tracker.js"))).read_text()).encode()
    zipped = gzip.compress(content, 9, mtime=0)  # ready-made: nothing in it is secret, so it needs no padding
    return content, zipped, f'"{hashlib.sha256(content).hexdigest()[:20]}"'


@public
@require_safe
@vary_on_headers("Accept-Encoding")
@condition(etag_func=lambda request: _script()[2])
def tracker(request: HttpRequest) -> HttpResponse:
    """The tracker at an address that never changes, for pages of other origins."""
    content, zipped, _ = _script()
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(zipped if is_zipped else content, content_type="text/javascript; charset=utf-8")
    if is_zipped:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
