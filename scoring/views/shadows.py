"""A draft beside the active definition: how the two compare since it began, and who it is about."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import keyset
from core.answers import wants_part
from core.errors import Refused
from scoring.models import Definition, Shadow
from scoring.queries import shadows
from scoring.queries.drafts import active_for
from scoring.services import shadows as shadowing
from scoring.views.studio import READERS, found
from scoring.views.trials import PAGE
from users.access import SignedInRequest, requires
from users.roles import Can

SHORT = 5
_SHOWN = ("contact__company", "contact__standing__owner")
_NEWEST = ("-differs_since", "-contact_id")


@requires(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def shadow(request: SignedInRequest, pk: int) -> HttpResponse:
    """How the newest shadow of a draft compares; POST begins one."""
    definition = found(pk)
    if request.method == "POST":
        return _start(request, definition)
    newest = _newest(definition)
    context = _context(request, definition, newest)
    if newest is not None and newest.walked_at:
        context |= {
            "figures": shadows.figures(newest),
            "lists": [
                (
                    way,
                    words,
                    shadows.seen_by(shadows.differing(newest, way), request.user)
                    .select_related(*_SHOWN)
                    .order_by(*_NEWEST)[:SHORT],
                )
                for way, words in shadows.WAYS.items()
            ],
        }
    return render(request, "scoring/shadow.html", context)


def _newest(definition: Definition) -> Shadow | None:
    return definition.shadows.select_related("definition", "started_by").first()


def _start(request: SignedInRequest, definition: Definition) -> HttpResponse:
    if not request.user.can(Can.EDIT_DEFINITION):
        messages.error(request, "Only who edits the definition starts a shadow.")
    else:
        try:
            shadowing.start_shadow(definition_id=definition.pk, by=request.user, now=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
    return redirect("definition_shadow", definition.pk)


def _context(request: SignedInRequest, definition: Definition, newest: Shadow | None) -> dict[str, Any]:
    return {
        "definition": definition,
        "shadow": newest,
        "active": active_for(definition.team_id),
        "other": Shadow.objects.filter(is_running=True).exclude(definition=definition.pk).first(),
        "may_edit": request.user.can(Can.EDIT_DEFINITION),
        "is_changed": newest is not None and newest.revision != definition.revision,
    }


@requires(Can.EDIT_DEFINITION)
@require_POST
def stop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Judge nobody by it any more."""
    definition = found(pk)
    if shadowing.stop_shadow(definition_id=definition.pk, now=timezone.now()):
        messages.success(request, f"Version {definition.version} judges nobody any more.")
    return redirect("definition_shadow", pk)


@requires(*READERS)
@require_safe
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the first round is; the page is loaded anew when it is done."""
    definition = found(pk)
    newest = _newest(definition)
    response = render(request, "scoring/shadow.html#progress", {"definition": definition, "shadow": newest})
    if newest is None or newest.walked_at or not newest.is_running:
        response["HX-Refresh"] = "true"
    return response


@requires(*READERS)
@require_safe
def differing(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    """Whom only one of the two qualifies, those who differ since lately first."""
    definition = found(pk)
    newest = _newest(definition)
    if newest is None or way not in shadows.WAYS:
        raise Http404
    whole = shadows.differing(newest, way)
    rows = shadows.seen_by(whole, request.user)
    page = keyset.page(
        rows.select_related(*_SHOWN),
        by=[("differs_since", datetime), ("contact_id", int)],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE,
    )
    address = reverse("definition_shadow_list", args=[pk, way])
    context = {
        "definition": definition,
        "shadow": newest,
        "way": way,
        "rows": page.rows,
        "newer": f"{address}?before={page.before}" if page.before else "",
        "older": f"{address}?after={page.after}" if page.after else "",
        "seen": keyset.capped_count(rows),
        "whole": keyset.capped_count(whole),
    }
    return render(request, f"scoring/shadow_list.html{'#list' if wants_part(request) else ''}", context)
