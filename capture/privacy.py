"""What `capture` holds about a person (leads/privacy.py)."""

from django.db.models import Q

from leads.models import Contact
from leads.privacy import Held
from leads.queries.consent import addresses_of


def _names_their_address(contact_id: int) -> Q:
    """Rows that nobody took in, in which one of the person's addresses stands."""
    contact = Contact.objects.filter(pk=contact_id).first()
    found = Q(pk__in=[])
    for _, address in addresses_of(contact) if contact else ():
        found |= Q(cells__icontains=address)
    return found


_ANSWERS = ("form__title", "received_at", "status", "answers", "consents", "origin")
_EMPTY = {"answers": {}, "origin": {}, "visitor": ""}

HELD = [
    Held("capture.Submission", "Forms that you filled in", shows=_ANSWERS, blank=_EMPTY, by_address="answers"),
    Held("capture.Submission", "Surveys that we sent you", via="invited", shows=_ANSWERS, blank=_EMPTY),
    Held("capture.Invitation", "Forms that we mailed to you", shows=("form__title", "at", "words"), is_deleted=True),
    Held(
        "capture.ToldTraits",
        "What other programs told us about you",
        via="identity__contact",
        shows=("traits", "updated_at"),
        is_deleted=True,
    ),
    Held("capture.SamePerson", "Names that other programs know you by", via="one__contact", is_deleted=True),
    Held("capture.SamePerson", "Names that other programs know you by", via="other__contact", is_deleted=True),
    Held("capture.DeviceTurn", "Computers that you shared", via="device__contact", is_deleted=True),
    Held("capture.DeviceTurn", "Computers that you shared", via="visitor__contact", is_deleted=True),
    Held("capture.ImportedContact", "Lists on which you came", shows=("of__name", "changes"), is_deleted=True),
    Held(
        "capture.RejectedRow",
        "Rows of lists that were not taken",
        shows=("of__name", "line", "reason", "cells"),
        blank={"cells": [], "reason": "erased"},
        by_address="cells",
        where=_names_their_address,
    ),
    Held("capture.UndoConflict", "What stayed of lists", shows=("text",), is_deleted=True),
]
