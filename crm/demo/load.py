"""Puts the planned world into the database, in bulk."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from activities.models import Activity
from crm.demo.judge import Judge
from crm.demo.plan import Happening, Person
from crm.demo.world import World
from leads import normalise
from leads.models import (
    Company,
    Consent,
    ConsentWording,
    Contact,
    Criterion,
    EngagementEvent,
    Evidence,
    Identity,
    IdentityKind,
    LifecycleChange,
    Purpose,
    Source,
    Standing,
    Tag,
)
from users.models import User

BATCH = 2000
WORDING = "I agree to receive mail about products and events. I can take this back at any time."
CONSENTING = {Source.NEWSLETTER: 1.0, Source.DOWNLOAD: 0.7, Source.WEBINAR: 0.75, Source.FORM: 0.5}


def reserve(model: type[models.Model], count: int) -> int:
    """The first of `count` ids that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH first AS (SELECT nextval(s.seq) AS id FROM (SELECT pg_get_serial_sequence(%s, 'id') AS seq) s) "
            "SELECT first.id, setval(pg_get_serial_sequence(%s, 'id'), first.id + %s) FROM first",
            [model._meta.db_table, model._meta.db_table, count],
        )
        return int(cursor.fetchone()[0])


class Loader:
    """Stores the facts of a world; `colleagues` maps addresses to people."""

    def __init__(self, world: World, judge: Judge) -> None:
        self.world = world
        self.judge = judge
        self.colleagues = {user.email: user for user in User.objects.all()}
        self.marketer = next(user for user in self.colleagues.values() if user.role == "marketer")

    def facts(self) -> None:
        """Companies, people, identities, events, evidence, consent, lifecycle and what colleagues logged."""
        self._companies()
        self._people()
        self._events()
        self._evidence()
        self._entries()
        self._consents()

    def owner(self, person: Person) -> User | None:
        return self.colleagues.get(person.owner)

    def _companies(self) -> None:
        Company.objects.bulk_create(
            [
                Company(
                    id=firm.id,
                    name=firm.name,
                    domain=firm.domain,
                    industry=firm.industry,
                    employees=firm.employees,
                    country=firm.country,
                    search_text=normalise.search_text(firm.name, firm.domain),
                )
                for firm in self.world.firms
            ],
            batch_size=BATCH,
        )

    def _people(self) -> None:
        people = self.world.people
        Contact.objects.bulk_create([self._contact(person) for person in people], batch_size=BATCH)
        names = {name for person in people for name in person.tags}
        tags = {name: Tag.objects.get_or_create(name=name)[0].pk for name in sorted(names)}
        Standing.objects.bulk_create(
            [
                Standing(
                    contact_id=person.id,
                    owner=self.owner(person),
                    lifecycle=person.lifecycle,
                    source=person.source,
                    tag_ids=[tags[name] for name in person.tags],
                    is_qualified=bool(person.verdicts) and person.verdicts[-1].is_qualified,
                )
                for person in people
            ],
            batch_size=BATCH,
        )
        steps = sorted(
            ((step, before, person) for person in people for step, before in _with_former(person)),
            key=lambda row: row[0].at,
        )
        LifecycleChange.objects.bulk_create(
            [
                LifecycleChange(
                    contact_id=person.id,
                    from_stage=before,
                    to_stage=step.stage,
                    at=step.at,
                    actor=self.owner(person) if step.stage in {"customer", "disqualified"} else None,
                    reason=step.reason,
                    definition_version=self.judge.spec.version if step.stage == "prospect" else None,
                )
                for step, before, person in steps
            ],
            batch_size=BATCH,
        )

    def _contact(self, person: Person) -> Contact:
        firm = person.firm
        return Contact(
            id=person.id,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            phone=person.phone,
            job_title=person.job_title,
            company_id=firm.id if firm else None,
            country=person.country,
            is_demo=True,
            created_at=person.created,
            search_text=normalise.search_text(
                person.first_name, person.last_name, person.email, person.phone, firm.name if firm else ""
            ),
        )

    def _identities(self) -> dict[tuple[str, int | str], int]:
        """Ids by (kind, contact id), or (anonymous, visitor) for strangers."""
        rows: list[Identity] = []
        keys: list[tuple[str, int | str]] = []
        for person in self.world.people:
            rows.append(Identity(kind=IdentityKind.EMAIL, value=normalise.mailbox(person.email), contact_id=person.id))
            keys.append(("email", person.id))
            if person.visitor:
                rows.append(Identity(kind=IdentityKind.ANONYMOUS, value=person.visitor, contact_id=person.id))
                keys.append(("anonymous", person.id))
            if number := normalise.phone(person.phone):
                rows.append(Identity(kind=IdentityKind.PHONE, value=number, contact_id=person.id))
                keys.append(("phone", person.id))
        for visitor in self.world.strangers:
            rows.append(Identity(kind=IdentityKind.ANONYMOUS, value=visitor))
            keys.append(("anonymous", visitor))
        stored = Identity.objects.bulk_create(rows, batch_size=BATCH)
        return {key: row.pk for key, row in zip(keys, stored, strict=True)}

    def _events(self) -> None:
        """All events in the order of time, by COPY; `day` is generated by the database."""
        identities = self._identities()
        told: list[tuple[Happening, int, int | None]] = []
        for person in self.world.people:
            by_mail = identities["email", person.id]
            for row in person.happenings:
                by = identities.get(("anonymous", person.id), by_mail) if row.by == "anonymous" else by_mail
                told.append((row, by, person.id))
        for visitor, seen in self.world.strangers.items():
            told += [(row, identities["anonymous", visitor], None) for row in seen]
        told.sort(key=lambda entry: entry[0].at)
        first = reserve(EngagementEvent, len(told))
        known = self.judge.kinds
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        for number, (row, identity_id, contact_id) in enumerate(told):
            row.id = first + number
            kind_id, at = known[row.kind].id, row.at.isoformat()
            properties = json.dumps(row.properties, ensure_ascii=False)
            facet = self.judge.facet(row)
            message = f"demo-{number}"
            writer.writerow([row.id, kind_id, at, at, identity_id, contact_id, facet, row.source, message, properties])
        buffer.seek(0)
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(
                "COPY leads_engagementevent (id, kind_id, occurred_at, received_at, identity_id, contact_id, facet_id, "
                "source, message_id, properties) FROM STDIN WITH (FORMAT csv)",
                buffer,
            )

    def _evidence(self) -> None:
        criteria = {criterion.key: criterion for criterion in Criterion.objects.all()}
        rows = sorted(((row, person) for person in self.world.people for row in person.answers), key=lambda x: x[0].at)
        Evidence.objects.bulk_create(
            [
                Evidence(
                    contact_id=person.id,
                    criterion=criteria[row.criterion],
                    verdict=row.verdict,
                    text=row.text,
                    amount=row.amount,
                    on_date=row.on_date,
                    quote=row.quote,
                    recorded_by=self.owner(person) or self.marketer,
                    source=row.source,
                    observed_at=row.at,
                    expires_at=_end_of_validity(row.at, criteria[row.criterion].valid_days),
                )
                for row, person in rows
            ],
            batch_size=BATCH,
        )

    def _entries(self) -> None:
        rows = sorted(((row, person) for person in self.world.people for row in person.entries), key=lambda x: x[0].at)
        Activity.objects.bulk_create(
            [
                Activity(
                    contact_id=person.id,
                    kind=row.kind,
                    at=row.at,
                    actor=(self.owner(person) or self.marketer) if row.is_by_owner else None,
                    title=row.title,
                    body=row.body,
                    outcome=row.outcome,
                    event_id=row.happening.id if row.happening else None,
                )
                for row, person in rows
            ],
            batch_size=BATCH,
        )

    def _consents(self) -> None:
        wording = ConsentWording.objects.filter(purpose=Purpose.MARKETING, text=WORDING).first()
        wording = wording or ConsentWording.objects.create(
            purpose=Purpose.MARKETING,
            version=ConsentWording.objects.filter(purpose=Purpose.MARKETING).count() + 1,
            text=WORDING,
            since=min(person.created for person in self.world.people),
        )
        rows = [
            Consent(
                contact_id=person.id,
                purpose=Purpose.MARKETING,
                given=True,
                at=person.created,
                source=f"form:{person.source}",
                shown=wording,
            )
            for person in self.world.people
            if person.id % 100 < 100 * CONSENTING.get(Source(person.source), 0)
        ]
        rows += [
            Consent(contact_id=person.id, purpose=Purpose.MARKETING, given=False, at=row.at, source="mailing")
            for person in self.world.people
            for row in person.happenings
            if row.kind == "unsubscribed"
        ]
        Consent.objects.bulk_create(rows, batch_size=BATCH)


def _with_former(person: Person) -> Iterable[tuple[Any, str]]:
    former = ""
    for step in person.lifesteps:
        yield step, former
        former = step.stage


def _end_of_validity(at: datetime, valid_days: int) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=valid_days + 1)
