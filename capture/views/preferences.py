"""What somebody lets us do, chosen by themselves; looking never changes anything."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from capture.preferences import contact_id_of
from core.middleware import public
from core.throttle import exceeded
from leads.models import Contact, Purpose
from leads.queries import record_of
from leads.queries.consent import states_of
from leads.services import choose_purposes

CHANGES_A_WINDOW, WINDOW_SECONDS = 30, 600
# the sentences that are agreed to on the page, kept as the consent's wording
WORDINGS = {
    Purpose.MARKETING: "You may send me news and offers by e-mail.",
    Purpose.CALLS: "You may call me about your offers.",
    Purpose.PROFILING: "You may count my visits to your web site to tell what interests me.",
}
TOO_MANY = "Too many changes have come from your network. Nothing was changed; please try again in ten minutes."


def _contact(token: str) -> Contact:
    contact_id = contact_id_of(token)
    known = Contact.objects.filter(erased_at=None)
    contact = record_of(known, contact_id) if contact_id is not None else None
    if contact is None:
        raise Http404("This link is not, or no longer, somebody's.")
    return contact


@csrf_exempt  # the link is the key; without a referrer browsers name no origin, which Django would refuse
@never_cache
@public
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Every purpose with a box; what is saved holds at once."""
    contact = _contact(token)
    if request.method == "POST":
        if exceeded(request, "preferences", limit=CHANGES_A_WINDOW, seconds=WINDOW_SECONDS):
            return _page(request, contact, said=TOO_MANY, status=429)
        everything = request.POST.get("do") == "none"
        wanted = {purpose: not everything and request.POST.get(purpose) == "on" for purpose in Purpose}
        choose_purposes(contact, wanted, now=timezone.now(), wordings=WORDINGS, is_emphatic=everything)
        messages.success(request, "Saved. It holds from now on.")
        return redirect("preferences", token=token)
    return _page(request, contact)


def _page(request: HttpRequest, contact: Contact, *, said: str = "", status: int = 200) -> HttpResponse:
    states = [{"state": state, "sentence": WORDINGS[state.purpose]} for state in states_of(contact)]
    response = render(
        request, "capture/preferences.html", {"states": states, "hint": _hint(contact), "said": said}, status=status
    )
    response["Referrer-Policy"] = "no-referrer"  # the address is a key
    response["X-Robots-Tag"] = "noindex"
    return response


def _hint(contact: Contact) -> str:
    """Whose page it is, for whoever has several addresses, without telling it to others: j…@example.com."""
    if not contact.email:
        return ""
    local, domain = contact.email.rsplit("@", 1)
    return f"{local[:1]}…@{domain}"


@csrf_exempt  # mail programs post here (RFC 8058); the link is the key
@never_cache
@public
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One press in the mail program: marketing mail stops. Looking (scanners do) leads to the page instead."""
    contact = _contact(token)
    if request.method != "POST":
        return redirect("preferences", token=token)
    choose_purposes(
        contact,
        {Purpose.MARKETING: False},
        now=timezone.now(),
        wordings={},
        source="one-click unsubscribe",
        is_emphatic=True,
    )
    return HttpResponse("Unsubscribed.", content_type="text/plain")
