"""Many people at once: the same rules as for one (contacts.upsert_contact), in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from core import bulk
from leads import normalise, signals
from leads.models import ChangedContact, Company, EngagementEvent, Identity, Standing
from leads.services.companies import companies_for, contact_search_text
from leads.services.matching import Matched
from leads.services.rows import (
    Changes,
    ContactRow,
    Image,
    Outcome,
    Policy,
    RowResult,
    Taken,
    merged,
)
from leads.services.storing import Person, insert_people, tag_ids, update_contacts
from leads.services.suppression import withdraw_suppressed
from users.models import User


def upsert_contacts(
    rows: Sequence[ContactRow], *, now: datetime, actor: User | None = None, reason: str = ""
) -> list[RowResult]:
    """Make or fill the contact of each row; one result per row, in order (see `take_contacts`)."""
    return take_contacts(rows, now=now, actor=actor, reason=reason).results


def take_contacts(
    rows: Sequence[ContactRow],
    *,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    policy: Mapping[str, str] | None = None,
) -> Taken:
    """Make or change the contact of each row, field by field as `policy` says. A wrong row is rejected by itself.

    People are matched by e-mail address; rows without one by telephone number where the name agrees too; rows with
    neither by their whole name and their company's.
    """
    for attempt in range(3):
        try:
            with transaction.atomic():
                return _Batch(rows, now=now, actor=actor, reason=reason, policy=policy or {}).run()
        except IntegrityError:  # the same address or domain, at the same moment, from another request: look again
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


class _Batch(Matched):
    def run(self) -> Taken:
        self.match()
        companies = self._attach_companies()
        self._store()
        return Taken(
            [self.results[number] for number in range(len(self.rows))],
            self._images(),
            [(company.pk, company.name) for company in companies],
        )

    def _images(self) -> list[Image]:
        people = dict.fromkeys(self.people.values())
        return [
            Image(
                person.contact.pk,
                person.is_new,
                person.changes,
                person.claimed,
                [] if person.is_new else person.added,
                person.contact.updated_at,
            )
            for person in people
            if person.is_new or person.changes or person.claimed or person.added
        ]

    def _attach_companies(self) -> list[Company]:
        """Give people their companies; returns those that had to be made."""
        overwrite, never = (self.policy.get("company") == policy for policy in (Policy.OVERWRITE, Policy.NEVER))
        lacking = []
        for number, person in self.people.items():
            row, has_one = self.rows[number], person.contact.company_id is not None
            named = row.company_name or row.company_domain
            if (not has_one and (person.is_new or not never)) or (has_one and overwrite and named):
                lacking.append(number)
        wanted = []
        for number in lacking:
            row, domain = self.rows[number], self.rows[number].company_domain
            if self.people[number].contact.company_id is None:  # to move somebody elsewhere the address is no reason
                domain = domain or self.cleaned[number].get("email", "")
            wanted.append((normalise.line(row.company_name), normalise.company_domain(domain)))
        found, made = companies_for(wanted)
        for number, company in zip(lacking, found, strict=True):
            person, result = self.people[number], self.results[number]
            before = person.contact.company_id
            if company is None or before == company.pk or (before is not None and not overwrite):
                continue
            person.contact.company = company
            if result.outcome != Outcome.CREATED:
                news: Changes = {"company": [before, company.pk]}
                person.changes, result.changes = merged(person.changes, news), result.changes | news
                result.outcome = Outcome.UPDATED
        return made

    def _store(self) -> None:
        people = list(dict.fromkeys(self.people.values()))
        new = [person for person in people if person.is_new]
        changed = [person for person in people if not person.is_new and person.changes]
        for person in new + changed:
            person.contact.search_text = contact_search_text(person.contact, person.contact.company)
        tags = tag_ids({tag for person in people for tag in person.tags})
        insert_people(new, tags, now=self.now, actor=self.actor, reason=self.reason)
        for person in new:  # what the batch itself gave them: whatever else they have later, somebody did
            person.changes = {"owner": [None, person.owner_id]} if person.owner_id else {}
            if person.tags:
                person.changes["tags"] = [[], sorted(tags[tag.casefold()] for tag in person.tags)]
        update_contacts([person.contact for person in changed], self.now)
        touched = {person.contact.pk for person in new + changed}
        touched |= self._store_standings([person for person in people if not person.is_new], tags)
        touched |= self._claim_identities()
        if touched:
            ids = sorted(touched)
            bulk.insert(ChangedContact, {"contact_id": ids})
            signals.contact_changed.send(sender=None, contact_ids=ids)

    def _store_standings(self, known: Iterable[Person], tags: dict[str, int]) -> set[int]:
        """Tags and owner of known people: tags are added, an owner is set as the policy says."""
        with_news = {person.contact.pk: person for person in known if person.tags or person.owner_id}
        rows = Standing.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=with_news).order_by("pk")
        changed = []
        for standing in rows if with_news else []:
            person = with_news[standing.pk]
            added = sorted({tags[tag.casefold()] for tag in person.tags}.difference(standing.tag_ids))
            news: Changes = {"tags": [[], added]} if added else {}
            if person.owner_id not in (None, standing.owner_id) and self.may_own(standing.owner_id):
                news["owner"] = [standing.owner_id, person.owner_id]
                standing.owner_id = person.owner_id
            if news:
                standing.tag_ids = [*standing.tag_ids, *added]
                changed.append(standing)
                self._tell(person, news)
        Standing.objects.bulk_update(changed, ["tag_ids", "owner"])
        return {standing.pk for standing in changed}

    def _tell(self, person: Person, news: Changes) -> None:
        """Say on the first row about this person what its standing gained."""
        person.changes = person.changes | news
        result = self.results[person.first_row]
        result.changes = result.changes | news
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
        by_contact = {id(person.contact): person for person in self.people.values()}
        for key in missing:
            by_contact[id(self.owners[key])].added.append([str(key[0]), key[1]])
        moved: set[int] = set()
        for key, pk in self.unclaimed.items():
            contact = self.owners.get(key)
            if contact is None or not Identity.objects.filter(pk=pk, contact=None).update(contact=contact):
                continue
            by_contact[id(contact)].claimed.append(pk)
            if EngagementEvent.objects.filter(identity=pk, contact=None).update(contact=contact):
                moved.add(contact.pk)
        fresh = [*missing, *(key for key in self.unclaimed if key in self.owners)]
        withdraw_suppressed([(self.owners[key].pk, (str(key[0]), key[1])) for key in fresh], now=self.now)
        return moved
