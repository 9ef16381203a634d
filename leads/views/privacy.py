"""A person's data, and the addresses that nobody writes to."""

import gzip
import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.answers import done, fill_in, went_wrong
from core.errors import Refused
from core.forms import posted
from leads import services
from leads.forms import EraseForm, FindForm, SuppressForm
from leads.models import PersonalCopy, SuppressedAddress
from leads.queries import privacy as asked
from leads.views.contact import contact_of
from users.access import SignedInRequest, requires
from users.roles import Can

ERASING = (
    "Name, addresses, notes, answers and quotes go, and cannot be brought back. Counts, amounts and dates stay, so "
    "that funnel and forecast remain true. The addresses stay on the suppression list as digests."
)
SUPPRESSING = (
    "Nobody is written to at these addresses or called at these numbers any more, also when they come back by a form, "
    "an import or the API."
)

# --- one person ---


@require_safe
@requires(Can.MANAGE_PRIVACY)
def data(request: SignedInRequest, pk: int) -> HttpResponse:
    """All that we hold about somebody, table by table, on one page."""
    contact = contact_of(request, pk)
    context = {
        "contact": contact,
        "facts": asked.cells_of(services.facts_of(contact)),
        "tables": asked.tables_of(contact),
        "copy": asked.newest_copy_of(contact),
    }
    return render(request, "leads/privacy.html", context)


@require_POST
@requires(Can.MANAGE_PRIVACY)
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """Collect a copy to hand to the person."""
    contact = contact_of(request, pk)
    services.request_copy(contact, now=timezone.now(), actor=request.user)
    return redirect("contact_data", pk=pk)


@require_safe
@requires(Can.MANAGE_PRIVACY)
def copy_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the copy is."""
    contact = contact_of(request, pk)
    return render(request, "leads/privacy.html#copy", {"contact": contact, "copy": asked.newest_copy_of(contact)})


@never_cache
@require_safe
@requires(Can.MANAGE_PRIVACY)
def copy_file(request: SignedInRequest, pk: int, copy_pk: int, kind: str) -> HttpResponse:
    """The copy as JSON, or as a page that anybody can read and print."""
    contact = contact_of(request, pk)
    row = get_object_or_404(PersonalCopy, pk=copy_pk, contact=contact, done_at__isnull=False)
    content = gzip.decompress(bytes(row.content))
    if kind == "json":
        response = HttpResponse(content, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="person-{pk}.json"'
        return response
    told = json.loads(content)
    tables = [
        (name.rsplit(" (", 1)[0], [asked.cells_of(row) for row in rows])
        for name, rows in told.items()
        if isinstance(rows, list) and rows
    ]
    return render(
        request,
        "leads/privacy_copy.html",
        {"contact": contact, "copy": row, "facts": asked.cells_of(told["person"]), "tables": tables},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_PRIVACY)
def erase(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget somebody, for ever; their name is typed to confirm it."""
    contact = contact_of(request, pk)

    def save(given: dict[str, Any]) -> str:
        services.erase(contact.pk, typed=given["typed"], now=timezone.now(), actor=request.user)
        return f"No. {contact.pk} is erased. What remains of texts and events is emptied in the background."

    return fill_in(
        request,
        EraseForm(posted(request), name=contact.name),
        save,
        back=reverse(
            "leads" if request.method == "POST" else "contact_data", args=[] if request.method == "POST" else [pk]
        ),
        title=f"Erase {contact.name}",
        button="Erase for ever",
        tone="btn-danger",
        text=ERASING,
    )


# --- the installation ---


@require_safe
@requires(Can.MANAGE_PRIVACY)
def index(request: SignedInRequest) -> HttpResponse:
    """The suppression list in numbers, a way to look into it, and who was erased when."""
    context: dict[str, Any] = {
        "counts": asked.suppression_counts(),
        "newest": asked.suppressed()[:20],
        "erasures": asked.erasures(),
        "form": FindForm(),
    }
    return render(request, "leads/privacy_settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_PRIVACY)
def suppress(request: SignedInRequest) -> HttpResponse:
    """Put addresses and numbers on the list, one or thousands."""

    def save(given: dict[str, Any]) -> str:
        added = services.suppress(
            given["addresses"].splitlines(),
            reason=given["reason"],
            note=given["note"],
            now=timezone.now(),
            actor=request.user,
        )
        text = f"{added.new:,} added, {added.known:,} were on the list."
        if added.wrong:
            shown = ", ".join(line[:40] for line in added.wrong[:5])
            text += f" {len(added.wrong):,} are neither an address nor a number with its country code: {shown}."
        return text

    return fill_in(
        request,
        SuppressForm(posted(request)),
        save,
        back=reverse("settings_privacy"),
        title="Suppress addresses",
        button="Suppress",
        text=SUPPRESSING,
    )


@require_POST
@requires(Can.MANAGE_PRIVACY)
def find(request: SignedInRequest) -> HttpResponse:
    """Whether an address is on the list: only its digest is kept, so it must be asked for."""
    home = reverse("settings_privacy")
    try:
        row = services.find_suppressed(request.POST.get("address", "")[:300])
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    context = {
        "counts": asked.suppression_counts(),
        "newest": asked.suppressed()[:20],
        "erasures": asked.erasures(),
        "form": FindForm(initial={"address": request.POST.get("address", "")[:300]}),
        "looked": True,
        "found": row,
    }
    return render(request, "leads/privacy_settings.html", context)


@require_POST
@requires(Can.MANAGE_PRIVACY)
def unsuppress(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an address off the list."""
    row = SuppressedAddress.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    services.remove_suppressed(row)
    text = "It is off the list. Contacts that have it stay as they are until they agree again."
    messages.success(request, text)
    return done(request, url=reverse("settings_privacy"))
