"""Whom the rows of a batch are about: known people, or new ones; nothing is stored here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from core.errors import Refused
from leads import normalise
from leads.custom import Rule
from leads.models import Contact, Identity, IdentityKind
from leads.services.contacts import clean_fields
from leads.services.fields import custom_rules
from leads.services.rows import ContactRow, Outcome, Policy, RowResult, change, check, merged, same_name
from leads.services.storing import Person, identities
from users.models import User


class Matched:
    """The rows of a batch with the people they are about, locked in key order."""

    def __init__(
        self,
        rows: Sequence[ContactRow],
        *,
        now: datetime,
        actor: User | None,
        reason: str,
        policy: Mapping[str, str],
    ) -> None:
        self.rows, self.now, self.actor, self.reason, self.policy = rows, now, actor, reason, policy
        self.results: dict[int, RowResult] = {}
        self.cleaned: dict[int, dict[str, Any]] = {}
        self.keys: dict[int, tuple[str, str]] = {}  # row -> (mailbox, phone number)
        self.people: dict[int, Person] = {}  # row -> person
        self.owners: dict[tuple[str, str], Contact] = {}  # identity -> contact
        self.stored: set[tuple[str, str]] = set()  # identities that exist
        self.unclaimed: dict[tuple[str, str], int] = {}  # identity without a contact -> its id
        self.named: dict[tuple[str, ...], Contact] = {}  # (first name, last name, company) -> contact

    def match(self) -> None:
        """Clean the rows, find and lock the people, and change them in memory."""
        self._clean()
        self._look_up()
        self._match()

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
        named = self._look_up_names()
        if not wanted and not named:
            return
        found = identities(wanted) if wanted else []
        free = [identity.pk for identity in found if identity.contact_id is None]
        if free:  # locked as a stitch locks them, so that no event slips in between the claim and the move of events
            locked = {row.pk: row for row in Identity.objects.select_for_update().filter(pk__in=free).order_by("pk")}
            found = [locked.get(identity.pk, identity) for identity in found]
        contacts = {
            contact.pk: contact
            for contact in Contact.objects.select_related("company")
            .select_for_update(of=("self",), no_key=True)
            .filter(pk__in={identity.contact_id for identity in found if identity.contact_id} | set(named.values()))
            .order_by("pk")
        }
        self.named = {name: contacts[pk] for name, pk in named.items() if pk in contacts}  # none was merged meanwhile
        for identity in found:
            self.stored.add((identity.kind, identity.value))
            if identity.contact_id is None:
                self.unclaimed[identity.kind, identity.value] = identity.pk
            else:
                self.owners[identity.kind, identity.value] = contacts[identity.contact_id]

    def _name(self, number: int) -> tuple[str, ...]:
        """By what somebody without address and number is known again: the whole name and the company's; else empty."""
        name = self._written_name(number)
        return tuple(part.casefold() for part in name) if all(name) else ()

    def _written_name(self, number: int) -> tuple[str, ...]:
        row, cleaned = self.rows[number], self.cleaned[number]
        return cleaned.get("first_name", ""), cleaned.get("last_name", ""), normalise.line(row.company_name)

    def _look_up_names(self) -> dict[tuple[str, ...], int]:
        """Who already has the name and the company of rows without address and number: the first of each."""
        bare = {self._name(number): number for number, keys in self.keys.items() if not any(keys)}
        numbers = sorted(number for name, number in bare.items() if name)
        if not numbers:
            return {}
        written = zip(*(self._written_name(number) for number in numbers), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.number, min(c.id)"
                " FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS t(number, first, last, company)"
                " JOIN leads_company o ON upper(o.name) = upper(t.company)"
                " JOIN leads_contact c ON c.company_id = o.id AND c.erased_at IS NULL"
                " AND upper(c.first_name) = upper(t.first) AND upper(c.last_name) = upper(t.last) GROUP BY 1",
                [numbers, *map(list, written)],
            )
            return {self._name(number): pk for number, pk in cursor.fetchall()}

    def _match(self) -> None:
        """Which rows are about the same person, known or new; later rows fill what earlier ones left empty."""
        by_contact: dict[int, Person] = {}  # id(contact) -> person
        for number, (mailbox, phone) in self.keys.items():
            row, cleaned = self.rows[number], self.cleaned[number]
            contact = self.owners.get((IdentityKind.EMAIL, mailbox)) if mailbox else None
            if contact is None and not mailbox and phone:
                same_number = self.owners.get((IdentityKind.PHONE, phone))
                contact = same_number if same_number and same_name(same_number, cleaned) else None
            name = self._name(number)
            if contact is None and not mailbox and not phone:
                contact = self.named.get(name)
            if contact is None:
                contact = Contact(created_at=row.created_at or self.now, **cleaned)
                person = Person(contact, True, row.source, row.created_at or self.now, row.owner_id, set(row.tags))
                person.first_row, by_contact[id(contact)] = number, person
                self.results[number] = RowResult(Outcome.CREATED, contact)
            else:
                person = by_contact.setdefault(id(contact), Person(contact, is_new=False, first_row=number))
                changes = change(contact, cleaned, self.policy)
                person.changes = merged(person.changes, changes)
                if person.is_new:  # what a known person's standing gains is told when it is stored
                    if new := sorted(set(row.tags) - person.tags):
                        changes["tags"] = [[], new]
                    if row.owner_id and not person.owner_id:
                        changes["owner"] = [None, row.owner_id]
                if self.policy.get("tags") != Policy.NEVER:
                    person.tags.update(row.tags)
                if row.owner_id and self.may_own(person.owner_id):
                    person.owner_id = row.owner_id
                result = RowResult(Outcome.UPDATED if changes else Outcome.SKIPPED, contact, changes)
                result.same_as = person.first_row if person.is_new else None
                self.results[number] = result
            self.people[number] = person
            if name:
                self.named.setdefault(name, contact)
            if mailbox:
                self.owners.setdefault((IdentityKind.EMAIL.value, mailbox), contact)
            if phone and phone == normalise.phone(contact.phone, contact.country):
                self.owners.setdefault((IdentityKind.PHONE.value, phone), contact)

    def may_own(self, present: int | None) -> bool:
        """Whether a row's owner becomes a known person's, who has `present`."""
        policy = self.policy.get("owner")
        return policy != Policy.NEVER and (present is None or policy == Policy.OVERWRITE)
