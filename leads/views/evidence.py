"""Answering a criterion."""

from functools import cache

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

import capture.queries
from core.answers import done, wants_part
from core.errors import Refused
from core.forms import posted, show_refusal
from leads import queries, services
from leads.forms import EvidenceForm
from leads.models import Criterion
from leads.views.contact import contact_of
from users.access import SignedInRequest
from users.roles import Can


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest, pk: int, key: str) -> HttpResponse:
    """What to ask, what they answered before, and, for those who may, a new answer."""
    contact = contact_of(request, pk)
    criterion = get_object_or_404(Criterion, key=key)
    can_edit = request.user.can(Can.EDIT_LEADS)
    form = EvidenceForm(posted(request), criterion=criterion) if can_edit else None
    status = 200
    if request.method == "POST":
        if form is None:
            return HttpResponse("Your role may not answer criteria.", status=403)
        if form.is_valid():
            try:
                services.record_evidence(
                    contact=contact,
                    criterion=criterion,
                    now=timezone.now(),
                    recorded_by=request.user,
                    **{name: value for name, value in form.cleaned_data.items() if value not in (None, "")},
                )
            except Refused as refused:
                show_refusal(form, refused)
            else:
                return done(
                    request,
                    url=reverse("contact", args=[pk]),
                    text=f"{criterion.label} answered.",
                    event="contact-changed",
                )
        status = 422
    now = timezone.now()
    context = {
        "contact": contact,
        "criterion": criterion,
        "form": form,
        "answers": queries.answers_of(contact, criterion),
        "sources": cache(capture.queries.source_names),
        "now": now,
    }
    return render(request, f"leads/evidence.html{'#dialog' if wants_part(request) else ''}", context, status=status)
