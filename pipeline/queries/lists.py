"""Lists of opportunities, and finding one."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value

from core import keyset
from leads import normalise
from leads.models import Company, Contact
from leads.queries.lists import matching
from pipeline.models import Opportunity, OpportunityPerson, OpportunityQuerySet
from pipeline.queries.cards import for_cards
from pipeline.queries.filters import Filters
from pipeline.queries.order import in_order
from users.models import User

PAGE_SIZE = 50


def listed(user: User, filters: Filters, *, now: datetime) -> OpportunityQuerySet:
    """The opportunities that the filters want and the user may see."""
    rows = filters.apply(Opportunity.objects.visible_to(user), today=now.date())
    return rows.filter(rotting(now)) if filters.rotting else rows


def list_page(
    rows: OpportunityQuerySet, *, sort: str, after: str = "", before: str = "", size: int = PAGE_SIZE
) -> "keyset.Page[Opportunity]":
    """One page of them, with what a row shows. What has no amount or date comes last either way. One query."""
    ordered = in_order(rows, sort)
    read = for_cards(ordered.rows, *ordered.annotations)
    return keyset.page(read, by=ordered.keys, descending=ordered.down, after=after, before=before, size=size)


def opportunities_of(contact: Contact, user: User) -> list[Opportunity]:
    """All opportunities of a contact that the user may see, open ones first, then the newest."""
    # a union, so that both sides are found by their indexes
    own = Opportunity.objects.filter(contact=contact).values("pk")
    taking_part = OpportunityPerson.objects.filter(contact=contact).values("opportunity")
    rows = Opportunity.objects.visible_to(user).filter(pk__in=own.union(taking_part))
    return sorted(rows.in_brief(), key=lambda row: (not row.is_open, -row.pk))


def opportunities_at(company: Company, user: User) -> list[Opportunity]:
    """All opportunities with a company that the user may see, open ones first, then the newest."""
    rows = Opportunity.objects.visible_to(user).filter(company=company).order_by("-pk")[:200]
    return sorted(rows.in_brief(), key=lambda row: (not row.is_open, -row.pk))


def rotting(now: datetime) -> Q:
    """Open, and in its stage for longer than that stage allows; a stage without a limit allows any time."""
    limit = Value(now) - F("stage__rots_after_days") * Value(timedelta(days=1))
    return Q(closed_at=None, stage_entered_at__lte=ExpressionWrapper(limit, output_field=DateTimeField()))


def search(user: User, q: str, limit: int = 10) -> list[Opportunity]:
    """Opportunities whose name, company or person is called so; open ones first."""
    words = normalise.search_text(normalise.line(q[:500])[:100]).split()[:5]
    if not words:
        return []
    near = Opportunity.objects.visible_to(user).filter(matching(words))
    return list(near.in_brief().order_by(F("closed_at").desc(nulls_first=True), "-pk")[:limit])
