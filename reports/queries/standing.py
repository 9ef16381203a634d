"""What stands beside the deals' figures: quotas, managers' own figures, and the simulated ranges."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal

from pipeline.exchange import in_cents
from pipeline.models import ForecastCall
from pipeline.periods import Unit
from pipeline.queries import NOBODY, Filters
from pipeline.queries.quotas import calls, quotas, sees_calls
from pipeline.rollup import Own, roll_up
from reports.models import Basis, OutlookRange
from reports.queries.figures import ZERO, Call, Forecast, Likely, Resting
from users.models import User


def stand_beside(made: Forecast, user: User, filters: Filters, *, people: Mapping[int, User]) -> None:
    """Put them there. At most four queries."""
    _quotas(made, user, filters, people)
    _calls(made, user, people)
    add_ranges(made, filters)


def _chosen(filters: Filters, people: Mapping[int, User]) -> set[int]:
    """Of those who are named, whose figures the filters leave."""
    if filters.owner == NOBODY:
        return set()
    if filters.owner:
        return {int(filters.owner)} & set(people)
    return {pk for pk, person in people.items() if filters.team is None or person.team_id == filters.team}


def _quotas(made: Forecast, user: User, filters: Filters, people: Mapping[int, User]) -> None:
    first, end = made.months[0].period.start, made.months[-1].period.end
    found = quotas(user, first=first, end=end, currency=made.currency)
    chosen = _chosen(filters, people)
    by_month: dict[date, list[Decimal]] = defaultdict(list)
    of_seller: dict[int, Decimal] = {}
    for (owner, month), amount in found.items():
        if owner in chosen:
            by_month[month].append(amount)
        if made.current.period.holds(month):
            of_seller[owner] = of_seller.get(owner, ZERO) + amount
    for shown in made.months:
        amounts = [amount for one in shown.period.months for amount in by_month.get(one, [])]
        shown.quota = sum(amounts, ZERO) if amounts else None
    for seller in made.sellers:
        if seller.owner is not None:
            seller.now.quota = of_seller.get(seller.owner.pk)


def _calls(made: Forecast, user: User, people: Mapping[int, User]) -> None:
    """A longer period has a figure only where each of its months has one."""
    period = made.current.period
    found = calls(first=period.start, end=period.end, currency=made.currency) if sees_calls(user) else []
    if period.unit != Unit.MONTH:  # one manager's figure of one month says nothing of three
        whole = {key for key, count in _counted(found).items() if count == len(period.months)}
        found = [call for call in found if (call.owner_id, call.team_id) in whole]
    sums: dict[tuple[int | None, int | None], Call] = {}
    for call in found:
        key = (call.owner_id, call.team_id)
        before = sums[key].amount if key in sums else ZERO
        sums[key] = Call(before + (call.amount or ZERO), call.note, str(call.by or ""))
    own = []
    for seller in made.sellers:
        pk = seller.owner.pk if seller.owner else None
        seller.call = sums.get((pk, None)) if pk is not None else None
        team = seller.owner.team_id if seller.owner else None
        own.append(Own(pk, team, seller.now.committed, seller.call.amount if seller.call else None))
    teams = {person.team_id for person in people.values()}
    team_calls: dict[Hashable, Decimal] = {
        team: call.amount for (_, team), call in sums.items() if team is not None and team in teams
    }
    made.rolled = roll_up(own, team_calls)


def _counted(found: list[ForecastCall]) -> dict[tuple[int | None, int | None], int]:
    counts: dict[tuple[int | None, int | None], int] = defaultdict(int)
    for call in found:
        counts[(call.owner_id, call.team_id)] += 1
    return counts


def add_ranges(made: Forecast, filters: Filters) -> None:
    """Of all, of a team, or of a person: whoever is meant. What nobody owns has none. One query."""
    if filters.pipeline is not None or filters.owner == NOBODY:
        return
    rows = OutlookRange.objects.filter(
        outlook__currency=made.currency,
        outlook__is_together=made.is_together,
        basis=Basis.DEALS,
        unit=made.current.period.unit,
        **_scope(filters),
    )
    found = {row.start: row for row in rows.select_related("outlook")}
    for month in made.months:
        if row := found.get(month.period.start):
            # what has been won since it was worked out is sure: no future brings less
            month.likely = Likely(*(in_cents(max(one, month.closed.amount)) for one in (row.p10, row.p50, row.p90)))
            made.rests_on = Resting(row.outlook.open_deals, row.outlook.closed_deals, row.outlook.at)


def _scope(filters: Filters) -> dict[str, int | None]:
    """Which range is meant."""
    return {"owner": int(filters.owner) if filters.owner else None, "team": None if filters.owner else filters.team}
