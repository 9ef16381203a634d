"""What the page of one contact or company asks."""

from collections.abc import Sequence

from leads.models import Company, Consent, Contact, Identity, Standing, Tag
from users.models import User


def tags_of(contact: Contact) -> list[Tag]:
    """The contact's tags, by name."""
    return list(Tag.objects.filter(pk__in=contact.standing.tag_ids)) if contact.standing.tag_ids else []


def consents_of(contact: Contact) -> list[Consent]:
    """Where each purpose stands: the newest row of each that was ever asked."""
    return list(Consent.objects.of(contact).settled().order_by("purpose", "-at", "-pk").distinct("purpose"))


def identities_of(contact: Contact) -> list[Identity]:
    """The ways we know this person."""
    return list(Identity.objects.filter(contact=contact).order_by("kind", "pk")[:50])


def people_of(company: Company, user: User, *, most: int = 200) -> Sequence[Standing]:
    """Who works there, as far as the user may see, best score first."""
    rows = Standing.objects.visible_to(user).filter(contact__company=company)
    return list(rows.select_related("contact__company", "owner").order_by("-total", "-pk")[:most])
