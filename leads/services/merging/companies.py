"""Two companies turned out to be one, and did not."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from core.again import again
from core.errors import Refused
from core.locks import locked
from leads import merging, normalise
from leads.merging import Conflict
from leads.models import Company, Merge
from leads.services.companies import refresh_people
from leads.services.merging import moving, values
from leads.services.merging.images import image_of, restored
from leads.services.merging.undoing import Plan, check_undoable, check_whose
from users.models import User


@again
@transaction.atomic
def merge_companies(
    *,
    survivor_id: int,
    former_id: int,
    now: datetime,
    chosen: Mapping[str, str] | None = None,
    by: User | None = None,
    reason: str = "",
) -> Merge:
    """Make two companies one: people, opportunities and all else move. The former's domain still leads here."""
    if survivor_id == former_id:
        raise Refused("A company cannot be merged with itself.")
    rows = {
        row.pk: row
        for row in Company.objects.select_for_update().filter(pk__in=[survivor_id, former_id]).order_by("pk")
    }
    if len(rows) < 2:
        raise Refused("One of the companies no longer exists. Reload the page.")
    company, former = rows[survivor_id], rows[former_id]
    before, theirs = values.of_company(company), values.of_company(former)
    check_whose(chosen or {}, before, theirs)
    after = merging.combined(before, theirs, chosen or {})
    kept = {"row": image_of(former), "values": theirs, "chosen": dict(chosen or {})}
    moved, aside = moving.give(Company, former=former_id, survivor=survivor_id)
    Company.objects.filter(pk=former_id)._raw_delete(Company.objects.db)
    values.into_company(company, after)
    _store(company)
    merge = Merge.objects.create(
        company=company,
        former_id=former_id,
        former_name=former.name,
        former_domain=former.domain,
        at=now,
        by=by,
        reason=normalise.line(reason)[:300],
        former=kept,
        before=before,
        after=after,
        moved=moved,
        aside=aside,
    )
    refresh_people(company)
    return merge


@again
@transaction.atomic
def unmerge_companies(
    *, merge_id: int, now: datetime, answers: Mapping[str, str] | None = None, by: User | None = None
) -> Company:
    """Take a merge of companies back; as with people, what was edited since stays with the survivor."""
    plan = _plan(merge_id, answers or {})
    plan.settle()
    merge = plan.merge
    company = locked(Company.objects.filter(pk=merge.survivor_id))[0]
    former = restored(merge.former["row"])
    if not isinstance(former, Company):
        raise Refused("The former record can no longer be put together.")
    values.into_company(company, plan.given)
    _store(company)
    values.into_company(former, values.of_company(former) | plan.goes)
    former.search_text = normalise.search_text(former.name, former.domain)
    try:
        with transaction.atomic():
            former.save_base(raw=True, force_insert=True)
    except IntegrityError:
        raise Refused(f"{former.domain} belongs to another company now. Change its domain first.") from None
    moving.take_back(Company, moved=merge.moved, aside=merge.aside, former=former.pk, survivor=company.pk)
    plan.finish(now=now, by=by)
    refresh_people(company)
    refresh_people(former)
    return former


def _plan(merge_id: int, answers: Mapping[str, str]) -> Plan:
    merge, later = check_undoable(merge_id)
    company = locked(Company.objects.filter(pk=merge.survivor_id))[0]
    return Plan.of(merge, later, values.of_company(company), answers)


@transaction.atomic
def company_conflicts(merge_id: int) -> list[Conflict]:
    """What would have to be answered to undo it; raises Refused where it cannot be undone now."""
    return _plan(merge_id, {}).conflicts


def _store(company: Company) -> None:
    company.search_text = normalise.search_text(company.name, company.domain)
    company.save()
