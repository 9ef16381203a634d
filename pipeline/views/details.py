"""Tags, competitors, co-owners and own fields of an opportunity; Settings → Competitors."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import fill_in
from core.forms import posted
from pipeline import services
from pipeline.detail_forms import CompetitorForm, DetailsForm
from pipeline.models import Competitor, Opportunity
from pipeline.views.filtering import sellers
from users.access import SignedInRequest, requires
from users.roles import Can


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.WORK_PIPELINE)
def details(request: SignedInRequest, pk: int) -> HttpResponse:
    """What is known beside the facts; also of one that is closed."""
    row, people = get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk), sellers(request.user)
    form = DetailsForm(posted(request), opportunity=row, people=people)

    def save(given: dict[str, Any]) -> str:
        names = [name for name in ("tags", "competitors", "co_owners") if name in form.fields]
        services.set_details(
            opportunity_id=pk,
            actor=request.user,
            now=timezone.now(),
            version=given["version"],
            custom=form.custom() if form.own else None,
            **{name: given[name] for name in names},
        )
        return "Saved."

    def newest() -> DetailsForm:
        return DetailsForm(opportunity=Opportunity.objects.get(pk=pk), people=people)

    page = reverse("opportunity", args=[pk])
    return fill_in(request, form, save, back=page, newest=newest, title=f"More about {row.name}", button="Save")


@require_safe
@requires(Can.MANAGE_STAGES)
def competitors(request: SignedInRequest) -> HttpResponse:
    """All of them, those that are offered first."""
    rows = [
        {
            "name": one.name,
            "notes": ["offered" if one.is_active else "no longer"],
            "url": reverse("competitor", args=[one.pk]),
            "link": f"{reverse('pipeline_list')}?state=all&competitor={one.pk}",
            "link_label": "Opportunities",
        }
        for one in Competitor.objects.order_by("-is_active", "name", "pk")
    ]
    context = {"title": "Competitors", "rows": rows, "heads": ["State"], "new_url": reverse("competitor_new")}
    return render(request, "crm/settings_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def competitor(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """A new one, or another name for one."""
    row = get_object_or_404(Competitor, pk=pk) if pk is not None else None

    def save(given: dict[str, Any]) -> str:
        return f"{services.save_competitor(competitor=row, **given)} is saved."

    initial = {"name": row.name, "is_active": row.is_active} if row else {"is_active": True}
    form = CompetitorForm(posted(request), initial=initial)
    title = f"Competitor {row}" if row else "New competitor"
    return fill_in(request, form, save, back=reverse("settings_competitors"), title=title, button="Save")
