"""The list of companies, and the same as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from core.answers import wants_part
from core.export import Instants, newest_first
from core.keyset import capped_count
from leads import normalise
from leads.models import CustomField
from leads.queries import companies as queries
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

HEADER = ["Number", "Company", "Domain", "Industry", "Employees", "Country", "People", "Best score"]
HEADER += [Instants("Created on")]


def _asked(request: SignedInRequest) -> str:
    return normalise.line(request.GET.get("q", "")[:500])[:100]


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Companies by name; to htmx only the list."""
    q, after, before = _asked(request), request.GET.get("after", ""), request.GET.get("before", "")
    rows = queries.companies(request.user, q)
    page = queries.companies_page(rows, after=after, before=before)
    kept = {"q": q} if q else {}

    def here(**place: str) -> str:
        return f"{reverse('companies')}?{urlencode(kept | place)}"

    context = {
        "rows": queries.company_rows(page.rows, request.user),
        "q": q,
        "filters": [],
        "count": None if after or before else capped_count(rows),
        "older": here(after=page.after) if page.after else "",
        "newer": here(before=page.before) if page.before else "",
        "export": urlencode(kept),
    }
    return render(request, f"leads/companies.html{'#list' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """What the list shows, as a file, newest first."""
    own = list(CustomField.objects.filter(about="company"))
    rows = queries.companies(request.user, _asked(request)).defer("search_text")

    def cells() -> Iterator[list[Any]]:
        chunk: list[Any] = []
        for company in newest_first(rows):
            chunk.append(company)
            if len(chunk) == 500:
                yield from _cells(chunk, own, request)
                chunk = []
        yield from _cells(chunk, own, request)

    return send(request, format, [*HEADER, *(field.label for field in own)], cells(), name="companies")


def _cells(chunk: list[Any], own: list[CustomField], request: SignedInRequest) -> Iterator[list[Any]]:
    for row in queries.company_rows(chunk, request.user):
        company = row.company
        yield [
            company.pk, company.name, company.domain, company.industry, company.employees, company.country, row.people,
            row.best, company.created_at, *(company.custom.get(field.key) for field in own),
        ]  # fmt: skip
