"""A custom field that is made of what programs have been telling: what they told before fills it, too.

Only where nothing stands yet, and only what would have been believed when it was said: a server's word, or a page's
about the device it speaks from.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from capture import traits as words
from capture.models import FieldFill, ToldGroup, ToldTraits
from leads.models import CustomField, IdentityKind
from leads.services import fill_custom

ROWS = 500  # told rows looked through in one transaction
SETTLED = timedelta(seconds=20)  # by then whoever read the fields before this one was made has committed
STALLED = timedelta(seconds=60)


def begin_fill(field: CustomField, *, now: datetime) -> FieldFill:
    """The field is new, or takes more than before: look through all that was told."""
    begun = {"started_at": now, "touched_at": now, "done_at": None, "next_id": 0, "filled": 0}
    return FieldFill.objects.update_or_create(field=field, defaults=begun)[0]


def fills_to_continue(*, now: datetime) -> list[int]:
    """The sweep's work: ids of fields that nobody fills at present; those that were made elsewhere are begun."""
    for field in CustomField.objects.filter(fill=None).exclude(about="opportunity").order_by("pk"):
        begin_fill(field, now=now - STALLED)
    lost = FieldFill.objects.filter(done_at=None, touched_at__lte=now - STALLED)
    return list(lost.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def continue_fill(field_id: int, *, now: datetime) -> bool:
    """Look through the next stretch of what was told; whether there is more. Two at once wait for each other."""
    rows = FieldFill.objects.select_for_update(of=("self",)).select_related("field")
    fill = rows.filter(pk=field_id, done_at=None).first()
    if fill is None:
        return False
    stretch = _of_companies if fill.field.about == "company" else _of_people
    last, values = stretch(fill.field, fill.next_id)
    fill.filled += len(fill_custom(fill.field, values, now=now)) if values else 0
    fill.touched_at = now
    if last:
        fill.next_id = last + 1
    elif now >= fill.started_at + SETTLED:
        fill.done_at = now
    else:  # too soon to be sure: the sweep looks once more
        fill.next_id = 0
    fill.save()
    return last > 0


def _of_people(field: CustomField, start: int) -> tuple[int, dict[int, Any]]:
    """The last id of the stretch (0: there is none), and the value for each contact of whom the field was told."""
    believed = ToldTraits.objects.filter(Q(is_trusted=True) | Q(identity__kind=IdentityKind.ANONYMOUS))
    rows = list(
        believed.filter(pk__gte=start, identity__contact__isnull=False)
        .order_by("pk")
        .values_list("pk", "identity__contact", "traits")[:ROWS]
    )
    people = {contact_id for _, contact_id, traits in rows if any(words.key_of(name) == field.key for name in traits)}
    best: dict[int, tuple[tuple[bool, str], Any]] = {}
    told = believed.filter(identity__contact__in=people).values_list("identity__contact", "is_trusted", "traits")
    for contact_id, is_trusted, traits in told if people else ():
        for at, value in _values(field, traits):
            if contact_id not in best or (is_trusted, at) >= best[contact_id][0]:
                best[contact_id] = ((is_trusted, at), value)
    return rows[-1][0] if rows else 0, {contact_id: value for contact_id, (_, value) in best.items()}


def _of_companies(field: CustomField, start: int) -> tuple[int, dict[int, Any]]:
    groups = ToldGroup.objects.filter(pk__gte=start, company__isnull=False).order_by("pk")
    rows = list(groups.values_list("pk", "company", "traits")[:ROWS])
    values = {company: value for _, company, traits in rows for _, value in sorted(_values(field, traits), key=_when)}
    return rows[-1][0] if rows else 0, values


def _when(said: tuple[str, Any]) -> str:
    return said[0]


def _values(field: CustomField, traits: Mapping[str, list[Any]]) -> Iterable[tuple[str, Any]]:
    """(instant, value) of the traits that say what the field holds, as it would be stored."""
    read = words.organisation_of if field.about == "company" else words.person_of
    for name, (value, at) in traits.items():
        if words.key_of(name) == field.key:
            fitting = read({name: value}, {field.key: field.rule}).custom.get(field.key)
            if fitting is not None:
                yield at, fitting
