"""Who may be given leads, and who may hear of whom."""

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from core.errors import Refused
from leads.models import Contact
from users.models import User

if TYPE_CHECKING:
    from leads.services import AddressTaken


def owners_for(user: User) -> "QuerySet[User]":
    """Active colleagues to whom this person can give leads: those whose leads they may see."""
    owners = User.objects.assignable().order_by("name", "pk")
    return owners if user.sees_everything else owners.filter(pk__in=user.visible_owner_ids)


def told_to(user: User, taken: "AddressTaken") -> Refused:
    """That an address is taken, in words that don't tell who has it to those who may not see the record."""
    if taken.contact_id is None:
        return taken
    if not Contact.objects.visible_to(user).filter(pk=taken.contact_id).exists():
        return Refused(email="This address belongs to a contact of another team. Ask a manager to hand it over.")
    return Refused(
        email=f"This address already belongs to another contact (no. {taken.contact_id}). Open that record instead."
    )
