"""Whether events count as people's: the rule, what it makes of history, and what somebody decides by hand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from core.errors import Refused
from leads import humans, normalise, signals
from leads.crowds import LIMITS, TOLD, Done, crowded
from leads.human import BY_HAND, Rule, Sign, judge
from leads.models import EngagementEvent, EventKind, HumanRule, Rejudging, Trapped, UserAgent

RANGE = 20_000  # ids of events judged again in one transaction
PRESUMED_DEAD = timedelta(seconds=60)
TRAPPED_FOR = timedelta(hours=1)  # before and after a hidden link was followed
MOST_TRAPPED = 2_000  # events before it that are judged anew at once
MOST_PARTS, LEAST_PART, LONGEST_PART = 200, 3, 80


class State(NamedTuple):
    """What is thought of an event."""

    human: int | None
    reasons: list[str] | None
    is_quarantined: bool


# Events get another opinion; contacts whose score it may move are queued in the same statement.
_CHANGE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::bool[]) AS t(id, human, reasons, held)
), found AS MATERIALIZED (
    SELECT e.id, e.contact_id, e.is_quarantined AS was, w.human, string_to_array(w.reasons, ' ')::varchar[] AS reasons,
        w.held
    FROM leads_engagementevent e JOIN wanted w ON w.id = e.id
    ORDER BY e.id FOR NO KEY UPDATE OF e
), changed AS (
    UPDATE leads_engagementevent e
    SET human = found.human, human_reasons = found.reasons, is_quarantined = found.held
    FROM found WHERE e.id = found.id
        AND (e.human, e.human_reasons, e.is_quarantined) IS DISTINCT FROM (found.human, found.reasons, found.held)
), queued AS (
    INSERT INTO leads_changedcontact (contact_id)
    SELECT DISTINCT contact_id FROM found WHERE contact_id IS NOT NULL AND was <> held
)
SELECT contact_id FROM found WHERE was <> held
"""


def _change(states: Mapping[int, State]) -> int:
    """Give events another opinion; how many went into the quarantine or came out. Must run in a transaction."""
    if not states:
        return 0
    columns = (
        [state.human for state in states.values()],
        [" ".join(state.reasons) if state.reasons else None for state in states.values()],
        [state.is_quarantined for state in states.values()],
    )
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, [list(states), *columns])
        moved = [row[0] for row in cursor.fetchall()]
    contact_ids = sorted({contact_id for contact_id in moved if contact_id is not None})
    if contact_ids:
        signals.engagement_recorded.send(sender=None, contact_ids=contact_ids)
    return len(moved)


# --- by hand ---


@transaction.atomic
def decide(event_ids: Sequence[int], *, is_human: bool) -> dict[int, State]:
    """Release events, or quarantine them; it stays so whatever the rule says. What they were, for an undo.

    Visits of somebody who objects to profiling stay in the quarantine.
    """
    sign = Sign.RELEASED if is_human else Sign.HELD
    before: dict[int, State] = {}
    after: dict[int, State] = {}
    rows = EngagementEvent.objects.select_for_update(no_key=True).filter(pk__in=event_ids).order_by("pk")
    for pk, human, known, is_held in rows.values_list("pk", "human", "human_reasons", "is_quarantined"):
        state = State(human, known, is_held)
        reasons = sorted({*(state.reasons or ()), sign} - (BY_HAND - {sign}))
        wanted = State(100 if is_human else 0, reasons, not is_human or Sign.OBJECTED in reasons)
        if wanted != state:
            before[pk], after[pk] = state, wanted
    _change(after)
    return before


@transaction.atomic
def put_back(before: Mapping[int, State]) -> int:
    """Undo a decision; how many events went into the quarantine or came out."""
    return _change(before)


# --- the rule ---


def _parts(given: Iterable[str], field: str) -> list[str]:
    parts = sorted({part for one in given if (part := normalise.line(one).lower())})
    if len(parts) > MOST_PARTS:
        raise Refused(**{field: f"At most {MOST_PARTS} parts; these are {len(parts)}."})
    if wrong := next((part for part in parts if not LEAST_PART <= len(part) <= LONGEST_PART), None):
        raise Refused(**{field: f"“{wrong[:40]}”: write {LEAST_PART} to {LONGEST_PART} letters of the user agent."})
    return parts


def rule_row() -> HumanRule:
    """The one row of the rule; made at the first need, and then nothing from before is watched."""
    row = HumanRule.objects.filter(pk=1).first()
    if row is None:
        newest = _newest_id()
        row, _ = HumanRule.objects.get_or_create(pk=1, defaults={"watched_to": newest, "seen_to": newest})
    return row


def _newest_id() -> int:
    return int(EngagementEvent.objects.aggregate(newest=Coalesce(Max("pk"), 0))["newest"])


@transaction.atomic
def change_rule(*, line: int, machines: Iterable[str], people: Iterable[str], now: datetime) -> Rejudging | None:
    """Another line, or other agents known as machines or people; all history is then judged again (None: no change)."""
    if not 0 <= line <= 100:
        raise Refused(line="Give a number from 0 to 100.")
    row = rule_row()
    row = HumanRule.objects.select_for_update().get(pk=row.pk)
    wanted = (line, _parts(machines, "machines"), _parts(people, "people"))
    if both := sorted({*wanted[1]} & {*wanted[2]}):
        raise Refused(people=f"“{both[0][:40]}” is called a machine and people at once. Leave it in one of the two.")
    if wanted == (row.line, row.machines, row.people):
        return None
    row.line, row.machines, row.people = wanted
    row.save(update_fields=["line", "machines", "people"])
    transaction.on_commit(humans.forget)
    Rejudging.objects.filter(finished_at=None).update(finished_at=now)  # the new one does all of their work
    run = Rejudging.objects.create(started_at=now, touched_at=now, last_id=_newest_id())
    signals.human_rule_changed.send(sender=None, rejudging_id=run.pk)
    return run


def _rule(row: HumanRule) -> Rule:
    """The rule as it stands now, not as this process remembers it."""
    return Rule(row.line, tuple(row.machines), tuple(row.people))


@transaction.atomic
def rejudge_range(rejudging_id: int, *, now: datetime) -> bool:
    """Judge the next range of history again; whether there is more. Two at once wait for each other."""
    run = Rejudging.objects.select_for_update().filter(pk=rejudging_id, finished_at=None).first()
    if run is None:
        return False
    left = EngagementEvent.objects.filter(pk__gte=run.next_id, pk__lte=run.last_id).order_by("pk")
    start = left.values_list("pk", flat=True).first() or run.last_id  # a gap in the numbers is passed in one step
    end = min(run.last_id, start + RANGE - 1)
    events = EngagementEvent.objects.filter(pk__gte=start, pk__lte=end, human__isnull=False)
    run.moved += _change(_opinions(events, _rule(rule_row())))
    run.next_id, run.touched_at = end + 1, now
    run.finished_at = now if end >= run.last_id else None
    run.save(update_fields=["moved", "next_id", "touched_at", "finished_at"])
    return run.finished_at is None


def _opinions(events: Any, rule: Rule, noticed: Mapping[int, set[Sign]] | None = None) -> dict[int, State]:
    """What the rule makes of events and of signs that were noticed since, where it differs from what stands."""
    rows = list(events.values_list("pk", "agent_id", "human", "human_reasons", "is_quarantined"))
    agents = UserAgent.objects.in_bulk({row[1] for row in rows if row[1] is not None})
    known: dict[tuple[Any, ...], State] = {}
    changed = {}
    for pk, agent_id, *state in rows:
        reasons = set(state[1] or ())
        if reasons & BY_HAND:
            continue
        if noticed and pk in noticed:
            reasons |= noticed[pk]
        key = (agent_id, frozenset(reasons))
        if key not in known:
            opinion = judge(agents[agent_id].text if agent_id is not None else None, reasons, rule)
            known[key] = State(opinion.human, list(opinion.reasons) or None, opinion.is_quarantined)
        if known[key] != State(*state):
            changed[pk] = known[key]
    return changed


# --- what only neighbours tell ---


@transaction.atomic
def watch(*, now: datetime) -> bool:
    """Look at what arrived lately for bursts and impossible speed; whether there is more to look at.

    However clicks in mails came, also from a program that does not say with which browser, their bursts are seen.
    Every event is looked at in two passes that overlap, so that a burst over the edge of one is seen in the other.
    A pass also repairs what a process judged by a rule that had just been replaced.
    """
    rule_row()
    row = HumanRule.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if row is None:  # somebody else is at it
        return False
    newest = _newest_id()
    upto = min(newest, row.seen_to + RANGE)
    if row.watched_to >= newest:
        return False
    arrived = EngagementEvent.objects.filter(pk__gt=row.watched_to, pk__lte=upto)
    noticed = _seen_by_neighbours(arrived, now)
    _change(_opinions(arrived.filter(Q(human__isnull=False) | Q(pk__in=noticed)), _rule(row), noticed))
    row.watched_to, row.seen_to = row.seen_to, upto
    row.save(update_fields=["watched_to", "seen_to"])
    return upto < newest


@transaction.atomic
def notice(event_ids: Iterable[int], sign: Sign) -> int:
    """A sign is seen of events that are stored already; how many went into the quarantine or came out."""
    noticed = {pk: {sign} for pk in event_ids}
    events = EngagementEvent.objects.filter(pk__in=noticed, human__isnull=False).order_by("pk")
    return _change(_opinions(events, _rule(rule_row()), noticed))


@transaction.atomic
def note_trapped(identity_id: int, *, now: datetime) -> int:
    """A visitor followed a link that nobody can see: what it did shortly before is no person's; how many events.

    What it does shortly after is found by `watch`.
    """
    Trapped.objects.update_or_create(identity_id=identity_id, defaults={"at": now})
    before = EngagementEvent.objects.filter(identity=identity_id, occurred_at__gt=now - TRAPPED_FOR)
    return notice(before.order_by("-pk").values_list("pk", flat=True)[:MOST_TRAPPED], Sign.HONEYPOT)


def _seen_by_neighbours(events: Any, now: datetime) -> dict[int, set[Sign]]:
    """Signs of events that only other events of the same visitor tell."""
    found = {pk: {sign} for pk, sign in _crowds(events).items()}
    trapped = dict(Trapped.objects.filter(at__gt=now - 2 * TRAPPED_FOR).values_list("identity_id", "at"))
    judged = events.filter(human__isnull=False)
    rows = judged.filter(identity__in=trapped).values_list("pk", "identity_id", "occurred_at") if trapped else ()
    for pk, identity_id, at in rows:
        if abs(at - trapped[identity_id]) < TRAPPED_FOR:
            found.setdefault(pk, set()).add(Sign.HONEYPOT)
    return found


def _crowds(events: Any) -> dict[int, Sign]:
    kinds = {kind.pk: kind.key for kind in EventKind.objects.filter(key__in=LIMITS)}
    told = [pk for pk, key in kinds.items() if key in TOLD]
    by_visitor: dict[int, list[Done]] = {}
    watched = events.filter(Q(kind__in=kinds, human__isnull=False) | Q(kind__in=told))
    rows = watched.values_list("identity_id", "pk", "kind_id", "occurred_at", "properties", "human")
    for identity_id, pk, kind_id, at, properties, human in rows:
        if human is None and not (at.minute % 15 or at.second or at.microsecond):  # only the day or the hour is known
            continue
        by_visitor.setdefault(identity_id, []).append(Done(pk, kinds[kind_id], at, _target(properties)))
    found: dict[int, Sign] = {}
    for done in by_visitor.values():
        if len(done) >= min(limit for limit, _, _ in LIMITS.values()):
            found |= crowded(done)
    return found


def _target(properties: Mapping[str, Any]) -> str:
    told = (properties.get(name) for name in ("url", "href", "link_url", "link", "path"))
    return next((value for value in told if isinstance(value, str)), "")
