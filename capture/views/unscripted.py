"""What pages of tracked sites load or link to without the tracker: a picture of one pixel, and a hidden link."""

import base64
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from capture import beacon
from capture.senders import hints_of_request
from capture.services.unscripted import follow_hidden, see_page, visitor_of_today
from capture.sites import KnownSite, known_site
from capture.views.collect import BEACONS_A_MINUTE, is_busy
from core.errors import Refused
from core.middleware import public
from core.throttle import client_address, exceeded
from leads.human import Sign

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
NOTHING = b"<!doctype html><title>Nothing here</title><p>There is nothing here."


@public
@require_safe
def pixel(request: HttpRequest) -> HttpResponse:
    """Always the picture; where it is taken from a page whose script did not run, that page was looked at."""
    site = _site(request)
    if site is not None and not _objects(request):
        hints = hints_of_request(request, [Sign.NO_SCRIPT])
        with suppress(Refused, ValueError):  # an address that is none
            page = request.headers.get("Referer", "")
            see_page(page, _today(request, site), site=site, now=timezone.now(), hints=hints)
    response = HttpResponse(PIXEL, content_type="image/gif")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _unkept(response)


@public
@require_safe
def hidden(request: HttpRequest) -> HttpResponse:
    """A page on which nothing is: only programs that follow every link come here."""
    site = _site(request)
    hints = hints_of_request(request, [Sign.HONEYPOT])
    if site is not None and Sign.PREFETCH not in hints.signs:  # what a browser loads ahead nobody followed
        given = request.GET.get("visitor", "")
        visitor = given if beacon.is_visitor(given) else _today(request, site)
        follow_hidden(visitor, site=site, now=timezone.now(), hints=hints)
    response = HttpResponse(NOTHING)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return _unkept(response)


def _site(request: HttpRequest) -> KnownSite | None:
    """The site that is named; none for a mere look at the headers, and for too many requests from one address."""
    key = request.GET.get("site", "")
    if request.method != "GET" or not 8 <= len(key) <= 64 or "\0" in key:
        return None
    if is_busy(request) and exceeded(request, "collect", limit=BEACONS_A_MINUTE, seconds=60):
        return None
    return known_site(key)


def _today(request: HttpRequest, site: KnownSite) -> str:
    agent = request.headers.get("User-Agent", "")
    return visitor_of_today(client_address(request), agent, site=site, now=timezone.now())


def _objects(request: HttpRequest) -> bool:
    """Do Not Track, or Global Privacy Control."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
