"""The list of companies: one page, and what a row shows of its people."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Upper

from core import keyset
from leads import normalise
from leads.models import Company, Contact
from leads.queries.lists import matching
from users.models import User


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company, how many of its people this person sees, and the best score among them (none: nobody is scored)."""

    company: Company
    people: int
    best: int | None


def companies(user: User, q: str = "") -> "QuerySet[Company]":
    """Companies whose people this person may see, and those that have none; those called so."""
    rows: QuerySet[Company] = Company.objects.visible_to(user)
    words = normalise.search_text(normalise.line(q[:500])[:100]).split()[:5]
    return rows.filter(matching(words)) if words else rows


def companies_page(rows: "QuerySet[Company]", *, after: str = "", before: str = "") -> "keyset.Page[Company]":
    """One page, by name."""
    named = rows.annotate(folded=Upper("name")).defer("search_text")
    return keyset.page(named, by=[("folded", str), ("id", int)], descending=False, after=after, before=before)


def company_rows(found: Collection[Company], user: User) -> list[CompanyRow]:
    """What a row of the list shows. One query."""
    people = Contact.objects.visible_to(user).filter(company__in=[company.pk for company in found])
    told = (
        people.order_by()
        .values("company")
        .annotate(count=Count("pk"), best=Max("standing__total"), scored=Max("standing__day"))
    )
    known = {row["company"]: row for row in told}
    return [
        CompanyRow(company, row["count"], row["best"] if row["scored"] is not None else None)
        if (row := known.get(company.pk))
        else CompanyRow(company, 0, None)
        for company in found
    ]
