"""Settings → Working hours: one's own, and for who leads those of others."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.answers import fill_in
from core.errors import Refused
from core.forms import posted, show_refusal
from pipeline import services
from pipeline.models import Absence, Availability
from pipeline.queries.availability import workers
from pipeline.routing_forms import AbsenceForm, HoursForm
from pipeline.services.working_hours import DAYS
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can


def _whose(request: SignedInRequest, pk: int | None) -> User:
    """The person whose hours these are; others' are for who leads."""
    if pk is None or pk == request.user.pk:
        return request.user
    if not request.user.can(Can.MANAGE_STAGES):
        raise PermissionDenied("Only who leads changes the hours of others.")
    return get_object_or_404(User, pk=pk, is_active=True)


def _page(request: SignedInRequest, user: User) -> str:
    if user.pk == request.user.pk:
        return reverse("settings_hours")
    return reverse("hours_of", args=[user.pk])


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def hours(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """The usual week, capacity, substitute, pause; below it the absences."""
    user, now, status = _whose(request, pk), timezone.now(), 200
    kept = Availability.objects.filter(pk=user.pk).first() or Availability(user=user)
    sets_capacity = request.user.can(Can.MANAGE_STAGES)
    form = HoursForm(posted(request), user=user, kept=kept, sets_capacity=sets_capacity)
    if form.is_bound:
        status = 422
        if form.is_valid():
            given = dict(form.cleaned_data)
            try:
                services.save_hours(user=user, now=now, week=[given.pop(name) for name in DAYS], **given)
                return redirect(f"{_page(request, user)}?saved=yes")
            except Refused as refused:
                show_refusal(form, refused)
    worker = workers([user], now=now)[user.pk]
    context = {
        "whose": user,
        "is_own": user.pk == request.user.pk,
        "form": form,
        "kept": kept,
        "worker": worker,
        "why_not": worker.away_because(now) or worker.full_because() or worker.holiday_because(now),
        "absences": Absence.objects.filter(user=user, last_day__gte=now.date()).order_by("first_day")[:50],
        "pairs": [[form[name] for name in DAYS[start : start + 2]] for start in range(0, len(DAYS), 2)],
        "others": [field for field in form if field.name not in DAYS],
        "is_saved": "saved" in request.GET,
        "sets_capacity": sets_capacity,
    }
    return render(request, "pipeline/hours.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def absence_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Days away."""
    user = _whose(request, pk)

    def save(given: dict[str, Any]) -> str:
        return f"{user} is away {services.add_absence(user=user, **given)}."

    form = AbsenceForm(posted(request))
    return fill_in(request, form, save, back=_page(request, user), title="Days away", button="Add")


@require_POST
@requires(Can.WORK_PIPELINE)
def absence_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Here after all."""
    row = get_object_or_404(Absence.objects.select_related("user"), pk=pk)
    user = _whose(request, row.user_id)
    services.remove_absence(row)
    return redirect(_page(request, user))
