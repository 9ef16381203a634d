"""The page of a company."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import pipeline.queries
from core.answers import done
from core.errors import Refused
from core.forms import posted, show_refusal
from leads import queries, services
from leads.forms import CompanyForm, custom_initial
from leads.models import Company
from leads.views.contact import own_fields
from leads.views.edit import GET_OR_POST, _form
from users.access import SignedInRequest, requires
from users.roles import Can


def company_of(request: SignedInRequest, pk: int) -> Company:
    """The company, or the one into which it was merged, if this person may see it; else 404."""
    return get_object_or_404(queries.known_as(Company.objects.visible_to(request.user), pk))


@require_safe
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who works there, and what we may sell them."""
    company = company_of(request, pk)
    if company.pk != pk:
        return redirect("company", company.pk)
    people = queries.people_of(company, request.user)
    context = {
        "company": company,
        "merges": queries.merges_of(company),
        "rows": queries.rows_of(people, now=timezone.now()),
        "opportunities": pipeline.queries.opportunities_at(company, request.user),
        "own": own_fields(company, "company") if company.custom else [],
        "can_edit": request.user.can(Can.EDIT_LEADS),
    }
    return render(request, "leads/company.html", context)


@require_http_methods(GET_OR_POST)
@requires(Can.EDIT_LEADS)
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what it is."""
    company = company_of(request, pk)
    initial = {name: getattr(company, name) for name in ("name", "domain", "industry", "employees", "country")}
    form = CompanyForm(posted(request), initial=initial | custom_initial(company))
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in initial}
        changes["country"] = changes["country"].upper()
        if form.own:
            changes["custom"] = form.custom()
        try:
            services.change_company(company, **changes)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return done(request, url=reverse("company", args=[pk]), text="Saved.", event="company-changed")
    return _form(request, "leads/company_edit.html", form, {"company": company})
