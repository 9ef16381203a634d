"""Organisations."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Refused
from core.prepared import Prepared, columns, record
from leads import custom, normalise, signals
from leads.models import ChangedContact, Company, Contact, Merge
from leads.services.fields import custom_rules

COMPANY_FIELDS = ("name", "domain", "industry", "employees", "country", "custom")
BATCH = 500
_KNOWN = Prepared(  # asked for each new lead
    "company_known",
    ("text", "text", "text", "text", "text"),
    f"""SELECT {columns(Company, "c")} FROM leads_company c WHERE c.id = coalesce(
        (SELECT id FROM leads_company WHERE domain = %s AND domain <> ''),
        (SELECT company_id FROM leads_merge WHERE former_domain = %s AND former_domain <> '' AND undone_at IS NULL
            AND company_id IS NOT NULL ORDER BY id DESC LIMIT 1),
        (SELECT min(id) FROM leads_company WHERE upper(name) = upper(%s) AND %s <> ''
            HAVING %s = '' OR NOT bool_or(domain <> '')))""",  # noqa: S608
)
_MAKE = Prepared(
    "company_made",
    ("text", "text", "text", "timestamptz"),
    f"""INSERT INTO leads_company (name, domain, search_text, created_at, industry, country, custom)
        VALUES (%s, %s, %s, %s, '', '', '{{}}') ON CONFLICT DO NOTHING RETURNING {columns(Company, "leads_company")}""",  # noqa: S608
)


def company_for(*, name: str = "", email: str = "", domain: str = "") -> Company | None:
    """The company of this domain or name, made when it is new; none when nothing tells.

    A company's name alone tells only where no company of that name has a domain, or the lead has none.
    """
    name = normalise.line(name)[:200]
    domain = normalise.company_domain(domain or email)
    if not name and not domain:
        return None
    asked = [domain, domain, name, name, domain]
    found = _KNOWN.rows(asked)
    if not found and name:
        made = _MAKE.rows([name, domain, normalise.search_text(name, domain), timezone.now()])
        found = made or _KNOWN.rows(asked)  # made by another request at this moment
    return record(Company, found[0]) if found else None


def _by_former_domains(domains: Sequence[str]) -> dict[str, Company]:
    """Companies into which those of these domains were merged."""
    if not domains:
        return {}
    merges = Merge.objects.standing().filter(former_domain__in=domains).exclude(company=None).select_related("company")
    return {merge.former_domain: merge.company for merge in merges.order_by("pk") if merge.company}


def companies_for(wanted: Sequence[tuple[str, str]]) -> tuple[list[Company | None], list[Company]]:
    """The company of each (name, domain), by the rule of `company_for`, and those that had to be made."""
    domains = sorted({domain for _, domain in wanted if domain})
    by_domain = {company.domain: company for company in Company.objects.filter(domain__in=domains)} if domains else {}
    by_domain = _by_former_domains([domain for domain in domains if domain not in by_domain]) | by_domain
    names = sorted({name for name, domain in wanted if name and domain not in by_domain})
    by_name: dict[str, list[Company]] = {}
    if names:
        alike = Company.objects.raw(
            "SELECT c.*, t.given FROM unnest(%s::text[]) AS t(given) "
            "JOIN leads_company c ON upper(c.name) = upper(t.given) ORDER BY c.id",
            [names],
        )
        for known in alike:
            by_name.setdefault(known.given.lower(), []).append(known)  # type: ignore[attr-defined]
    fresh: list[Company] = []
    answers: list[Company | None] = []
    for name, domain in wanted:
        company = by_domain.get(domain) if domain else None
        if company is None and name:
            same = by_name.setdefault(name.lower(), [])
            if same and (not domain or not any(other.domain for other in same)):
                company = same[0]
            else:
                company = Company(name=name, domain=domain, search_text=normalise.search_text(name, domain))
                fresh.append(company)
                same.append(company)
                if domain:
                    by_domain[domain] = company
        answers.append(company)
    Company.objects.bulk_create(fresh)
    return answers, fresh


@transaction.atomic
def change_company(company: Company, **changes: Any) -> Company:
    """Change a company's own fields; its people are found under the new name and scored anew."""
    unknown = set(changes) - set(COMPANY_FIELDS)
    if unknown:
        raise Refused(**dict.fromkeys(unknown, "A company has no such field."))
    if "custom" in changes:
        changes["custom"] = custom.clean(changes["custom"], custom_rules("company"))
    company = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if "custom" in changes:
        changes["custom"] = company.custom | changes["custom"]
    for name, value in changes.items():
        setattr(company, name, normalise.line(value) if isinstance(value, str) else value)
    if not company.name:
        raise Refused(name="A company needs a name.")
    company.domain = normalise.company_domain(company.domain) if company.domain else ""
    clash = Company.objects.filter(domain=company.domain).exclude(domain="").exclude(pk=company.pk).first()
    if clash:
        raise Refused(domain=f"{company.domain} already belongs to {clash.name}.")
    company.search_text = normalise.search_text(company.name, company.domain)
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError:  # another request gave the domain to another company at the same moment
        raise Refused(domain=f"{company.domain} already belongs to another company.") from None
    refresh_people(company)
    return company


def refresh_people(company: Company) -> None:
    """Its people are found under its name and scored anew, in batches."""
    last = 0
    while last := _refresh_people(company, after=last):
        pass


def _refresh_people(company: Company, *, after: int) -> int:
    """Write anew by what the next people of the company are found, and queue them; the last one's id, 0 at the end."""
    mine = Contact.objects.filter(company=company, pk__gt=after).select_for_update(of=("self",), no_key=True)
    people = list(mine.order_by("pk")[:BATCH])
    for contact in people:
        contact.search_text = contact_search_text(contact, company)
        contact.updated_at = timezone.now()
    Contact.objects.bulk_update(people, ["search_text", "updated_at"])
    ids = [contact.pk for contact in people]
    if ids:
        ChangedContact.objects.bulk_create([ChangedContact(contact_id=pk) for pk in ids])
        signals.contact_changed.send(sender=None, contact_ids=ids)
    return ids[-1] if ids else 0


def contact_search_text(contact: Contact, company: Company | None) -> str:
    """All by which somebody looks for a person."""
    return normalise.search_text(
        contact.first_name, contact.last_name, contact.email, contact.phone, company.name if company else ""
    )
