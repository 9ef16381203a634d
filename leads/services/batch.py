"""Many people at once: the same rules as for one (contacts.upsert_contact), in a fixed number of statements."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from core import bulk
from core.errors import Refused
from leads import normalise, signals
from leads.custom import Rule
from leads.models import (
    ChangedContact,
    Contact,
    EngagementEvent,
    Identity,
    IdentityKind,
    Lifecycle,
    LifecycleChange,
    Source,
    Standing,
    Tag,
)
from leads.services.companies import companies_for, contact_search_text
from leads.services.contacts import TEXT_FIELDS, clean_fields
from leads.services.fields import custom_rules
from leads.services.rows import ContactRow, Outcome, RowResult, check, fill, same_name
from users.models import User


@dataclass(slots=True, eq=False)
class _Person:
    """A contact that the batch makes or fills, with what is to be stored beside it."""

    contact: Contact
    is_new: bool
    source: str = Source.IMPORT
    at: datetime | None = None
    owner_id: int | None = None
    tags: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)


def upsert_contacts(
    rows: Sequence[ContactRow], *, now: datetime, actor: User | None = None, reason: str = ""
) -> list[RowResult]:
    """Make or fill the contact of each row; one result per row, in order. A wrong row is rejected by itself.

    People are matched by e-mail address; rows without one by telephone number where the name agrees too.
    """
    for attempt in range(3):
        try:
            with transaction.atomic():
                return _Batch(rows, now=now, actor=actor, reason=reason).run()
        except IntegrityError:  # the same address or domain, at the same moment, from another request: look again
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


class _Batch:
    def __init__(self, rows: Sequence[ContactRow], *, now: datetime, actor: User | None, reason: str) -> None:
        self.rows, self.now, self.actor, self.reason = rows, now, actor, reason
        self.results: dict[int, RowResult] = {}
        self.cleaned: dict[int, dict[str, Any]] = {}
        self.keys: dict[int, tuple[str, str]] = {}  # row -> (mailbox, phone number)
        self.people: dict[int, _Person] = {}  # row -> person
        self.owners: dict[tuple[str, str], Contact] = {}  # identity -> contact
        self.stored: set[tuple[str, str]] = set()  # identities that exist
        self.unclaimed: dict[tuple[str, str], int] = {}  # identity without a contact -> its id

    def run(self) -> list[RowResult]:
        self._clean()
        self._look_up()
        self._match()
        self._attach_companies()
        self._store()
        return [self.results[number] for number in range(len(self.rows))]

    def _clean(self) -> None:
        rules: dict[str, Rule] | None = None
        for number, row in enumerate(self.rows):
            if row.fields.get("custom") and rules is None:
                rules = custom_rules()
            try:
                self.cleaned[number] = cleaned = clean_fields(row.fields, rules=rules)
                check(row, cleaned, now=self.now)
            except Refused as refused:
                self.results[number] = RowResult(Outcome.REJECTED, errors=refused.fields)
                continue
            self.keys[number] = (
                normalise.mailbox(cleaned.get("email", "")),
                normalise.phone(cleaned.get("phone", ""), cleaned.get("country", "")) if cleaned.get("phone") else "",
            )

    def _look_up(self) -> None:
        """The contacts that the rows' addresses and numbers belong to, locked in key order."""
        wanted = {(IdentityKind.EMAIL.value, mailbox) for mailbox, _ in self.keys.values() if mailbox}
        wanted |= {(IdentityKind.PHONE.value, phone) for _, phone in self.keys.values() if phone}
        if not wanted:
            return
        found = _identities(wanted)
        free = [identity.pk for identity in found if identity.contact_id is None]
        if free:  # locked as a stitch locks them, so that no event slips in between the claim and the move of events
            locked = {row.pk: row for row in Identity.objects.select_for_update().filter(pk__in=free).order_by("pk")}
            found = [locked.get(identity.pk, identity) for identity in found]
        contacts = {
            contact.pk: contact
            for contact in Contact.objects.select_related("company")
            .select_for_update(of=("self",), no_key=True)
            .filter(pk__in={identity.contact_id for identity in found if identity.contact_id})
            .order_by("pk")
        }
        for identity in found:
            self.stored.add((identity.kind, identity.value))
            if identity.contact_id is None:
                self.unclaimed[identity.kind, identity.value] = identity.pk
            else:
                self.owners[identity.kind, identity.value] = contacts[identity.contact_id]

    def _match(self) -> None:
        """Which rows are about the same person, known or new; later rows fill what earlier ones left empty."""
        by_contact: dict[int, _Person] = {}  # id(contact) -> person
        for number, (mailbox, phone) in self.keys.items():
            row, cleaned = self.rows[number], self.cleaned[number]
            contact = self.owners.get((IdentityKind.EMAIL, mailbox)) if mailbox else None
            if contact is None and not mailbox and phone:
                same_number = self.owners.get((IdentityKind.PHONE, phone))
                contact = same_number if same_number and same_name(same_number, cleaned) else None
            if contact is None:
                contact = Contact(created_at=row.created_at or self.now, **cleaned)
                person = _Person(contact, True, row.source, row.created_at or self.now, row.owner_id, set(row.tags))
                by_contact[id(contact)] = person
                self.results[number] = RowResult(Outcome.CREATED, contact)
            else:
                person = by_contact.setdefault(id(contact), _Person(contact, is_new=False))
                filled = fill(contact, cleaned)
                person.filled.update(filled)
                if person.is_new:  # what a known person's standing gains is told when it is stored
                    filled += ["tags"] if set(row.tags) - person.tags else []
                    filled += ["owner"] if row.owner_id and not person.owner_id else []
                person.tags.update(row.tags)
                person.owner_id = person.owner_id or row.owner_id
                outcome = Outcome.UPDATED if filled else Outcome.SKIPPED
                self.results[number] = RowResult(outcome, contact, filled)
            self.people[number] = person
            if mailbox:
                self.owners.setdefault((IdentityKind.EMAIL.value, mailbox), contact)
            if phone and phone == normalise.phone(contact.phone, contact.country):
                self.owners.setdefault((IdentityKind.PHONE.value, phone), contact)

    def _attach_companies(self) -> None:
        lacking = [number for number, person in self.people.items() if person.contact.company_id is None]
        wanted = [
            (
                normalise.line(self.rows[number].company_name),
                normalise.company_domain(self.rows[number].company_domain or self.cleaned[number].get("email", "")),
            )
            for number in lacking
        ]
        for number, company in zip(lacking, companies_for(wanted), strict=True):
            person, result = self.people[number], self.results[number]
            if company is not None and person.contact.company_id is None:
                person.contact.company = company
                if not person.is_new or result.outcome != Outcome.CREATED:
                    person.filled.add("company")
                    result.filled.append("company")
                    result.outcome = Outcome.UPDATED

    def _store(self) -> None:
        people = list(dict.fromkeys(self.people.values()))
        new = [person for person in people if person.is_new]
        changed = [person for person in people if not person.is_new and person.filled]
        for person in new + changed:
            person.contact.search_text = contact_search_text(person.contact, person.contact.company)
        tag_ids = _tag_ids({tag for person in people for tag in person.tags})
        self._insert(new, tag_ids)
        _update([person.contact for person in changed], self.now)
        touched = {person.contact.pk for person in new + changed}
        touched |= self._store_standings([person for person in people if not person.is_new], tag_ids)
        touched |= self._claim_identities()
        if touched:
            ids = sorted(touched)
            bulk.insert(ChangedContact, {"contact_id": ids})
            signals.contact_changed.send(sender=None, contact_ids=ids)

    def _insert(self, new: Sequence[_Person], tag_ids: dict[str, int]) -> None:
        """The new contacts, their standings, and the first step of their lifecycles."""
        if not new:
            return
        ids = bulk.new_ids(Contact, len(new))
        contacts = [person.contact for person in new]
        for contact, pk in zip(contacts, ids, strict=True):
            contact.pk, contact._state.adding = pk, False
        names = ("id", "company_id", "custom", "search_text", "created_at", *TEXT_FIELDS)
        columns = {name: [getattr(contact, name) for contact in contacts] for name in names}
        bulk.insert(Contact, columns, updated_at=self.now)
        bulk.insert(
            Standing,
            {
                "contact_id": ids,
                "source": [str(person.source) for person in new],
                "owner_id": [person.owner_id for person in new],
                "tag_ids": [sorted(tag_ids[tag.casefold()] for tag in person.tags) for person in new],
            },
        )
        bulk.insert(
            LifecycleChange,
            {
                "contact_id": ids,
                "at": [person.at or self.now for person in new],
                "reason": [(self.reason or f"New: {Source(person.source).label}")[:300] for person in new],
            },
            from_stage="",
            to_stage=Lifecycle.LEAD.value,
            actor_id=self.actor.pk if self.actor else None,
        )

    def _store_standings(self, known: Iterable[_Person], tag_ids: dict[str, int]) -> set[int]:
        """Tags and owner of known people: tags are added, an owner is set where there was none."""
        with_news = {person.contact.pk: person for person in known if person.tags or person.owner_id}
        rows = Standing.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=with_news).order_by("pk")
        changed = []
        for standing in rows if with_news else []:
            person = with_news[standing.pk]
            added = sorted({tag_ids[tag.casefold()] for tag in person.tags}.difference(standing.tag_ids))
            owner_id = standing.owner_id or person.owner_id
            if added or owner_id != standing.owner_id:
                news = (["tags"] if added else []) + (["owner"] if owner_id != standing.owner_id else [])
                standing.tag_ids, standing.owner_id = [*standing.tag_ids, *added], owner_id
                changed.append(standing)
                self._tell(person, news)
        Standing.objects.bulk_update(changed, ["tag_ids", "owner"])
        return {standing.pk for standing in changed}

    def _tell(self, person: _Person, news: list[str]) -> None:
        """Say on the first row about this person what its standing gained."""
        number = next(number for number, of in self.people.items() if of is person)
        result = self.results[number]
        result.filled.extend(news)
        result.outcome = Outcome.UPDATED

    def _claim_identities(self) -> set[int]:
        """Addresses and numbers that nobody has become the contacts'; returns who got events from before."""
        missing = sorted(self.owners.keys() - self.stored)
        # an address that somebody else has taken meanwhile fails the batch, which then looks again
        bulk.insert(
            Identity,
            {
                "kind": [str(kind) for kind, _ in missing],
                "value": [value for _, value in missing],
                "contact_id": [self.owners[key].pk for key in missing],
            },
            created_at=self.now,
        )
        moved: set[int] = set()
        for key, pk in self.unclaimed.items():
            contact = self.owners.get(key)
            if contact is None or not Identity.objects.filter(pk=pk, contact=None).update(contact=contact):
                continue
            if EngagementEvent.objects.filter(identity=pk, contact=None).update(contact=contact):
                moved.add(contact.pk)
        return moved


def _identities(wanted: Iterable[tuple[str, str]]) -> list[Identity]:
    kinds, values = zip(*sorted(wanted), strict=True)
    return list(
        Identity.objects.raw(
            # LATERAL keeps to the index, also while an import outruns the table's statistics
            "SELECT i.id, i.kind, i.value, i.contact_id, i.created_at FROM unnest(%s::text[], %s::text[]) AS t(k, v) "
            "CROSS JOIN LATERAL (SELECT * FROM leads_identity WHERE kind = t.k AND value = t.v LIMIT 1) AS i",
            [[str(kind) for kind in kinds], list(values)],
        )
    )


def _update(contacts: Sequence[Contact], now: datetime) -> None:
    """Store the fields of changed contacts in one statement (Django's bulk_update builds one CASE per field)."""
    if not contacts:
        return
    names = [*TEXT_FIELDS, "search_text"]
    texts = ", ".join("%s::text[]" for _ in names)
    sets = ", ".join(f"{name} = t.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE leads_contact AS c SET {sets}, company_id = t.company_id, custom = t.custom::jsonb, "  # noqa: S608
            f"updated_at = %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], {texts}) "
            f"AS t(id, company_id, custom, {', '.join(names)}) WHERE c.id = t.id",
            [
                now,
                [contact.pk for contact in contacts],
                [contact.company_id for contact in contacts],
                [json.dumps(contact.custom) for contact in contacts],
                *([getattr(contact, name) for contact in contacts] for name in names),
            ],
        )


def _tag_ids(names: Iterable[str]) -> dict[str, int]:
    """Ids by name without regard to case, new tags being made."""
    wanted = {name.casefold(): name for name in sorted(names)}
    if not wanted:
        return {}
    known = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
    fresh = [Tag(name=name) for key, name in wanted.items() if key not in known]
    if fresh:
        Tag.objects.bulk_create(fresh)
    return known | {tag.name.casefold(): tag.pk for tag in fresh}
