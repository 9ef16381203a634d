"""Consent that somebody gave or took back outside of forms."""

from functools import cache

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

import capture.queries
from core.answers import go_to, wants_part
from core.errors import Refused
from core.forms import posted, show_refusal
from leads import services
from leads.forms import ConsentForm
from leads.models import ConsentBasis
from leads.queries.consent import history_of, states_of
from leads.views.contact import contact_of
from users.access import SignedInRequest, requires
from users.roles import Can


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.EDIT_LEADS)
def new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write down that they agreed to a purpose or took it back, and how we know."""
    contact = contact_of(request, pk)
    form = ConsentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.record_consent(
                contact=contact,
                purpose=given["purpose"],
                given=given["given"] == "yes",
                now=timezone.now(),
                source=f"{given['source']} (noted by {request.user.name[:60]})",
                basis=given["basis"] or ConsentBasis.CONSENT,
                recorded_by=request.user,
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return go_to(request, reverse("contact", args=[pk]))
    part = "#dialog" if wants_part(request) else ""
    status = 422 if form.is_bound else 200
    context = {"contact": contact, "form": form, "states": states_of(contact), "history": history_of(contact)}
    context["sources"] = cache(capture.queries.source_names)
    return render(request, f"leads/contact_consent.html{part}", context, status=status)
