"""What the page of one contact or company asks."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from leads.models import Company, Consent, Contact, ContactQuerySet, Identity, Standing, Tag
from leads.queries.access import owners_for
from users.models import User


def for_contact_page(user: User) -> ContactQuerySet:
    """Contacts that the user may see, each with what stands beside it on its page: its tags, and who may own it."""
    owners = owners_for(user).values(pair=JSONObject(pk="pk", name="name"))
    # in the same statement, because each further one costs a trip
    found = Contact.objects.visible_to(user).for_page().select_related("standing")
    return found.annotate(owners_beside=ArraySubquery(owners), tags_beside=RawSQL(_TAGS, []))  # noqa: S611 - no value in it


_TAGS = "ARRAY(SELECT t.id || ' ' || t.name FROM leads_tag t WHERE t.id = ANY(leads_standing.tag_ids) ORDER BY t.name)"


def owners_beside(contact: Contact) -> list[tuple[int, str]]:
    """Ids and names of those who may own a contact read by `for_contact_page`. No query."""
    pairs: list[dict[str, Any]] = contact.owners_beside  # type: ignore[attr-defined]
    return [(pair["pk"], pair["name"]) for pair in pairs]


def tags_of(contact: Contact) -> list[Tag]:
    """The contact's tags, by name. No query for a contact read by `for_contact_page`."""
    beside: list[str] | None = getattr(contact, "tags_beside", None)
    if beside is not None:
        pairs = (pair.split(" ", 1) for pair in beside)
        return [Tag(pk=int(pk), name=name) for pk, name in pairs]
    return list(Tag.objects.filter(pk__in=contact.standing.tag_ids)) if contact.standing.tag_ids else []


def consents_of(contact: Contact) -> list[Consent]:
    """Where each purpose stands: the newest row of each that was ever asked."""
    return list(Consent.objects.of(contact).settled().order_by("purpose", "-at", "-pk").distinct("purpose"))


def identities_of(contact: Contact) -> list[Identity]:
    """The ways we know this person."""
    return list(Identity.objects.filter(contact=contact).order_by("kind", "pk")[:50])


def people_of(company: Company, user: User, *, most: int = 200) -> list[int]:
    """Ids of who works there, as far as the user may see, best score first."""
    rows = Standing.objects.visible_to(user).filter(contact__company=company)
    return list(rows.order_by("-total", "-pk").values_list("pk", flat=True)[:most])
