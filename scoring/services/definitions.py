"""Definitions are drafted, signed by marketing and by sales, activated, retired, and brought back.

Whoever changes definitions first locks all of them: they are few, and what is written about one depends on the others.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from activities.notices import Topic
from activities.services import notify
from core import locks
from core.errors import Refused, Stale
from leads.models import Criterion, EventKind
from scoring import signals
from scoring.drafting import Content, FitDraft, PersonaDraft, problems
from scoring.models import (
    Definition,
    DefinitionStatus,
    EngagementRule,
    Exclusion,
    FitRule,
    Persona,
    RefreshRange,
    RequiredCriterion,
)
from scoring.queries.drafts import content_of, known
from scoring.queries.signing import SIDES, may_sign, may_withdraw
from scoring.services.floods import reach_of
from users.models import User
from users.roles import CAPABILITIES, Can

MOST_DRAFTS = 20
CHANGED = "Somebody else has changed this draft meanwhile. Yours is below: save again to keep yours."
SEEN_OTHER = "The draft has changed since you read it. Read it again before you decide."


def _locked() -> list[Definition]:
    """All definitions, locked; read once more, because who waited for a lock does not see what was added meanwhile."""
    locks.locked(Definition.objects.all())
    return list(Definition.objects.order_by("version"))


def _all(definition_id: int) -> Definition:
    """The definition, with all of them locked."""
    found = next((row for row in _locked() if row.pk == definition_id), None)
    if found is None:
        raise Refused("This definition is not there any more.")
    return found


def _open(definition_id: int, seen: int | None) -> Definition:
    """A draft that is still what the person has seen."""
    definition = _all(definition_id)
    if not definition.is_open:
        raise Stale(f"Version {definition.version} is {definition.get_status_display().lower()} and never changes.")
    if seen is not None and seen != definition.revision:
        raise Stale(SEEN_OTHER)
    return definition


@transaction.atomic
def new_draft(*, by: User | None, now: datetime, source_id: int | None = None) -> Definition:
    """A draft that says what the source says; without one what the active definition for all says."""
    rows = _locked()
    source = next((row for row in rows if row.pk == source_id), None) if source_id else None
    active = (row for row in rows if row.status == DefinitionStatus.ACTIVE and row.team_id is None)
    source = source or next(active, None)
    if source is None:
        raise Refused("There is no definition to begin with. An administrator can restore one: manage.py prepare.")
    if sum(row.is_open for row in rows) >= MOST_DRAFTS:
        raise Refused(f"There are {MOST_DRAFTS} drafts already. Throw one away first.")
    return _copy(source, rows, by=by, now=now)


@transaction.atomic
def new_draft_of(*, content: Content, by: User | None, now: datetime) -> Definition:
    """A draft that says this: of somebody whose draft was thrown away or activated while they worked on it."""
    if wrong := problems(content, known()):
        raise Refused(**wrong)
    draft = new_draft(by=by, now=now)
    _fill(draft, content)
    draft.save()
    _write_rules(draft, content)
    return draft


def _copy(source: Definition, rows: list[Definition], *, by: User | None, now: datetime) -> Definition:
    copy = Definition(
        version=max(row.version for row in rows) + 1, based_on=source, changed_by=by, changed_at=now, threshold=0
    )
    _fill(copy, content_of(source))
    copy.note = ""
    copy.save()
    _write_rules(copy, content_of(source))
    return copy


def _fill(definition: Definition, content: Content) -> None:
    definition.name, definition.note, definition.team_id = content.name, content.note, content.team
    definition.threshold = int(content.threshold or 0)
    definition.two_way_days = None if content.two_way_days is None else int(content.two_way_days)
    (
        definition.grade_a_fit,
        definition.grade_b_fit,
        definition.grade_1_engagement,
        definition.grade_2_engagement,
    ) = (int(value or 0) for value in content.grades)


def _write_rules(definition: Definition, content: Content) -> None:
    """Its rules anew, in the order of the content, which has no problems."""
    definition.engagement_rules.all().delete()
    definition.fit_rules.all().delete()
    definition.required.all().delete()
    definition.personas.all().delete()
    definition.exclusions.all().delete()
    kinds = dict(EventKind.objects.values_list("key", "pk"))
    criteria = dict(Criterion.objects.values_list("key", "pk"))
    EngagementRule.objects.bulk_create(
        EngagementRule(
            definition=definition,
            name=rule.name,
            kind_id=kinds[rule.kind],
            facet_ids=list(rule.facet_ids),
            points=int(rule.points or 0),
            half_life_days=rule.half_life_days,
            window_days=int(rule.window_days or 0),
            cap=rule.cap,
            first_only=rule.first_only,
            position=position,
        )
        for position, rule in enumerate(content.engagement)
    )
    personas = Persona.objects.bulk_create(
        Persona(definition=definition, name=row.name, position=place) for place, row in enumerate(content.personas)
    )
    fit: list[tuple[Persona | None, FitDraft]] = [(None, rule) for rule in content.fit]
    for persona, group in zip(personas, content.personas, strict=True):
        fit += [(persona, rule) for rule in group.rules]
    FitRule.objects.bulk_create(
        FitRule(
            definition=definition,
            persona=persona,
            name=rule.name,
            conditions=rule.conditions,
            points=int(rule.points or 0),
            position=place,
        )
        for place, (persona, rule) in enumerate(fit)
    )
    Exclusion.objects.bulk_create(
        Exclusion(definition=definition, name=row.name, conditions=row.conditions, position=place)
        for place, row in enumerate(content.exclusions)
    )
    asking: list[tuple[Persona | None, Content | PersonaDraft]] = [(None, content)]
    asking += zip(personas, content.personas, strict=True)
    RequiredCriterion.objects.bulk_create(
        RequiredCriterion(
            definition=definition,
            persona=who,
            criterion_id=criteria[key],
            least=least,
            fresh_days=dict(asked.fresh).get(key) or None,
        )
        for who, asked in asking
        for key, least in asked.required
    )


@transaction.atomic
def save_draft(*, definition_id: int, content: Content, by: User, seen: int, now: datetime) -> Definition:
    """Keep what was edited; what is wrong is refused by field. A change takes both signatures away.

    Stale when somebody else has saved since revision `seen`.
    """
    definition = _open(definition_id, None)
    if seen != definition.revision:
        raise Stale(CHANGED)
    if wrong := problems(content, known()):
        raise Refused(**wrong)
    if content == content_of(definition):
        return definition
    _fill(definition, content)
    definition.revision += 1
    definition.changed_by, definition.changed_at = by, now
    definition.status = DefinitionStatus.DRAFT
    definition.signed_by_marketing = definition.signed_by_sales = None
    definition.marketing_signed_at = definition.sales_signed_at = None
    definition.save()
    _write_rules(definition, content)
    return definition


@transaction.atomic
def discard_draft(*, definition_id: int, seen: int | None = None) -> None:
    """Throw a draft away."""
    _open(definition_id, seen).delete()


@transaction.atomic
def sign(*, definition_id: int, side: str, by: User, seen: int, now: datetime) -> Definition:
    """Agree to a draft for marketing or for sales; the other side hears of it. Signing again changes nothing."""
    definition = _open(definition_id, seen)
    if side not in SIDES:
        raise Refused("Sign for marketing or for sales.")
    if not may_sign(by, side):
        instead = " A manager does." if by.can(SIDES[side]) else ""
        raise Refused(f"Your role ({by.get_role_display()}) does not sign for {side}.{instead}")
    if wrong := problems(content_of(definition), known()):
        raise Refused(f"It cannot be signed yet: {next(iter(wrong.values()))}")
    if getattr(definition, f"{side}_signed_at") is not None:
        return definition
    setattr(definition, f"signed_by_{side}", by)
    setattr(definition, f"{side}_signed_at", now)
    definition.status = DefinitionStatus.REVIEW
    definition.save(update_fields=[f"signed_by_{side}", f"{side}_signed_at", "status"])
    other = next(name for name in SIDES if name != side)
    if getattr(definition, f"{other}_signed_at") is None:
        _tell(
            definition, f"{by.name} signed definition v{definition.version} for {side}: {other} signs next.", other, now
        )
    return definition


def _tell(definition: Definition, text: str, side: str, now: datetime) -> None:
    """A line in the bell of marketers, or of managers: those who decide for their side."""
    roles = [role for role, may in CAPABILITIES.items() if {SIDES[side], Can.EDIT_DEFINITION} <= may]
    notify(
        user_ids=User.objects.get_queryset().filter(role__in=roles).values_list("pk", flat=True),
        topic=Topic.DEFINITION,
        key=f"definition:{definition.pk}:{definition.revision}:{side}",
        text=text,
        url=reverse("definition_version", args=[definition.pk]),
        now=now,
    )


@transaction.atomic
def withdraw(*, definition_id: int, side: str, by: User, now: datetime) -> Definition:
    """Take a signature back."""
    definition = _open(definition_id, None)
    if side not in SIDES or not may_withdraw(by, side, definition):
        raise Refused("Only who signs for this side takes its signature back.")
    setattr(definition, f"signed_by_{side}", None)
    setattr(definition, f"{side}_signed_at", None)
    if definition.marketing_signed_at is None and definition.sales_signed_at is None:
        definition.status = DefinitionStatus.DRAFT
    definition.save(update_fields=[f"signed_by_{side}", f"{side}_signed_at", "status"])
    return definition


@transaction.atomic
def activate(*, definition_id: int, seen: int, now: datetime, is_sure: bool = False) -> Definition:
    """Judge everybody, or its team's leads, by it from now on; the former one of the same retires.

    Refused while a signature is missing, and with the field `is_sure`, unless that is said, when half of the leads
    that it would judge would qualify.

    The scoring lock comes first: nobody is judged half by the one and half by the other.
    """
    locks.hold(locks.SCORING)
    definition = _open(definition_id, seen)
    if not definition.is_signed:
        missing = [side for side in SIDES if getattr(definition, f"{side}_signed_at") is None]
        raise Refused(f"The signature of {' and of '.join(missing)} is missing.")
    if wrong := problems(content_of(definition), known()):
        raise Refused(f"It cannot be activated: {next(iter(wrong.values()))}")
    if not is_sure:
        _refuse_a_flood(definition, "Raise the line or require more", now=now)
    return _put_in_place(definition, now=now)


def _refuse_a_flood(definition: Definition, instead: str, *, now: datetime) -> None:
    if (reach := reach_of(definition, now=now)).is_flood:
        raise Refused(is_sure=f"{reach.words}. {instead}; or say below that it is meant so.")


def _put_in_place(definition: Definition, *, now: datetime) -> Definition:
    former = Definition.objects.filter(status=DefinitionStatus.ACTIVE, team=definition.team_id)
    former.update(status=DefinitionStatus.RETIRED, retired_at=now)
    definition.status, definition.activated_at = DefinitionStatus.ACTIVE, now
    definition.save(update_fields=["status", "activated_at"])
    signals.definition_activated.send(sender=None, definition_id=definition.pk)
    return definition


@transaction.atomic
def roll_back(*, definition_id: int, by: User, now: datetime, is_sure: bool = False) -> Definition:
    """A copy of a retired version becomes the active one at once. One that would flood sales is refused like a draft.

    It needs no new signatures: nothing in it has changed since it was signed, so it keeps those with their dates. The
    one that Winnow starts with has none, and its copy does not, either: pages say so.
    """
    locks.hold(locks.SCORING)
    rows = _locked()
    source = next((row for row in rows if row.pk == definition_id), None)
    if source is None or source.status != DefinitionStatus.RETIRED:
        raise Stale("Only a version that was active before can be brought back.")
    if wrong := problems(content_of(source), known()):
        raise Refused(f"It cannot come back as it was: {next(iter(wrong.values()))} Make a draft from it instead.")
    if not is_sure:
        _refuse_a_flood(source, "Make a draft from it and raise its line", now=now)
    copy = _copy(source, rows, by=by, now=now)
    copy.note = f"Brought back from version {source.version} by {by.name}."
    if not source.is_signed:
        copy.note += " Nobody ever signed it: it is the one that Winnow starts with."
    copy.withdrew = next(
        (row for row in rows if row.status == DefinitionStatus.ACTIVE and row.team_id == source.team_id), None
    )
    for side in SIDES:
        for name in (f"signed_by_{side}_id", f"{side}_signed_at"):
            setattr(copy, name, getattr(source, name))
    copy.save()
    return _put_in_place(copy, now=now)


@transaction.atomic
def end_for_team(*, definition_id: int, now: datetime) -> Definition:
    """A team's definition retires without a successor: its leads are judged by the one for all again."""
    locks.hold(locks.SCORING)
    rows = _locked()
    own = next((row for row in rows if row.pk == definition_id), None)
    if own is None or own.status != DefinitionStatus.ACTIVE or own.team_id is None:
        raise Stale("Only a team's active definition can end. The one for all is followed by another.")
    common = next((row for row in rows if row.status == DefinitionStatus.ACTIVE and row.team_id is None), None)
    if common is None:
        raise Refused("There is no definition for all that could judge the team's leads.")
    own.status, own.retired_at = DefinitionStatus.RETIRED, now
    own.save(update_fields=["status", "retired_at"])
    RefreshRange.objects.filter(definition=common).delete()  # everybody in them is looked at again
    signals.definition_activated.send(sender=None, definition_id=common.pk)
    return common
