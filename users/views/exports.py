"""Settings → Exports."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from users import queries
from users.access import SignedInRequest, requires
from users.roles import Can


@require_safe
@requires(Can.MANAGE_PEOPLE)
def index(request: SignedInRequest) -> HttpResponse:
    """Who took which list out, the newest first."""
    return render(request, "users/exports.html", {"exports": queries.recent_exports()})
