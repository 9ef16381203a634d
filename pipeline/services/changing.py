"""What is done on the board and the list to one opportunity or to many, and undone together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from core.errors import Refused, Stale
from core.locks import locked
from leads.models import Standing, Tag
from leads.services import assign_owner, known_tag, tag_called
from pipeline.models import BoardChange, HandOff, HandOffState, Opportunity, Stage
from pipeline.services.details import retag
from pipeline.services.facts import UNCHANGED, edit
from pipeline.services.moves import move
from pipeline.services.rows import record_move, store
from users.models import User

MOST_AT_ONCE = 200
UNDO_FOR = timedelta(hours=1)
_KEPT = (
    "stage_id",
    "stage_entered_at",
    "position",
    "owner_id",
    "amount",
    "expected_close",
    "next_step",
    "next_step_on",
    "priority",
    "category",
)


@dataclass(slots=True)
class Outcome:
    """What became of each: how many were changed, which were left as they were and why, and what undoes it."""

    changed: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)  # name, reason
    answered: list[str] = field(default_factory=list)  # whose offer stays answered, although the change was undone
    change: BoardChange | None = None


@transaction.atomic
def move_card(
    *,
    opportunity_id: int,
    stage_id: int,
    actor: User,
    now: datetime,
    version: int | None = None,
    facts: Mapping[str, Any] | None = None,
    **how: Any,
) -> tuple[Opportunity, BoardChange | None]:
    """`move`, and what undoes it when the card came into another column or band (`facts` are what it takes on).

    Nothing undoes what changed nothing, or what handed an offer to somebody else.
    """
    if facts:
        return _move_to_band(opportunity_id, stage_id, actor=actor, now=now, version=version, facts=facts, **how)
    how |= {"stage_id": stage_id, "version": version}
    before = _as_they_are([opportunity_id]).get(opportunity_id)
    moved = move(opportunity_id=opportunity_id, actor=actor, now=now, **how)
    # it was read before it was locked: only if nobody came in between is it what has to be put back
    is_true = before is not None and moved.version == before["version"] + 1
    if before is None or not is_true or moved.stage_id == before["stage_id"] or moved.pipeline_id != before["pipeline"]:
        return moved, None
    return moved, _kept({opportunity_id: before}, [moved], by=actor, now=now)


def _move_to_band(
    pk: int, stage_id: int, *, actor: User, now: datetime, version: int | None, facts: Mapping[str, Any], **how: Any
) -> tuple[Opportunity, BoardChange | None]:
    _hold([pk], {stage_id})
    before = _as_they_are([pk])
    facts = {name: how.get(name, value) for name, value in facts.items()}  # what was asked for counts more
    row = edit(opportunity_id=pk, version=version, actor=actor, now=now, **facts)
    row = move(opportunity_id=pk, stage_id=stage_id, actor=actor, now=now, **how)
    is_elsewhere = any(before[pk][name] != getattr(row, name) for name in _KEPT if name != "position")
    return row, _kept(before, [row], by=actor, now=now) if is_elsewhere else None


@transaction.atomic
def change_many(
    *,
    chosen: Mapping[int, int | None],
    actor: User,
    now: datetime,
    stage_id: int | None = None,
    owner: User | None = UNCHANGED,
    expected_close: date | None = UNCHANGED,
    priority: str = UNCHANGED,
    add_tag: str = "",
    drop_tag: str = "",
) -> Outcome:
    """Give the chosen (id -> version that was seen) an owner, an expected day, a priority, a tag; move them to a stage.

    Each for itself as `edit`, `retag` and `move` do it: what is refused or has changed meanwhile is left and named.
    """
    if len(chosen) > MOST_AT_ONCE:
        raise Refused(f"At most {MOST_AT_ONCE} opportunities at once. Choose fewer, and do it in parts.")
    given = {"owner": owner, "expected_close": expected_close, "priority": priority}
    facts: dict[str, Any] = {name: value for name, value in given.items() if value is not UNCHANGED}
    tags = _tags(add_tag, drop_tag)
    if not facts and stage_id is None and not tags:
        raise Refused("Choose what to change: an owner, a day, a priority, a tag or a stage.")
    rows = _hold(chosen, {stage_id} if stage_id else ())
    before, outcome, changed = _as_they_are(chosen, tags=bool(tags)), Outcome(), []
    for row in rows:
        try:
            with transaction.atomic():
                version = chosen[row.pk]
                if facts:
                    row = edit(opportunity_id=row.pk, version=version, actor=actor, now=now, **facts)
                    version = None
                if tags:
                    row = retag(opportunity_id=row.pk, version=version, now=now, **tags)
                    version = None
                if stage_id is not None and row.stage_id != stage_id:
                    row = move(opportunity_id=row.pk, stage_id=stage_id, version=version, actor=actor, now=now)
        except Stale:
            outcome.left.append((row.name, "somebody has changed it meanwhile"))
        except Refused as refused:
            outcome.left.append((row.name, str(refused)))
        else:
            if row.version != before[row.pk]["version"]:
                changed.append(row)
    outcome.changed = len(changed)
    outcome.change = _kept(before, changed, by=actor, now=now)
    return outcome


@transaction.atomic
def undo_change(change_id: int, *, actor: User, now: datetime) -> Outcome:
    """Put each back as it was, unless somebody has changed it since; only whoever did it, within an hour, once."""
    kept = locked(BoardChange.objects.filter(pk=change_id, at__gt=now - UNDO_FOR))
    if not kept:
        raise Refused("This can no longer be undone.")
    if kept[0].by_id != actor.pk:
        raise Refused("Only whoever did this can undo it.")
    what = {int(pk): was for pk, was in kept[0].what.items()}
    rows = _hold(what, {was["stage_id"] for was in what.values()})
    stages = Stage.objects.in_bulk({was["stage_id"] for was in what.values()})
    owners = User.objects.in_bulk({was["owner_id"] for was in what.values() if was["owner_id"]})
    outcome = Outcome()
    for row in rows:
        was = what[row.pk]
        try:
            with transaction.atomic():
                if row.owner_id != was["owner_id"]:
                    _refuse_newer_owner(row, since=kept[0].at)
                _put_back(row, was, stages.get(was["stage_id"]), owners.get(was["owner_id"]), actor=actor, now=now)
                is_open_again = "offer" not in was or _offer_again(was["offer"], kept[0], now=now)
        except Refused as refused:
            outcome.left.append((row.name, str(refused)))
        else:
            outcome.changed += 1
            if not is_open_again:
                outcome.answered.append(row.name)
    kept[0].delete()
    return outcome


def _refuse_newer_owner(row: Opportunity, *, since: datetime) -> None:
    """The person and the hand-off follow an owner, and what somebody decided about them since is not ours to undo."""
    if Standing.objects.filter(pk=row.contact_id).exclude(owner=row.owner_id).exists():
        raise Refused("its person has been given to somebody else since")
    if _handed_over([row.pk], since=since):
        raise Refused("it was handed over with this; give it to somebody by hand")


def _handed_over(ids: Collection[int], *, since: datetime) -> set[int | None]:
    """Those that were offered to somebody since, who has been told and may have begun."""
    offered = HandOff.objects.filter(opportunity__in=ids, offered_at__gte=since)
    return set(offered.values_list("opportunity", flat=True))


def _put_back(
    row: Opportunity, was: dict[str, Any], stage: Stage | None, owner: User | None, *, actor: User, now: datetime
) -> None:
    if row.version != was["version"]:
        raise Refused("it has been changed since")
    if stage is None or stage.archived_at is not None or stage.pipeline_id != row.pipeline_id:
        raise Refused("its stage is no longer on the board")
    if row.owner_id != was["owner_id"]:
        row = edit(opportunity_id=row.pk, owner=owner, actor=actor, now=now)
        assign_owner([row.contact_id], _user(was["contact_owner"]), now=now, actor=actor)
    came_from, row.stage = row.stage, stage
    # what was kept before there was a field does not know it
    values = [one for one in Opportunity._meta.concrete_fields if one.name in _KEPT and one.name in was]
    for one in values:
        setattr(row, one.name, one.to_python(was[one.name]))
    if "tags" in was:
        row.tags.set(Tag.objects.filter(pk__in=was["tags"]))
    store(row, ["stage", *(one.name for one in values)], now=now)
    if came_from != stage:
        title = f"{row.name}: {came_from.name} → {stage.name}, taken back"
        record_move(row, came_from, title=title, now=now, actor=actor)


def _offer_again(hand_off_id: int, change: BoardChange, *, now: datetime) -> bool:
    """The offer that the change had answered is open again, unless its time is over: then it stays answered; false."""
    answered = HandOff.objects.filter(pk=hand_off_id, decided_by=change.by_id, decided_at=change.at)
    in_time = answered.filter(Q(due_at=None) | Q(due_at__gt=now))
    is_open = in_time.update(state=HandOffState.OFFERED, decided_at=None, decided_by=None)
    return bool(is_open) or not answered.exists()


def _tags(add: str, drop: str) -> dict[str, Tag]:
    """The tag to put on and the one to take off, as `retag` takes them."""
    tags = {}
    if drop:
        known = known_tag(drop)
        if known is None:
            raise Refused(drop_tag="There is no such tag. Choose one from the list.")
        tags["drop"] = known
    if add:
        if "," in add:
            raise Refused(add_tag="One tag at a time, without a comma.")
        tags["add"] = tag_called(add)
    if tags.get("add") == tags.get("drop") and tags:
        raise Refused(drop_tag="The same tag cannot be put on and taken off.")
    return tags


def _user(pk: int | None) -> User | None:
    return User.objects.filter(pk=pk).first() if pk else None


def _hold(ids: Collection[int], stage_ids: Collection[int]) -> list[Opportunity]:
    """The opportunities, and before them all that their verbs will lock: nobody waits for us who holds what we need."""
    contacts = Opportunity.objects.filter(pk__in=ids).values("contact")
    joined = HandOff.objects.filter(opportunity__in=ids, state=HandOffState.JOINED).values("contact")
    locked(Standing.objects.filter(Q(pk__in=contacts) | Q(pk__in=joined)).only("pk"))
    locked(Stage.objects.filter(pk__in=stage_ids).only("pk"))
    return locked(Opportunity.objects.filter(pk__in=ids))


def _as_they_are(ids: Collection[int], *, tags: bool = False) -> dict[int, dict[str, Any]]:
    rows = Opportunity.objects.filter(pk__in=ids)
    columns = ("pk", "version", "pipeline", "contact__standing__owner", *_KEPT)
    found: dict[int, dict[str, Any]] = {row["pk"]: row for row in rows.values(*columns)}
    offers = HandOff.objects.offered().filter(opportunity__in=found)
    for pk, offer in offers.values_list("opportunity", "pk"):
        found[pk]["offer"] = offer
    if tags:
        for row in found.values():
            row["tags"] = []
        for pk, tag in Opportunity.tags.through.objects.filter(opportunity__in=found).values_list("opportunity", "tag"):
            found[pk]["tags"].append(tag)
    return found


def _kept(
    before: dict[int, dict[str, Any]], changed: list[Opportunity], *, by: User, now: datetime
) -> BoardChange | None:
    """What puts them back as they were; none where no row can be."""
    given = [row.pk for row in changed if row.owner_id != before[row.pk]["owner_id"]]
    if not changed or (given and len(_handed_over(given, since=now)) == len(changed)):
        return None
    offers = [was["offer"] for row in changed if "offer" in (was := before[row.pk])]
    answered = set()  # by this very change
    if offers:
        ours = HandOff.objects.filter(pk__in=offers, decided_by=by, decided_at=now)
        answered = set(ours.values_list("pk", flat=True))
    what = {}
    for row in changed:
        was = before[row.pk]
        kept = {name: _plain(was[name]) for name in _KEPT}
        kept |= {"version": row.version, "contact_owner": was["contact__standing__owner"]}
        if "tags" in was:
            kept["tags"] = was["tags"]
        if was.get("offer") in answered:
            kept["offer"] = was["offer"]
        what[row.pk] = kept
    return BoardChange.objects.create(by=by, at=now, what=what)


def _plain(value: Any) -> Any:
    """As JSON keeps it, to the last microsecond and cent."""
    return value if value is None or isinstance(value, int | float | str) else str(value)
