"""Forms as strangers meet them: on a page of ours, inside a page of another site, by a personal link."""

import hashlib
import logging
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_http_methods, require_safe

from capture import nonces, queries, services
from capture.forms import TRAP, LeadForm
from capture.models import Form, FormVersion
from capture.senders import hints_of_request
from capture.services.submissions import ORIGIN, VISITOR, Submitted, asked_of
from core.errors import Refused
from core.forms import show_refusal
from core.middleware import public
from core.throttle import client_address, exceeded
from leads.human import Sign
from leads.models import Contact
from leads.queries import record_of

log = logging.getLogger(__name__)

FORMS_A_WINDOW, FORM_WINDOW_SECONDS = 20, 600
VISITOR_COOKIE = "winnow_visitor"
RAN = "winnow_ran"  # filled in by static/forms/form.js
TOO_MANY = (
    "Too many forms have come from your network. Nothing of this one was stored; your words are still below. "
    "Please send it again in ten minutes."
)
ONCE_MORE = "This page was open for a long time. Please press the button once more."


@csrf_exempt  # see capture/nonces.py
@public
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, slug: str) -> HttpResponse:
    """A form; works without JavaScript and without cookies, and as the target of a plain form on another site."""
    now = timezone.now()
    definition = _definition(slug)
    invited = _invited(request, definition, now)
    if shut := _shut(request, definition, invited):
        return shut
    if request.method != "POST":
        return _page(request, _version(definition), _asked(request, _version(definition), invited))
    nonce = nonces.read_nonce(request.POST.get("nonce", ""), slug, now=now)
    plain = None if nonce else nonces.read_plain_pass(request.POST.get("version", ""), slug)
    version = _version(definition, nonce.version if nonce else plain)
    lead_form = _asked(request, version, invited)
    if exceeded(request, "form", limit=FORMS_A_WINDOW, seconds=FORM_WINDOW_SECONDS):
        lead_form.is_valid()
        lead_form.add_error(None, TOO_MANY)
        response = _page(request, version, lead_form, status=429)
        response["Retry-After"] = str(FORM_WINDOW_SECONDS)
        return response
    if (nonce is None or nonce.is_too_old) and plain is None:
        lead_form.is_valid()
        lead_form.add_error(None, ONCE_MORE)
        return _page(request, version, lead_form, status=422)
    if not lead_form.is_valid():
        return _page(request, version, lead_form, status=422, nonce=request.POST.get("nonce", ""))
    said = lead_form.answers | {"consents": lead_form.purposes()}
    is_trapped = bool(request.POST.get(TRAP))
    if is_trapped:
        log.warning("form %s: trap filled in from %s, quarantined", slug, client_address(request))
    try:
        submitted = services.submit_form(
            version,
            answers=lead_form.answers,
            message_id=nonces.message_id(nonce, said) if nonce else nonces.plain_message_id(said, now=now),
            now=now,
            consents=lead_form.purposes(),
            visitor=_visitor(request),
            origin=_origin(request),
            invited=invited,
            is_trapped=is_trapped,
            is_too_quick=nonce is not None and nonce.is_too_quick,
            hints=hints_of_request(request, [] if request.POST.get(RAN) or nonce is None else [Sign.NO_SCRIPT]),
        )
    except Refused as refused:
        show_refusal(lead_form, refused)
        return _page(request, version, lead_form, status=422, nonce=request.POST.get("nonce", ""))
    return _done(request, version, submitted)


@public
@require_safe
def form_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """What the visitor sees after sending; `?mail` when a link in a mail is still to be followed."""
    version = _version(_definition(slug))
    return render(request, "capture/form_thanks.html", {"version": version, "by_mail": "mail" in request.GET})


@public
@require_safe
def embedded(request: HttpRequest, slug: str) -> HttpResponse:
    """The form alone, for static/forms/form.js to put into a page of another site."""
    definition = _definition(slug)
    if shut := _shut(request, definition, None):
        return shut
    version = _version(definition)
    context = _context(request, version, _asked(request, version, None))
    context["css"] = urljoin(settings.SITE_URL + "/", static("forms/form.css"))
    response = render(request, "capture/form_embedded.html", context)
    response["Cache-Control"] = "no-store"
    return _to_other_origins(response)


@lru_cache(maxsize=1)
def _script() -> tuple[bytes, str]:
    """The script and its ETag."""
    content = Path(str(finders.find("forms/form.js"))).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:20]}"'


@public
@require_safe
@gzip_page
@condition(etag_func=lambda request: _script()[1])
def script(request: HttpRequest) -> HttpResponse:
    """The script at an address that never changes, for pages of other sites."""
    response = HttpResponse(_script()[0], content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _to_other_origins(response)


@csrf_exempt  # the link is the proof; strangers have no session
@public
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of a confirmation mail. Programs that look into mails open links too: only the button counts."""
    now = timezone.now()
    submission_id = nonces.read_confirmation_token(token, now=now)
    context: dict[str, Any] = {"is_known": submission_id is not None}
    if submission_id is None:
        return render(request, "capture/form_confirm.html", context, status=410)
    if request.method == "POST":
        try:
            submission = services.confirm_submission(submission_id, now=now)
        except Refused:
            return render(request, "capture/form_confirm.html", {"is_known": False}, status=410)
        context |= {"is_done": True, "version": submission.version}
    response = render(request, "capture/form_confirm.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response


def _definition(slug: str) -> Form:
    if (form := queries.published(slug)) is None:
        raise Http404
    return form


def _version(definition: Form, number: int | None = None) -> FormVersion:
    """The version that was on the screen; else the one that is published."""
    current = definition.published
    assert current is not None  # noqa: S101 - see _definition
    if number is not None and number != current.pk:
        shown = definition.versions.filter(pk=number, published_at__isnull=False).first()
        current = shown or current
    current.form = definition
    return current


def _invited(request: HttpRequest, definition: Form, now: datetime) -> Contact | None:
    """Whose personal link it is; whoever was erased is nobody's any more."""
    token = request.POST.get("for") or request.GET.get("for", "")
    contact_id = nonces.read_personal_token(token, definition.slug, now=now) if token else None
    return record_of(Contact.objects.filter(erased_at=None), contact_id) if contact_id else None


def _shut(request: HttpRequest, definition: Form, invited: Contact | None) -> HttpResponse | None:
    """The answer when nothing can be sent: the form is closed, or a personal link is needed, or works no longer."""
    is_personal = bool(request.POST.get("for") or request.GET.get("for"))
    why = ""
    if not definition.is_open:
        why = "closed"
    elif is_personal and invited is None:
        why = "expired"
    elif definition.is_by_invitation and invited is None:
        why = "invitation"
    if not why:
        return None
    if _wants_json(request):
        return _to_other_origins(JsonResponse({"ok": False, "errors": {"": ["This form is closed."]}}, status=410))
    status = 403 if why == "invitation" else 410
    response = render(request, "capture/form_closed.html", {"form": definition, "why": why}, status=status)
    return _to_other_origins(response)


def _asked(request: HttpRequest, version: FormVersion, invited: Contact | None) -> LeadForm:
    data = request.POST if request.method == "POST" else None
    return LeadForm(asked_of(version, invited), version.consents, data, parameters=request.GET.dict())


def _context(request: HttpRequest, version: FormVersion, lead_form: LeadForm, nonce: str = "") -> dict[str, Any]:
    slug = version.form.slug
    return {
        "form": version.form,
        "version": version,
        "fields": lead_form,
        "action": f"{settings.SITE_URL}{reverse('form', args=[slug])}",
        "nonce": nonce or nonces.new_nonce(slug, version=version.pk, now=timezone.now()),
        "visitor": _visitor(request),
        "origin": _origin(request),
        "personal": (request.POST.get("for") or request.GET.get("for", ""))[: nonces.LONGEST],
        "trap": TRAP,
    }


def _page(
    request: HttpRequest, version: FormVersion, lead_form: LeadForm, *, status: int = 200, nonce: str = ""
) -> HttpResponse:
    context = _context(request, version, lead_form, nonce)
    if _wants_json(request) and request.method == "POST":
        errors = {("" if name == "__all__" else name): list(texts) for name, texts in lead_form.errors.items()}
        answer = {"ok": False, "errors": errors, "nonce": context["nonce"]}
        return _to_other_origins(JsonResponse(answer, status=status))
    context["action"] = reverse("form", args=[version.form.slug])
    response = render(request, "capture/form.html", context, status=status)
    response["Cache-Control"] = "no-store"  # each page has its own nonce
    if context["personal"]:
        response["Referrer-Policy"] = "no-referrer"
    if version.redirect_to:  # Chromium holds the policy also against where the answer sends it
        response._csp_update = {"form-action": [f"https://{urlsplit(version.redirect_to).netloc}"]}  # type: ignore[attr-defined]
    return response


def _done(request: HttpRequest, version: FormVersion, submitted: Submitted) -> HttpResponse:
    """The thank-you page, or JSON for a script. A shared computer is told to go on as a new visitor."""
    response: HttpResponse
    by_mail = version.asks_confirmation and submitted.submission.status != "accepted"
    thanks = reverse("form_thanks", args=[version.form.slug]) + ("?mail" if by_mail else "")
    if _wants_json(request):
        text = BY_MAIL if by_mail else version.thank_you
        redirect_to = "" if by_mail else version.redirect_to
        answer = {"ok": True, "visitor": submitted.new_visitor or None, "text": text, "redirect": redirect_to or None}
        response = _to_other_origins(JsonResponse(answer))
    else:
        response = redirect(thanks if by_mail else version.redirect_to or thanks)
        response.status_code = 303
    if submitted.new_visitor and VISITOR_COOKIE in request.COOKIES:
        year = 365 * 24 * 3600
        response.set_cookie(VISITOR_COOKIE, submitted.new_visitor, max_age=year, samesite="Lax", secure=settings.SECURE)
    return response


BY_MAIL = "Nearly done: we have sent you a mail. Please open the link in it and press the button there."


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _to_other_origins(response: HttpResponse) -> HttpResponse:
    """Pages of any origin may read it: it is as public as the form, and no cookie decides what it says."""
    response["Access-Control-Allow-Origin"] = "*"
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
