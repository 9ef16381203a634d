"""Settings: what can happen, and what rules can look at in it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import leads.queries
from core.answers import fill_in
from core.forms import posted
from crm import registry
from crm.forms import KindForm
from crm.views.settings import LISTS
from leads.models import EventKind
from leads.services.kinds import patterns_of
from users.access import SignedInRequest, requires


@require_safe
@requires(*LISTS)
def kinds(request: SignedInRequest) -> HttpResponse:
    """The registry; names that arrived by themselves come first, with what is known of them."""
    rows = leads.queries.kind_rows()
    context = {
        "waiting": [row for row in rows if not row.kind.is_registered],
        "known": [row for row in rows if row.kind.is_registered],
    }
    return render(request, "crm/kinds.html", context)


@require_http_methods(["GET", "POST"])
@requires(*LISTS)
def kind_new(request: SignedInRequest) -> HttpResponse:
    """Register a kind."""

    def save(given: dict[str, Any]) -> str:
        return f"“{registry.save_kind(**given, now=timezone.now())}” can be sent now."

    form = KindForm(posted(request))
    return fill_in(request, form, save, back=reverse("settings_kinds"), title="New kind of event", button="Register")


@require_http_methods(["GET", "POST"])
@requires(*LISTS)
def kind(request: SignedInRequest, pk: int) -> HttpResponse:
    """Describe a kind; what it was before is judged anew in the background."""
    row = get_object_or_404(EventKind, pk=pk)

    def save(given: dict[str, Any]) -> str:
        saved = registry.save_kind(kind=row, **given, now=timezone.now())
        if not row.is_registered:
            return f"“{saved}” is described. Rules can use it now, and what happened before counts, too."
        return f"“{saved}” is saved. Where patterns, category or direction changed, history and scores follow soon."

    initial = {
        "label": row.label,
        "category": row.category,
        "direction": row.direction,
        "facet_property": row.facet_property,
        "patterns": "\n".join(f"{name}: {pattern}" for name, pattern in patterns_of(row)),
    }
    form = KindForm(posted(request), initial=initial, is_new=False)
    text = leads.queries.seen_properties(row) if request.method != "POST" else ""
    return fill_in(
        request, form, save, back=reverse("settings_kinds"), title=f"Kind {row.key}", button="Save", text=text
    )
