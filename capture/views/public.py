"""What strangers and their browsers talk to."""

import hashlib
import logging
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_http_methods, require_safe

from capture import beacon, services
from capture.forms import TRAP, LeadForm
from capture.models import Form
from capture.nonces import message_id, new_nonce, read_nonce
from capture.services.submissions import ORIGIN, VISITOR
from capture.sites import known_site
from core.errors import Refused
from core.forms import show_refusal
from core.middleware import public
from core.throttle import client_address, exceeded

log = logging.getLogger(__name__)

FORMS_A_WINDOW, FORM_WINDOW_SECONDS = 20, 600
BEACONS_A_MINUTE = 1200
FREE_BEACONS = 100  # a minute, from one address, in one process: so many are taken without asking Redis
VISITOR_COOKIE = "winnow_visitor"


@csrf_exempt  # see capture/nonces.py
@public
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, slug: str) -> HttpResponse:
    """A hosted lead form; works without JavaScript and without cookies."""
    definition = get_object_or_404(Form, slug=slug)
    if not definition.is_open:
        return render(request, "capture/form_closed.html", {"form": definition}, status=410)
    if request.method != "POST":
        return _page(request, definition, LeadForm(definition))
    lead_form = LeadForm(definition, request.POST)
    if request.POST.get(TRAP):
        log.warning("form %s: trap filled in from %s, nothing stored", slug, client_address(request))
        return _done(request, definition, "")
    if exceeded(request, "form", limit=FORMS_A_WINDOW, seconds=FORM_WINDOW_SECONDS):
        lead_form.is_valid()
        lead_form.add_error(
            None,
            "Too many forms have come from your network. Nothing of this one was stored; your words are still below. "
            "Please send it again in ten minutes.",
        )
        response = _page(request, definition, lead_form, status=429)
        response["Retry-After"] = str(FORM_WINDOW_SECONDS)
        return response
    now = timezone.now()
    nonce = read_nonce(request.POST.get("nonce", ""), slug, now=now)
    if nonce is None or nonce.is_too_old:
        lead_form.add_error(None, "This page was open for a long time. Please press the button once more.")
        return _page(request, definition, lead_form, status=422)
    if nonce.is_too_quick:
        lead_form.add_error(None, "That was very quick. Please press the button once more.")
        return _page(request, definition, lead_form, status=422, nonce=request.POST["nonce"])
    if lead_form.is_valid():
        answers = lead_form.cleaned_data
        consented = bool(answers.pop("consent", False))
        try:
            submitted = services.submit_form(
                definition,
                answers=answers,
                message_id=message_id(nonce, answers | {"consent": consented}),
                now=now,
                consented=consented,
                visitor=_visitor(request),
                origin=_origin(request),
            )
        except Refused as refused:
            show_refusal(lead_form, refused)
        else:
            return _done(request, definition, submitted.new_visitor)
    return _page(request, definition, lead_form, status=422, nonce=request.POST["nonce"])


@public
@require_safe
def form_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """What the visitor sees after sending."""
    return render(request, "capture/form_thanks.html", {"form": get_object_or_404(Form, slug=slug)})


def _page(
    request: HttpRequest, definition: Form, lead_form: LeadForm, *, status: int = 200, nonce: str = ""
) -> HttpResponse:
    context = {
        "form": definition,
        "fields": lead_form,
        "nonce": nonce or new_nonce(definition.slug, now=timezone.now()),
        "visitor": _visitor(request),
        "origin": _origin(request),
        "trap": TRAP,
    }
    response = render(request, "capture/form.html", context, status=status)
    response["Cache-Control"] = "no-store"  # each page has its own nonce
    return response


def _done(request: HttpRequest, definition: Form, new_visitor: str) -> HttpResponse:
    """The thank-you page, or JSON for a script. A shared computer is told to go on as a new visitor."""
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        response = JsonResponse({"ok": True, "visitor": new_visitor or None})
    else:
        response = redirect(reverse("form_thanks", args=[definition.slug]))
        response.status_code = 303
    if new_visitor and VISITOR_COOKIE in request.COOKIES:
        year = 365 * 24 * 3600
        response.set_cookie(VISITOR_COOKIE, new_visitor, max_age=year, samesite="Lax", secure=settings.SECURE)
    return response


def _visitor(request: HttpRequest) -> str:
    """The tracker's id of this visitor: filled in by it, carried by the link, or its cookie on this host."""
    places = (request.POST, request.GET, request.COOKIES)
    given = next((place[VISITOR_COOKIE] for place in places if place.get(VISITOR_COOKIE)), "")
    return given if VISITOR.fullmatch(given) else ""


def _origin(request: HttpRequest) -> dict[str, str]:
    """Where they came from: as the form carries it, else as the link that led to it tells."""
    origin = {name: request.POST.get(name) or request.GET.get(name, "") for name in ORIGIN}
    if request.method != "POST":
        origin["referrer"] = origin["referrer"] or request.headers.get("Referer", "")
        origin["page"] = origin["page"] or request.path
    return {name: value.replace("\0", "")[:300] for name, value in origin.items() if value}


@csrf_exempt  # other sites' pages post here by design; nothing is done in the name of a signed-in person
@public
@require_http_methods(["POST", "OPTIONS"])
def collect(request: HttpRequest) -> HttpResponse:
    """Events from a tracked site: 202 with how many were new."""
    response = HttpResponse(status=204) if request.method == "OPTIONS" else _collect(request)
    origin = request.headers.get("Origin")
    if origin:  # the origin itself and not *: beacons come with credentials, which are ignored
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
    if request.method == "OPTIONS":
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = "86400"
    return response


def _collect(request: HttpRequest) -> JsonResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > beacon.MAX_BYTES:
        return _wrong(413, body="At most 64 kB in one request.")
    if beacon.is_crawler(request.headers.get("User-Agent", "")):
        return JsonResponse({"accepted": 0, "duplicates": 0}, status=202)
    if _is_busy(client_address(request)) and exceeded(request, "collect", limit=BEACONS_A_MINUTE, seconds=60):
        response = _wrong(429, detail="Too many requests from this address. Send several events in one request.")
        response["Retry-After"] = "60"
        return response
    now = timezone.now()
    try:
        content = beacon.read(request.body, now=now)
        site = known_site(content.site)
        if site is None:
            return _wrong(400, site="No site has this write key. Copy the snippet from Settings, Tracking.")
        if not site.allows(request.headers.get("Origin", "")):
            return _wrong(403, origin="This site does not take events from this origin (Settings, Tracking).")
        collected = services.collect_events(content, site=site, now=now)
    except Refused as refused:
        return _wrong(400, **refused.fields)
    return JsonResponse(collected._asdict(), status=202)


_minute = 0
_beacons: Counter[str] = Counter()


def _is_busy(address: str) -> bool:
    """Whether so much came from this address in this minute that the processes should count together."""
    global _minute
    minute = int(time.monotonic() // 60)
    if minute != _minute:
        _minute = minute
        _beacons.clear()
    _beacons[address] += 1
    return _beacons[address] > FREE_BEACONS


def _wrong(status: int, **fields: str) -> JsonResponse:
    return JsonResponse({"errors": {name or "detail": message for name, message in fields.items()}}, status=status)


@lru_cache(maxsize=1)
def _script() -> tuple[bytes, str]:
    """The tracker and its ETag."""
    found = finders.find("tracker/tracker.js")
    content = Path(str(found)).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:20]}"'


@public
@require_safe
@gzip_page
@condition(etag_func=lambda request: _script()[1])
def tracker(request: HttpRequest) -> HttpResponse:
    """The tracker at an address that never changes, for pages of other origins."""
    response = HttpResponse(_script()[0], content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
