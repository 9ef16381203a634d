"""Stores the commercial side: opportunities with their moves, verdicts, follow-ups, notifications."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.urls import reverse

from activities.models import Activity, ActivityKind, FollowUp, Notification
from crm.demo import words
from crm.demo.load import BATCH, Loader, reserve
from crm.demo.plan import Deal, Move, Person
from leads import normalise
from leads.models import Criterion
from pipeline import places
from pipeline.models import (
    LostReason,
    Opportunity,
    OpportunityPerson,
    Pipeline,
    Priority,
    Stage,
    StageKind,
    StageMove,
    Turn,
)
from scoring.models import Definition, Verdict
from users.models import User


class Office:
    """Writes what colleagues did with the prospects of a loaded world."""

    def __init__(self, loader: Loader, pipeline: Pipeline, definition: Definition, midnight: datetime) -> None:
        self.loader = loader
        self.people = [person for person in loader.world.people if person.deal is not None]
        self.pipeline = pipeline
        self.definition = definition
        self.midnight = midnight
        self.rng = Random(len(self.people))
        stages = list(Stage.objects.filter(pipeline=pipeline))
        self.open_stages = [stage for stage in stages if stage.kind == StageKind.OPEN]
        self.by_outcome = {stage.kind: stage for stage in stages if stage.kind != StageKind.OPEN}

    def write(self) -> None:
        """Everything, in the order in which rows need each other."""
        self._verdicts()
        opportunities = self._opportunities()
        self._moves(opportunities)
        self._turns()
        self._follow_ups()
        self._notifications(opportunities)

    def stage(self, move: Move) -> Stage:
        return self.by_outcome[StageKind(move.to)] if isinstance(move.to, str) else self.open_stages[move.to]

    def _verdicts(self) -> None:
        rows = sorted(((turn, person) for person in self.people for turn in person.verdicts), key=lambda row: row[0].at)
        Verdict.objects.bulk_create(
            [
                Verdict(
                    contact_id=person.id,
                    is_qualified=turn.is_qualified,
                    at=turn.at,
                    definition=self.definition,
                    total=turn.total,
                    grade=turn.grade,
                    reasons=turn.reasons,
                )
                for turn, person in rows
            ],
            batch_size=BATCH,
        )
        version = self.definition.version
        Activity.objects.bulk_create(
            [
                Activity(
                    contact_id=person.id,
                    kind=ActivityKind.SCORE,
                    at=turn.at,
                    title=f"{'Qualified' if turn.is_qualified else 'No longer qualified'}: "
                    f"{turn.total} {turn.grade} by definition v{version}",
                    body="; ".join(turn.reasons),
                )
                for turn, person in rows
            ],
            batch_size=BATCH,
        )

    def _opportunities(self) -> dict[int, Opportunity]:
        """By contact id; in each column the youngest stands on top."""
        first = reserve(Opportunity, len(self.people))
        labels = {criterion.key: criterion for criterion in Criterion.objects.all()}
        rows = [
            self._opportunity(first + number, person, person.deal, labels)
            for number, person in enumerate(self.people)
            if person.deal is not None
        ]
        rows.sort(key=lambda row: row.stage_entered_at, reverse=True)
        for number, row in enumerate(rows):
            row.position = (number + 1) * places.STEP
        Opportunity.objects.bulk_create(rows, batch_size=BATCH)
        return {row.contact_id: row for row in rows}

    def _opportunity(self, pk: int, person: Person, deal: Deal, labels: dict[str, Criterion]) -> Opportunity:
        name, last = person.deal_name, deal.moves[-1]
        return Opportunity(
            id=pk,
            pipeline=self.pipeline,
            stage=self.stage(last),
            name=name,
            contact_id=person.id,
            company_id=person.firm.id if person.firm else None,
            owner=self.loader.owner(person),
            amount=deal.amount,
            currency=self.pipeline.currency,
            expected_close=deal.expected_close,
            next_step=deal.next_step,
            # most lie ahead, some were forgotten, some have no day
            next_step_on=self.midnight.date() + timedelta(days=pk % 17 - 4) if deal.next_step and pk % 6 else None,
            priority=Priority.HIGH if pk % 6 == 1 else Priority.LOW if pk % 9 == 2 else Priority.NORMAL,
            stage_entered_at=last.at,
            created_at=deal.opened_at,
            changed_at=last.at,
            closed_at=last.at if deal.outcome else None,
            lost_reason=deal.lost_reason,
            lost_note=deal.lost_note,
            snapshot=self._snapshot(person, deal, labels),
            version=len(deal.moves),
            search_text=normalise.search_text(name, person.name, name),
        )

    def _snapshot(self, person: Person, deal: Deal, labels: dict[str, Criterion]) -> dict[str, Any]:
        known = sorted((row for row in person.answers if row.at <= deal.opened_at), key=lambda row: row.at)
        newest = {row.criterion: row for row in known}
        return {
            "at": deal.opened_at.isoformat(),
            "promoted_by": "",
            "reason": "",
            "judgement": person.snapshot,
            "evidence": [
                {
                    "criterion": key,
                    "label": labels[key].label,
                    "letter": labels[key].letter,
                    "verdict": row.verdict,
                    "text": row.text,
                    "quote": row.quote,
                    "amount": str(row.amount) if row.amount is not None else None,
                    "on_date": row.on_date.isoformat() if row.on_date else None,
                    "observed_at": row.at.isoformat(),
                }
                for key, row in newest.items()
            ],
        }

    def _moves(self, opportunities: dict[int, Opportunity]) -> None:
        moves: list[StageMove] = []
        entries: list[Activity] = []
        for person in self.people:
            card, owner, came_from = opportunities[person.id], self.loader.owner(person), None
            for move in person.deal_of().moves:
                stage = self.stage(move)
                moves.append(
                    StageMove(
                        opportunity=card,
                        from_stage=came_from,
                        to_stage=stage,
                        at=move.at,
                        actor=owner if came_from else None,
                        amount=move.amount,
                    )
                )
                title, body = _said(card, move, came_from, stage, person)
                entries.append(
                    Activity(
                        contact_id=person.id,
                        kind=ActivityKind.STAGE,
                        at=move.at,
                        actor=owner if came_from else None,
                        title=title,
                        body=body,
                    )
                )
                came_from = stage
        StageMove.objects.bulk_create(sorted(moves, key=lambda row: row.at), batch_size=BATCH)
        Activity.objects.bulk_create(sorted(entries, key=lambda row: row.at), batch_size=BATCH)
        self._more_people(opportunities)

    def _more_people(self, opportunities: dict[int, Opportunity]) -> None:
        """Colleagues of the contact who take part in the decision."""
        at_firm: dict[int, list[Person]] = {}
        for person in self.loader.world.people:
            if person.firm:
                at_firm.setdefault(person.firm.id, []).append(person)
        roles = ("Signs", "Will use it", "IT", "Finance")
        OpportunityPerson.objects.bulk_create(
            OpportunityPerson(opportunity=opportunities[person.id], contact_id=other.id, role=role)
            for person in self.people
            if person.firm
            for other, role in zip([p for p in at_firm[person.firm.id] if p is not person][:2], roles, strict=False)
        )

    def _turns(self) -> None:
        last = {self.loader.owner(person): person.deal.opened_at for person in self.people if person.deal}
        Turn.objects.bulk_create([Turn(rep=rep, at=at) for rep, at in last.items() if rep], ignore_conflicts=True)

    def _follow_ups(self) -> None:
        """Past ones are done; of the open ones some are late, most are due today and soon."""
        rng, rows = self.rng, []
        for person in self.loader.world.people:
            owner = self.loader.owner(person)
            if owner is None or not (person.deal or person.persona in {"hot", "warm"}):
                continue
            for entry in person.entries:
                if entry.kind in {"call", "meeting"} and rng.random() < 0.35:
                    due = entry.at + timedelta(days=rng.randrange(1, 6))
                    done = min(due + timedelta(hours=rng.randrange(-20, 30)), self.midnight - timedelta(hours=7))
                    if due < self.midnight and done > entry.at:
                        rows.append(self._follow_up(person, owner, due, done))
            is_open = person.persona == "hot" or (person.deal and not person.deal.outcome) or rng.random() < 0.12
            if is_open and rng.random() < 0.8 and not (person.deal and person.deal.outcome):
                days = rng.choices((-6, -3, -1, 0, 1, 2, 4, 8, 15), (3, 4, 6, 20, 18, 14, 14, 12, 9))[0]
                due = self.midnight + timedelta(days=days, hours=rng.choice((8, 9, 10, 13, 15)))
                rows.append(self._follow_up(person, owner, due, None))
        FollowUp.objects.bulk_create(rows, batch_size=BATCH)

    def _follow_up(self, person: Person, owner: User, due: datetime, done: datetime | None) -> FollowUp:
        told = due if due < self.midnight else None
        return FollowUp(
            contact_id=person.id,
            assignee=owner,
            title=self.rng.choice(words.FOLLOW_UPS),
            due_at=due,
            done_at=done,
            notified_at=told,
        )

    def _notifications(self, opportunities: dict[int, Opportunity]) -> None:
        """What the product told people in the last weeks; the newest are unread."""
        rows = []
        for person in self.people:
            owner, at = self.loader.owner(person), person.deal_of().opened_at
            if owner and at > self.midnight - timedelta(days=30):
                card = opportunities[person.id]
                rows.append(
                    Notification(
                        user=owner,
                        key=f"opportunity-opened:{card.pk}",
                        text=f"New prospect for you: {person.name}",
                        url=reverse("opportunity", args=[card.pk]),
                        at=at,
                        read_at=at + timedelta(hours=2) if at < self.midnight - timedelta(days=4) else None,
                    )
                )
        Notification.objects.bulk_create(sorted(rows, key=lambda row: row.at), batch_size=BATCH)


def _said(card: Opportunity, move: Move, came_from: Stage | None, stage: Stage, person: Person) -> tuple[str, str]:
    """The line of the timeline, in the words that the product uses."""
    if came_from is None:
        return f"Opportunity opened in {stage.name}, handed to {card.owner}", ""
    if move.to == StageKind.WON:
        return f"{card.name} won: {card.amount:,.2f} {card.currency}", ""
    if move.to == StageKind.LOST:
        return f"{card.name} lost: {LostReason(card.lost_reason).label}", card.lost_note
    return f"{card.name}: {came_from.name} → {stage.name}", ""
