"""Organisations."""

from collections.abc import Container, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Refused
from core.prepared import Prepared, columns, record
from leads import custom, normalise, signals
from leads.models import ChangedContact, Company, Contact
from leads.services.fields import custom_rules

COMPANY_FIELDS = ("name", "domain", "industry", "employees", "country", "custom")
BATCH = 500
# asked for each new lead: the arrays stand behind a SELECT, where their length is not seen and one plan serves for all
_KNOWN = Prepared(
    "companies_known",
    ("text[]", "text[]"),
    f"""SELECT t.name, t.domain, {columns(Company, "c")} FROM unnest((SELECT %s), (SELECT %s)) AS t(name, domain)
        CROSS JOIN LATERAL (SELECT coalesce(
            (SELECT id FROM leads_company WHERE domain = t.domain AND domain <> ''),
            (SELECT company_id FROM leads_merge WHERE former_domain = t.domain AND former_domain <> ''
                AND undone_at IS NULL AND company_id IS NOT NULL ORDER BY id DESC LIMIT 1),
            (SELECT min(id) FROM leads_company WHERE upper(name) = upper(t.name) AND t.name <> ''
                HAVING t.domain = '' OR NOT bool_or(domain <> ''))) AS id OFFSET 0) known
        JOIN leads_company c ON c.id = known.id""",  # noqa: S608
)
_MAKE = Prepared(
    "companies_made",
    ("timestamptz", "text[]", "text[]", "text[]"),
    f"""INSERT INTO leads_company (created_at, name, domain, search_text, industry, country, custom)
        SELECT %s, name, domain, search_text, '', '', '{{}}' FROM unnest(%s, %s, %s) WITH ORDINALITY
            AS t(name, domain, search_text, place) ORDER BY place
        ON CONFLICT DO NOTHING RETURNING {columns(Company, "leads_company")}""",  # noqa: S608
)


def company_for(*, name: str = "", email: str = "", domain: str = "") -> Company | None:
    """The company of this domain or name, made when it is new; none when nothing tells.

    A company's name alone tells only where no company of that name has a domain, or the lead has none.
    """
    return companies_for([(normalise.line(name)[:200], normalise.company_domain(domain or email))])[0][0]


def companies_for(wanted: Sequence[tuple[str, str]]) -> tuple[list[Company | None], list[Company]]:
    """The company of each (name, domain), as if they were asked for one after the other, and those that were made."""
    known: dict[tuple[str, str], Company] = {}
    made: list[Company] = []
    asked = [pair for pair in dict.fromkeys(wanted) if any(pair)]
    while asked:
        names, domains = (list(column) for column in zip(*asked, strict=True))
        found = {(row[0], row[1]): record(Company, row, 2) for row in _KNOWN.rows([names, domains])}
        new, later = _first_of_each(asked, found)
        known |= {pair: company for pair, company in found.items() if pair not in later}
        if new:
            names, domains = (list(column) for column in zip(*new, strict=True))
            texts = [normalise.search_text(*pair) for pair in new]
            fresh = [record(Company, row) for row in _MAKE.rows([timezone.now(), names, domains, texts])]
            known |= {(company.name, company.domain): company for company in fresh}
            made += fresh
        # what was to be made and is not: another request has made it at this moment
        asked = [pair for pair in new if pair not in known] + later
    return [known.get(pair) for pair in wanted], made


def _first_of_each(
    asked: Sequence[tuple[str, str]], found: Container[tuple[str, str]]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Those that are to be made now, and those of which it hangs on these which company is theirs."""
    new: list[tuple[str, str]] = []
    later: list[tuple[str, str]] = []
    names: set[str] = set()
    taken: set[str] = set()  # domains, and names without one: whoever comes with them joins
    for pair in asked:
        name, domain = pair[0].upper(), pair[1]
        if taken & {domain, name} or (not domain and name in names):
            later.append(pair)
        elif pair not in found and name:
            new.append(pair)
            names.add(name)
            taken.add(domain or name)
    return new, later


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
