"""Finding people and companies by what somebody types."""

from django.db.models import Q, QuerySet

from leads import normalise
from leads.models import Company, Contact, Identity, IdentityKind, Standing
from leads.models.contact import NAMED_BY
from leads.queries.lists import matching
from users.models import User

CONSIDERED = 500
MISSPELT_FROM = 4


def _words(q: str) -> list[str]:
    return normalise.search_text(normalise.line(q[:500])[:100]).split()[:5]


def search_people(user: User, q: str, limit: int = 10) -> list[Contact]:
    """Whose address or number this is, then who is called so, best score first; then who is spelt alike."""
    words = _words(q)
    if not words:
        return []
    people = Contact.objects.visible_to(user).select_related("company")
    people = people.only(*NAMED_BY, "job_title", "company__name")  # each further column costs more than the row
    found: list[Contact] = []
    exact = [(IdentityKind.EMAIL, normalise.mailbox(q[:300])), (IdentityKind.PHONE, normalise.phone(q[:60]))]
    for kind, value in exact:
        if value:
            owners = Identity.objects.filter(kind=kind, value=value).values("contact_id")
            found += people.filter(pk__in=owners)
    found += _best(people, matching(words), limit)
    if not found and len("".join(words)) >= MISSPELT_FROM:
        found += _best(people, Q(search_text__trigram_word_similar=" ".join(words)), limit)
    return list({contact.pk: contact for contact in found}.values())[:limit]


def search_companies(user: User, q: str, limit: int = 10) -> list[Company]:
    """Companies of this name or domain, by name; then those spelt alike."""
    words = _words(q)
    if not words:
        return []
    companies = Company.objects.visible_to(user).only("name", "domain")
    found = list(companies.filter(matching(words)).order_by("name", "pk")[:limit])
    if not found and len("".join(words)) >= MISSPELT_FROM:
        found = list(companies.filter(search_text__trigram_word_similar=" ".join(words)).order_by("name", "pk")[:limit])
    return found


def _best(people: "QuerySet[Contact]", which: Q, limit: int) -> list[Contact]:
    """Those with the best scores among the first that are found; only of them the wide rows are read."""
    some = people.filter(which).order_by()[:CONSIDERED].values("pk")
    best = Standing.objects.filter(contact__in=some).order_by("-total", "-contact")[:limit].values("contact")
    return list(people.filter(pk__in=best).order_by("-standing__total", "-pk"))
