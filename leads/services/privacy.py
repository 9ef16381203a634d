"""A person's data: a copy of all that we hold, and forgetting it.

Erasing keeps what counts and loses who it was: the contact stays as a row that nobody sees (its cohort, its steps and
its events go on counting), identities and texts are overwritten, addresses stay on the suppression list as digests.
What is small goes at once; the tables of `leads.privacy.held()` are emptied by a task in ranges, so that somebody with
a hundred thousand events holds nobody up. It cannot be undone.
"""

import gzip
import json
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.errors import Refused
from core.locks import locked
from leads import normalise, signals
from leads.models import ChangedContact, Contact, Erasure, Identity, PersonalCopy, Standing, SuppressionReason
from leads.privacy import Held, held, names_of, relations_of, shown
from leads.queries.consent import addresses_of
from leads.services.suppression import keep_on_list
from users.models import User

RANGE = 5_000
COPIES_KEPT = timedelta(days=7)
NOBODY = "Erased person"


# --- erasing ---


@transaction.atomic
def erase(contact_id: int, *, typed: str, now: datetime, actor: User) -> Erasure:
    """Forget somebody; `typed` is their name, as a confirmation. A second time changes nothing."""
    identities = locked(Identity.objects.filter(contact=contact_id))
    rows = locked(Contact.objects.filter(pk=contact_id))
    if not rows:
        raise Refused("This contact no longer exists.")
    contact = rows[0]
    if contact.erased_at is not None:
        return Erasure.objects.get(contact=contact)
    if normalise.line(typed).casefold() != normalise.line(contact.name).casefold():
        raise Refused(typed=f"Type “{contact.name}” to confirm. It cannot be undone.")
    _find_by_address(contact)
    keep_on_list(contact, reason=SuppressionReason.ERASED, now=now, actor=actor)
    for identity in identities:
        identity.value = f"erased:{identity.pk}"
    Identity.objects.bulk_update(identities, ["value"], batch_size=1000)
    contact.first_name, contact.last_name = "", NOBODY
    contact.email = contact.phone = contact.job_title = contact.country = contact.search_text = ""
    contact.company, contact.custom, contact.erased_at = None, {}, now
    contact.save()
    locked(Standing.objects.filter(pk=contact_id))
    Standing.objects.filter(pk=contact_id).update(is_erased=True, is_qualified=False, tag_ids=[])
    erasure = Erasure.objects.create(contact=contact, requested_at=now, requested_by=actor, place=[0, 0])
    ChangedContact.objects.create(contact_id=contact_id)
    signals.erasure_requested.send(sender=None, erasure_id=erasure.pk)
    return erasure


def _find_by_address(contact: Contact) -> None:
    """What was sent from the person's address and waits for a review belongs to them, too."""
    for one in held():
        if one.by_address and one.where:  # no key leads there: it goes now, while we still know the addresses
            _empty(one, list(one.rows(contact.pk).values_list("pk", flat=True)))
        elif one.by_address:
            for _, address in addresses_of(contact):
                unclaimed = one.table()._base_manager.filter(**{one.via: None, f"{one.by_address}__icontains": address})
                unclaimed.update(**{one.via: contact})


@transaction.atomic
def erase_range(erasure_id: int, *, now: datetime) -> bool:
    """Empty the next range of rows; whether there is more. Two at once wait for each other."""
    rows = locked(Erasure.objects.filter(pk=erasure_id, done_at=None))
    if not rows:
        return False
    erasure, tables = rows[0], held()
    index, last = erasure.place
    while index < len(tables):
        one = tables[index]
        found = one.rows(erasure.contact_id).filter(pk__gt=last) if _loses(one) else None
        keys = list(found.values_list("pk", flat=True)[:RANGE]) if found is not None else []
        if keys:
            _empty(one, keys)
            erasure.place, erasure.emptied = [index, keys[-1]], erasure.emptied + len(keys)
            erasure.save(update_fields=["place", "emptied", "touched_at"])
            return True
        index, last = index + 1, 0
    erasure.place, erasure.done_at = [index, 0], now
    erasure.save(update_fields=["place", "done_at", "touched_at"])
    return False


def _loses(one: Held) -> bool:
    return bool(one.blank) or one.is_deleted


def _empty(one: Held, keys: list[int]) -> None:
    rows = one.table()._base_manager.filter(pk__in=keys)
    if one.is_deleted:
        rows.delete()
    else:
        rows.update(**one.blank)


# --- a copy ---


@transaction.atomic
def request_copy(contact: Contact, *, now: datetime, actor: User) -> PersonalCopy:
    """All that we hold, collected by a task; one that is being collected is given back."""
    locked(Contact.objects.filter(pk=contact.pk))
    if under_way := PersonalCopy.objects.filter(contact=contact, done_at=None).first():
        return under_way
    copy = PersonalCopy.objects.create(contact=contact, requested_at=now, requested_by=actor)
    signals.copy_requested.send(sender=None, copy_id=copy.pk)
    return copy


def collect_copy(copy_id: int, *, now: datetime) -> bool:
    """Collect it, from the start if an earlier try died; false when there is nothing to do (any more)."""
    copy = PersonalCopy.objects.filter(pk=copy_id, done_at=None).select_related("contact").first()
    if copy is None or copy.contact.erased_at is not None:
        return False
    packed, rows = BytesIO(), 0
    with gzip.open(packed, "wt", encoding="utf-8") as file:
        file.write('{"collected_at": ' + _json(now) + ', "person": ' + _json(facts_of(copy.contact)))
        for one in held():
            file.write(f",\n{_json(f'{one.label} ({one.model}, {one.via})')}: [")
            for number, row in enumerate(_all(one, copy.contact_id)):
                file.write((",\n" if number else "\n") + _json(shown(row, names_of(one))))
                rows += 1
                if rows % RANGE == 0:
                    PersonalCopy.objects.filter(pk=copy_id).update(rows=rows, touched_at=timezone.now())
            file.write("]")
        file.write("}\n")
    done = PersonalCopy.objects.filter(pk=copy_id, done_at=None)
    return bool(done.update(content=packed.getvalue(), rows=rows, done_at=now, touched_at=now))


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _all(one: Held, contact_id: int) -> Any:
    """The rows range by range: memory holds one range."""
    last: int | None = None
    while True:
        rows = one.rows(contact_id).select_related(*relations_of(one))
        found = list(rows.filter(Q(pk__gt=last) if last is not None else Q())[:1000])
        yield from found
        if len(found) < 1000:
            return
        last = found[-1].pk


def facts_of(contact: Contact) -> dict[str, Any]:
    """Who they are, as we have written it down."""
    return {
        "No.": contact.pk,
        "First name": contact.first_name,
        "Last name": contact.last_name,
        "E-mail": contact.email,
        "Phone": contact.phone,
        "Job title": contact.job_title,
        "Company": contact.company.name if contact.company else "",
        "Country": contact.country,
        "Own fields": contact.custom,
        "Known since": contact.created_at,
        "Changed": contact.updated_at,
    }


def forget_old_copies(*, now: datetime) -> int:
    """Files are kept for a week, no longer."""
    return PersonalCopy.objects.filter(requested_at__lt=now - COPIES_KEPT).delete()[0]
