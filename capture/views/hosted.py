"""Hosted forms, as strangers meet them."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from capture import services
from capture.forms import TRAP, LeadForm
from capture.models import Form
from capture.nonces import message_id, new_nonce, read_nonce
from capture.services.submissions import ORIGIN, VISITOR
from core.errors import Refused
from core.forms import show_refusal
from core.middleware import public
from core.throttle import client_address, exceeded

log = logging.getLogger(__name__)

FORMS_A_WINDOW, FORM_WINDOW_SECONDS = 20, 600
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
