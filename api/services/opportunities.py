"""What a call does to an opportunity, as one transaction; rules, gates and stale checks are those of `pipeline`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from api.services.calls import owner_named
from core.errors import Refused
from leads import normalise
from leads.models import Contact
from leads.queries import owners_for
from pipeline import services
from pipeline.models import Competitor, Opportunity, Pipeline, Stage
from users.models import User

FACTS = ("name", "amount", "currency", "expected_close", "category", "priority", "next_step", "next_step_on")


@contextmanager
def unless_done(**state: Any) -> Iterator[None]:
    """A refusal counts only where no such opportunity is there: the same call, sent before, may have done it."""
    try:
        yield
    except Refused:
        if not Opportunity.objects.filter(**state).exists():
            raise


@transaction.atomic
def open_opportunity(
    contact: Contact, *, given: Mapping[str, Any], by: User, now: datetime
) -> tuple[Opportunity, bool]:
    """The contact's open opportunity, and whether it was opened now; only then the given facts are taken."""
    reason, owner = given.get("reason", "").strip(), owner_named(given, by)
    row = services.promote(
        contact_id=contact.pk,
        now=now,
        actor=by,
        manual=bool(reason),
        confirmed=not reason,
        reason=reason,
        pipeline=pipeline_named(given["pipeline"]) if "pipeline" in given else None,
        joins=False,
        owner=owner,
    )
    if row is None:
        raise Refused(contact="They cannot be promoted.")
    if row.created_at != now:
        return row, False
    rest = {name: value for name, value in given.items() if name != "owner" or owner is None}
    change_opportunity(row, given=rest, by=by, now=now)
    return row, True


@transaction.atomic
def change_opportunity(row: Opportunity, *, given: Mapping[str, Any], by: User, now: datetime) -> None:
    """Change what was given and leave the rest; lists replace what was there."""
    version = given.get("version")
    facts = {name: given[name] for name in FACTS if name in given}
    if "owner" in given:
        facts["owner"] = owner_named(given, by)
    if facts:
        services.edit(opportunity_id=row.pk, actor=by, now=now, version=version, **facts)
        version = None
    details: dict[str, Any] = {}
    if "tags" in given:
        details["tags"] = ", ".join(given["tags"])
    if "competitors" in given:
        details["competitors"] = [competitor_named(name, "competitors") for name in given["competitors"]]
    if "co_owners" in given:
        details["co_owners"] = _co_owners(row, given["co_owners"], by)
    if "custom" in given:
        details["custom"] = given["custom"]
    if details:
        services.set_details(opportunity_id=row.pk, actor=by, now=now, version=version, **details)


def move_opportunity(row: Opportunity, *, given: Mapping[str, Any], by: User, now: datetime) -> None:
    """Into another stage, with what that asks for; where it stands there already nothing changes."""
    pipeline = pipeline_named(given["pipeline"]) if "pipeline" in given else row.pipeline
    stages = {stage.name.casefold(): stage for stage in Stage.objects.on_board().filter(pipeline=pipeline)}
    stage = stages.get(given["stage"].casefold())
    if stage is None:
        raise Refused(stage=f"One of {', '.join(one.name for one in stages.values())}.")
    fields = {name: given[name] for name in ("amount", "expected_close", "next_step") if name in given}
    with unless_done(pk=row.pk, stage=stage, closed_at=None):
        services.move(
            opportunity_id=row.pk,
            stage_id=stage.pk,
            version=given.get("version"),
            answers=answers_of(given),
            across="pipeline" in given,
            stays=True,
            actor=by,
            now=now,
            **fields,
        )


def answers_of(given: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What was answered, as gates take it."""
    return {key: (one["verdict"], one["quote"]) for key, one in given.get("answers", {}).items()}


def pipeline_named(name: str) -> Pipeline:
    """The pipeline in use of this name."""
    known = {one.name.casefold(): one for one in Pipeline.objects.filter(archived_at=None)}
    if name.casefold() not in known:
        raise Refused(pipeline=f"One of {', '.join(one.name for one in known.values())}.")
    return known[name.casefold()]


def competitor_named(name: str, field: str) -> Competitor:
    """The competitor of this name; one that is no longer offered can still be named."""
    found = Competitor.objects.filter(name__iexact=normalise.line(name)).order_by("pk").first()
    if found is None:
        raise Refused(**{field: f"There is no competitor “{name}”. Add it in Settings, Competitors."})
    return found


def _co_owners(row: Opportunity, addresses: Sequence[str], by: User) -> list[User]:
    """Colleagues whom the caller may name, and whoever is a co-owner already."""
    may = {one.email: one for one in [*owners_for(by), *row.co_owners.all()]}
    people = []
    for address in addresses:
        person = may.get(address.strip().lower())
        if person is None:
            raise Refused(co_owners=f"No active colleague whose work you see has the address “{address[:60]}”.")
        people.append(person)
    return people
