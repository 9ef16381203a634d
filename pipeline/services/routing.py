"""To whom a prospect goes, and why: owners first, then the rules in their order, then the fair share."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.locks import locked
from leads.models import Contact, Standing
from pipeline import sharing
from pipeline.models import Pipeline, RoutingRule, Turn
from pipeline.queries.availability import Worker, candidates_of, workers
from pipeline.queries.routing import Pools, active_rules, can, fitting, sellers_of_company
from pipeline.sharing import Decision
from users.models import User


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets it (nobody: none of those who may is free), and the whole explanation, in plain JSON."""

    rep: User | None
    because: str
    rule: str = ""
    explained: dict[str, Any] = field(default_factory=dict)


def assign(
    standing: Standing,
    contact: Contact,
    pipeline: Pipeline,
    *,
    now: datetime,
    actor: User | None = None,
    owner: User | None = None,
    but_not: Collection[int] = (),
) -> Assignment:
    """Choose, and take the turn; must run in the transaction that hands over, with the standing locked.

    `actor` is the rep who promotes by hand, `owner` whom they give it to; `but_not` are those who had it before.
    """
    if owner:
        return _by_reason(owner, f"{owner} took it" if owner == actor else f"{actor} gave it to {owner}", [])
    theirs = _for_a_reason(standing, contact, now=now, actor=actor, but_not=but_not)
    if theirs:
        return theirs
    pools, rules = Pools.read(), active_rules()
    fits = fitting(rules, [contact.pk]).get(contact.pk, [False] * len(rules))
    tried: list[dict[str, Any]] = []
    for rule, is_fit in zip(rules, fits, strict=True):
        if not is_fit:
            tried.append({"rule": rule.name, "said": "does not fit"})
            continue
        chosen = take_turn(pools.of(rule), now=now, but_not=but_not, skills=rule.skills)
        if chosen.chosen or rule.waits:
            return _explained(pools, chosen, f"Rule “{rule.name}”", tried, rule=rule)
        tried.append({"rule": rule.name, "said": "fits, but nobody of it is free", "shares": shares_of(chosen)})
    rest = pools.whom_no_rule_names(pipeline)
    because = f"Every rep of team {pipeline.team}" if pipeline.team_id else "Every rep"
    return _explained(pools, take_turn(rest, now=now, but_not=but_not), because, tried)


def _for_a_reason(
    standing: Standing, contact: Contact, *, now: datetime, actor: User | None, but_not: Collection[int]
) -> Assignment | None:
    """Whoever looks after the contact, promotes it, or looks after the company; their substitute while they are away.

    Capacity does not count: these are theirs already.
    """
    wanted = dict.fromkeys(sellers_of_company(contact), "looks after the company")
    if actor:
        wanted = {actor.pk: "promoted it by hand"} | {pk: why for pk, why in wanted.items() if pk != actor.pk}
    if standing.owner_id:
        first = standing.owner_id
        wanted = {first: "looks after this contact"} | {pk: why for pk, why in wanted.items() if pk != first}
    passed: list[dict[str, str]] = []
    for worker in _workers(list(wanted), now=now):
        why, away = wanted[worker.user.pk], worker.away_because(now)
        if worker.user.pk in but_not:
            passed.append({"name": worker.user.name, "why_not": "had it before"})
            continue
        if not away:
            return _by_reason(worker.user, f"{worker.user.name} {why}", passed)
        passed.append({"name": worker.user.name, "why_not": away})
        for other in _workers([worker.substitute_id] if worker.substitute_id else [], now=now):
            if other.user.pk not in but_not and not other.away_because(now):
                said = f"{other.user.name} stands in for {worker.user.name}, who {why} and is {away}"
                return _by_reason(other.user, said, passed)
    return None


def _workers(rep_ids: Sequence[int], *, now: datetime) -> list[Worker]:
    """Of the given ones those who can be handed a prospect, in the same order."""
    if not rep_ids:
        return []
    people = User.objects.active_reps().filter(pk__in=rep_ids)
    found = workers(people, now=now)
    return [found[pk] for pk in rep_ids if pk in found]


def _by_reason(rep: User, because: str, passed: list[dict[str, str]]) -> Assignment:
    return Assignment(rep, because, explained={"because": because, "passed": passed})


def _explained(
    pools: Pools, decision: Decision, because: str, tried: list[dict[str, Any]], *, rule: RoutingRule | None = None
) -> Assignment:
    rep = pools.reps.get(decision.chosen.rep_id) if decision.chosen else None
    if rep is None and decision.chosen:
        rep = User.objects.get(pk=decision.chosen.rep_id)
    said = f"{because}: {decision.chosen.name}'s turn" if decision.chosen else f"{because}: nobody is free"
    explained = {"because": said, "tried": tried, "shares": shares_of(decision)}
    if rule and rule.skills:
        explained["skills"] = list(rule.skills)
    return Assignment(rep, said, rule.name if rule else "", explained)


def shares_of(decision: Decision) -> list[dict[str, Any]]:
    """The decision as it is kept: what each was owed, credited and paid, and why some could not take it."""
    return [
        {
            "rep": one.candidate.rep_id,
            "name": one.candidate.name,
            "capacity": None if one.candidate.capacity is None else str(one.candidate.capacity),
            "before": one.candidate.credit,
            "credited": one.credited,
            "paid": one.paid,
            "last_at": one.candidate.last_at.isoformat() if one.candidate.last_at else None,
            "why_not": one.candidate.why_not,
            "stands_in_for": one.candidate.stands_in_for,
        }
        for one in decision.shares
    ]


def take_turn(
    pool: Iterable[User], *, now: datetime, but_not: Collection[int] = (), skills: Collection[str] = ()
) -> Decision:
    """Whose turn it is; the ledger is written. Must run in the transaction that uses it. Whoever stands in for one of
    the pool must have the `skills`, too.

    The pool's rows of the ledger are locked first, in the order of their keys, so that of two promotions at once the
    second waits and then counts what the first was given.
    """
    people = list(pool)
    if not people:
        return Decision(None, ())
    found = workers(people, now=now)
    people, found, stand_ins = _with_substitutes(people, found, now=now, skills=skills)
    ids = sorted(user.pk for user in people)
    Turn.objects.bulk_create([Turn(rep_id=pk) for pk in ids], ignore_conflicts=True)
    turns = {turn.pk: turn for turn in locked(Turn.objects.filter(pk__in=ids))}
    # counted again, now that nobody else can give them anything
    found = workers([found[pk].user for pk in ids], now=now)
    candidates = candidates_of([found[pk] for pk in ids], turns, now=now, but_not=but_not, stand_ins=stand_ins)
    decision = sharing.share(candidates)
    if decision.chosen:
        # turns of one instant still need an order
        latest = max((turn.at + timedelta(microseconds=1) for turn in turns.values() if turn.at), default=now)
        for one in decision.shares:
            turn = turns[one.candidate.rep_id]
            turn.credit = one.credit
            if one.paid:
                turn.at = max(now, latest)
        Turn.objects.bulk_update(turns.values(), ["credit", "at"])
    return decision


def _with_substitutes(
    people: list[User], found: dict[int, Worker], *, now: datetime, skills: Collection[str]
) -> tuple[list[User], dict[int, Worker], dict[int, str]]:
    """Whoever stands in for somebody who is away joins, unless they are among them already."""
    wanted = {
        worker.substitute_id: worker.user.name
        for worker in found.values()
        if worker.substitute_id and worker.substitute_id not in found and worker.away_because(now)
    }
    if not wanted:
        return people, found, {}
    reps = User.objects.active_reps().filter(pk__in=wanted).select_related("availability").order_by("pk")
    others = [user for user in reps if can(user, skills)]
    stand_ins = {user.pk: wanted[user.pk] for user in others}
    return people + others, found | workers(others, now=now), stand_ins
