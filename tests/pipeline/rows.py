"""Rows of the pipeline for tests."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from leads.models import Contact, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline import services
from pipeline.models import HandOff, Opportunity, Pipeline, Stage, StageMove
from scoring.models import Definition, Verdict
from tests import factories
from tests.conftest import NOW
from users.models import User

_numbers = count(10_001)  # of one length: no name is the beginning of another


def sales() -> Pipeline:
    return Pipeline.objects.get(name="Sales")


def stage(name: str) -> Stage:
    return Stage.objects.get(pipeline__name="Sales", name=name)


def qualified(*, now: datetime = NOW, total: int = 72, **fields: Any) -> Contact:
    """A lead whose judgement has just turned to qualified."""
    contact = factories.contact(now=now - timedelta(days=30), **fields)
    Standing.objects.filter(pk=contact.pk).update(is_qualified=True, total=total, grade="B1", definition_version=1)
    definition = Definition.objects.order_by("version").first()
    assert definition is not None
    Verdict.objects.create(
        contact=contact,
        is_qualified=True,
        at=now - timedelta(minutes=1),
        definition=definition,
        total=total,
        grade="B1",
    )
    return contact


def opportunity(
    owner: User | None = None,
    *,
    at: str = "New",
    amount: Decimal | int | str | None = 1000,
    opened: datetime = NOW - timedelta(days=20),
    entered: datetime | None = None,
    contact: Contact | None = None,
    **fields: Any,
) -> Opportunity:
    """An opportunity that stands in a stage, as if moved there directly."""
    place = fields.pop("stage", None) or stage(at)
    contact = contact or factories.contact(now=opened - timedelta(days=10))
    if owner:
        assign_owner([contact.pk], owner)
    enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=opened)
    row = Opportunity.objects.create(
        pipeline=place.pipeline,
        stage=place,
        owner=owner,
        contact=contact,
        amount=None if amount is None else Decimal(amount),
        stage_entered_at=entered or opened,
        created_at=opened,
        **{"name": f"Deal {next(_numbers)}", "position": float(next(_numbers)) * 1024} | fields,
    )
    StageMove.objects.create(opportunity=row, to_stage=place, at=opened)
    return row


def offer(now: datetime = NOW, **fields: Any) -> HandOff:
    """A lead that has just qualified, promoted by the worker: how it was handed over."""
    opportunity = services.promote(contact_id=qualified(now=now, **fields).pk, now=now)
    assert opportunity is not None
    return HandOff.objects.get(opportunity=opportunity)
