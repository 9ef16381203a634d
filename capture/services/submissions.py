"""Somebody filled in a form."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from capture.models import Form, FormField
from core import locks
from core.errors import Refused
from leads import normalise
from leads.models import Contact, EngagementEvent, Identity, IdentityKind, Purpose
from leads.services import NewEvent, link_identity, record_consent, record_events, upsert_contact

LONGEST_MESSAGE = 5000
ORIGIN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "page")
VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of it. `new_visitor` is an id to go on with when the device's visitor is somebody else."""

    contact_id: int
    is_new: bool
    is_repeat: bool
    new_visitor: str = ""


@transaction.atomic
def submit_form(
    form: Form,
    *,
    answers: Mapping[str, str],
    message_id: str,
    now: datetime,
    consented: bool = False,
    visitor: str = "",
    origin: Mapping[str, str] | None = None,
) -> Submitted:
    """Take the answers: the person (only empty fields are filled), the event, the consent, the visits from before.

    The same message twice, also at the same moment, is one submission. Raises Refused naming the field.
    """
    # a double click without an e-mail address would otherwise make two people: only the event is unique by itself
    locks.hold(int.from_bytes(hashlib.sha256(f"{form.event_source}|{message_id}".encode()).digest()[:7], "big"))
    earlier = EngagementEvent.objects.filter(source=form.event_source, message_id=message_id).first()
    if earlier is not None and earlier.contact_id is not None:
        return Submitted(earlier.contact_id, is_new=False, is_repeat=True)
    given = _check(form, answers)
    fields: dict[str, Any] = {name: value for name, value in given.items() if name not in {"company", "message"}}
    contact, is_new = upsert_contact(source=form.source, now=now, company_name=given.get("company", ""), **fields)
    new_visitor = _stitch(visitor, contact)
    recorded = record_events(
        [
            NewEvent(
                kind=form.event_kind,
                identity=_identity(contact, given.get("email", "")),
                occurred_at=now,
                source=form.event_source,
                message_id=message_id,
                properties=_properties(form, given, origin or {}),
            )
        ],
        now=now,
    )
    if recorded.ids and consented and form.consent_wording:
        record_consent(
            contact=contact,
            purpose=Purpose.MARKETING,
            given=True,
            now=now,
            source=form.event_source,
            wording=form.consent_wording,
        )
    return Submitted(contact.pk, is_new, is_repeat=False, new_visitor=new_visitor)


def _check(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to the form's own fields that were given; Refused when one is missing or far too long."""
    clean = {name: normalise.text if name == FormField.MESSAGE else normalise.line for name in form.fields}
    given = {name: tidy(str(answers.get(name) or "")) for name, tidy in clean.items()}
    errors = {name: "Please fill this in." for name in form.required if not given.get(name)}
    if len(given.get("message", "")) > LONGEST_MESSAGE:
        errors["message"] = f"At most {LONGEST_MESSAGE:,} characters; this has {len(given['message']):,}."
    if len(given.get("company", "")) > 200:
        errors["company"] = f"At most 200 characters; this has {len(given['company']):,}."
    if errors:
        raise Refused(**errors)
    return {name: value for name, value in given.items() if value}


def _identity(contact: Contact, email: str) -> tuple[str, str]:
    """Under which identity the event is stored: the address, or for a form without one the contact's own."""
    if email:
        return (IdentityKind.EMAIL, email)
    own = (IdentityKind.EXTERNAL.value, f"contact:{contact.pk}")
    link_identity(kind=own[0], value=own[1], contact=contact)
    return own


def _stitch(visitor: str, contact: Contact) -> str:
    """Make the visits from before the contact's. When the visitor is a known other person (a shared computer) nothing
    is moved, and the id of a new visitor is returned for the device to go on with.
    """
    if not VISITOR.fullmatch(visitor):
        return ""
    if link_identity(kind=IdentityKind.ANONYMOUS, value=visitor, contact=contact):
        return ""
    owner_id = Identity.objects.values_list("contact_id", flat=True).get(kind=IdentityKind.ANONYMOUS, value=visitor)
    if owner_id == contact.pk:
        return ""
    new_visitor = uuid.uuid4().hex
    link_identity(kind=IdentityKind.ANONYMOUS, value=new_visitor, contact=contact)
    return new_visitor


def _properties(form: Form, given: Mapping[str, str], origin: Mapping[str, str]) -> dict[str, object]:
    """What the timeline shows: the form, the words, where they came from; and the answers as they were given."""
    properties: dict[str, object] = {"form": form.slug, "title": form.title}
    if given.get("message"):
        properties["message"] = given["message"]
    for name in ORIGIN:
        value = normalise.line(origin.get(name, ""))[:300]
        if value:
            properties[name] = value
    properties["answers"] = {name: value for name, value in given.items() if name != "message"}
    return properties
