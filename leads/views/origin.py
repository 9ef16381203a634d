"""Where a contact came from: a panel that is loaded when somebody opens it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.answers import wants_part
from leads import queries
from leads.views.contact import contact_of
from users.access import SignedInRequest


@require_safe
def origin(request: SignedInRequest, pk: int) -> HttpResponse:
    """The first and the last touch."""
    contact = contact_of(request, pk)
    template = "leads/origin.html#touches" if wants_part(request) else "leads/origin.html"
    return render(request, template, {"contact": contact, "came_from": queries.came_from(contact)})
