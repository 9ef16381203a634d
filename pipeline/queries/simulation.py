"""What routing rules would have done with the prospects of the last weeks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline import sharing
from pipeline.models import HandOff, HandOffState, RoutingRule, Turn
from pipeline.queries.availability import Worker, candidates_of, workers
from pipeline.queries.routing import BATCH, Pools, fitting

DAYS = 30
MOST = 2000
OWNERS = "Whoever looked after them already"
NO_RULE = "No rule: every rep"


@dataclass(frozen=True, slots=True)
class Simulation:
    """The prospects of a month, handed out again."""

    count: int
    by_rule: list[tuple[str, int]]  # in the order in which rules are tried
    by_rep: list[tuple[str, int, int]]  # name, really, by these rules
    unplaced: int
    is_cut: bool


@dataclass(slots=True)
class _Run:
    """Who has what while the month is played."""

    people: dict[int, Worker]
    turns: dict[int, Turn] = field(default_factory=dict)
    given: dict[int, list[datetime]] = field(default_factory=dict)

    def give(self, pool: Sequence[int], at: datetime) -> int | None:
        """Who of the pool gets it then; all accounts are kept."""
        them = [self._as_of(self.people[pk], at) for pk in pool if pk in self.people]
        decision = sharing.share(candidates_of(them, self.turns, now=at))
        for one in decision.shares:
            turn = self.turns.setdefault(one.candidate.rep_id, Turn(rep_id=one.candidate.rep_id))
            turn.credit = one.credit
            if one.paid:
                turn.at = at
                self.given.setdefault(one.candidate.rep_id, []).append(at)
        return decision.chosen.rep_id if decision.chosen else None

    def _as_of(self, worker: Worker, at: datetime) -> Worker:
        times = self.given.get(worker.user.pk, [])
        week = sum(1 for one in times if one > at - timedelta(days=7))
        return replace(worker, last_week=week, last_weeks=sum(1 for one in times if one > at - timedelta(days=28)))


def simulate(rules: Sequence[RoutingRule], members: dict[str, list[int]], *, now: datetime) -> Simulation:
    """Play the last month. `members` names the people of rules that are not saved yet, by the rule's name.

    A few queries per 500 prospects. Absences are those of each day, pauses and capacities today's.
    """
    rows = list(
        HandOff.objects.filter(offered_at__gte=now - timedelta(days=DAYS), replaces=None)
        .exclude(state=HandOffState.JOINED)
        .order_by("offered_at", "pk")
        .values_list("contact", "offered_at", "rep", "rep__name", "routing")[: MOST + 1]
    )
    is_cut, rows = len(rows) > MOST, rows[:MOST]
    ids = sorted({row[0] for row in rows})
    fits: dict[int, list[bool]] = {}
    for start in range(0, len(ids), BATCH):
        fits |= fitting(rules, ids[start : start + BATCH])
    pools = Pools.read()
    run = _Run(workers(pools.reps.values(), now=now))
    of_rule = [[user.pk for user in pools.of(rule, members.get(rule.name))] for rule in rules]
    by_rule, by_rep, really, unplaced = Counter[str](), Counter[str](), Counter[str](), 0
    for contact, at, _, name, routing in rows:
        really[name or "Nobody"] += 1
        if not routing.get("shares") and name:
            by_rule[OWNERS] += 1
            by_rep[name] += 1
            continue
        rep, used = None, NO_RULE
        for rule, pool, is_fit in zip(rules, of_rule, fits.get(contact, [False] * len(rules)), strict=True):
            if is_fit:
                rep, used = run.give(pool, at), rule.name
                if rep or rule.waits:
                    break
        else:
            rep, used = run.give(list(pools.reps), at), NO_RULE
        by_rule[used] += 1
        unplaced += rep is None
        by_rep[pools.reps[rep].name if rep in pools.reps else "Nobody"] += 1
    names = sorted({*really, *by_rep, *(user.name for user in pools.reps.values())})
    order = [OWNERS, *(rule.name for rule in rules), NO_RULE]
    return Simulation(
        len(rows),
        [(name, by_rule[name]) for name in order],
        [(name, really[name], by_rep[name]) for name in names if name != "Nobody"],
        unplaced,
        is_cut,
    )
