"""Lists of `leads` as files."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

import capture.queries
import scoring.queries
from core.export import Instants, newest_first
from leads import queries, sources
from leads.days import date_of
from leads.filters import NO_MARKS, LeadFilter
from leads.models import CustomField, DuplicateState, Lifecycle, Tag
from leads.queries import duplicates as of_duplicates
from leads.queries import events as of_events
from leads.queries.rows import SOURCES
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

LEADS = [
    "Number", "First name", "Last name", "E-mail", "Phone", "Job title", "Company", "Company domain", "Country",
    "Lifecycle", "Owner", "Owner e-mail", "Source", "Tags", "Score", "Grade", "Fit", "Engagement", "Last seen",
    "Last two-way", Instants("Created on"),
]  # fmt: skip
EVENTS = [
    "Number", Instants("Happened"), Instants("Received"), "What", "Contact", "E-mail", "Identity", "Source", "Human %",
    "Quarantined",
]  # fmt: skip
_PERSON = ["number", "name", "e-mail", "phone", "company"]
DUPLICATES = [
    "Number", "Sure %", *(f"First {what}" for what in _PERSON), *(f"Second {what}" for what in _PERSON), "Why",
    "Decided", Instants("Found"),
]  # fmt: skip


@require_safe
@requires(Can.EXPORT_LISTS)
def leads(request: SignedInRequest, format: str) -> HttpResponse:
    """The people whom the list's filters leave, as a file, newest first."""
    wanted = LeadFilter.parse(request.GET)
    hot_from = scoring.queries.hot_but_incomplete() if wanted.view == "hot" else None
    marks = scoring.queries.marks() if wanted.asks_marks else NO_MARKS
    people = queries.people(request.user, wanted, now=timezone.now(), hot_from=hot_from, marks=marks)
    own = list(CustomField.objects.filter(about="contact"))
    return send(request, format, [*LEADS, *(field.label for field in own)], _people(people, own), name="leads")


def _people(people: Any, own: list[CustomField]) -> Iterator[list[Any]]:
    tags, stages = dict(Tag.objects.values_list("pk", "name")), dict(Lifecycle.choices)
    rows = people.select_related("contact__company", "owner").defer("contact__search_text", "contact__company__custom")
    for row in newest_first(rows):
        contact, company, owner = row.contact, row.contact.company, row.owner
        yield [
            row.pk, contact.first_name, contact.last_name, contact.email, contact.phone, contact.job_title,
            company.name if company else "", company.domain if company else "", contact.country,
            stages[row.lifecycle], owner.name if owner else "", owner.email if owner else "",
            SOURCES.get(row.source, row.source), ", ".join(sorted(tags[tag] for tag in row.tag_ids if tag in tags)),
            *((None,) * 4 if row.day is None else (row.total, row.grade, row.fit, row.engagement)),
            None if row.last_day is None else date_of(row.last_day),
            None if row.two_way_day is None else date_of(row.two_way_day),
            contact.created_at, *(contact.custom.get(field.key) for field in own),
        ]  # fmt: skip


@require_safe
@requires(Can.MANAGE_CAPTURE)  # as the log itself
def events(request: SignedInRequest, format: str) -> HttpResponse:
    """What the log's filters leave, as a file, newest first."""
    wanted = of_events.EventFilter.parse(request.GET)
    rows = of_events.events_of(request.user, wanted).select_related("kind", "contact", "identity")

    names = capture.queries.source_names()

    def cells() -> Iterator[list[Any]]:
        for row in newest_first(rows.defer("contact__search_text", "contact__custom")):
            contact = row.contact
            yield [
                row.pk, row.occurred_at, row.received_at, row.kind.label, contact.name if contact else "",
                contact.email if contact else "", f"{row.identity.kind}:{row.identity.value}",
                sources.in_words(row.source, names), row.human,
                row.is_quarantined,
                "; ".join(f"{name}: {value}" for name, value in row.properties.items()),
            ]  # fmt: skip

    return send(request, format, [*EVENTS, "Properties"], cells(), name="events")


@require_safe
@requires(Can.EXPORT_LISTS)
@requires(Can.EDIT_LEADS)
def duplicates(request: SignedInRequest, format: str) -> HttpResponse:
    """Pairs of people who may be one, as a file."""
    state = request.GET.get("state", "")
    pairs = of_duplicates.pairs(request.user, state=state if state in DuplicateState.values else DuplicateState.OPEN)

    def cells() -> Iterator[list[Any]]:
        for pair in newest_first(pairs.with_people()):
            both = [
                [person.pk, person.name, person.email, person.phone, person.company.name if person.company else ""]
                for person in (pair.first, pair.second)
            ]
            why = "; ".join(pair.reasons)
            yield [pair.pk, pair.confidence, *both[0], *both[1], why, pair.get_state_display(), pair.found_at]

    return send(request, format, DUPLICATES, cells(), name="duplicates")
