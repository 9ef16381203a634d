"""The forecast as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipeline.exchange import in_cents
from pipeline.views.filtering import sellers
from reports import queries
from reports.queries.figures import Figure, Month
from reports.views.asked import asked_of
from reports.views.forecast import unit_of
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can


@require_safe
@requires(Can.EXPORT_LISTS)
def forecast(request: SignedInRequest, format: str) -> HttpResponse:
    """The forecast by period and by owner, with range, quota and managers' figures."""
    unit = unit_of(request.GET.get("unit", ""))
    asked, people = asked_of(request), sellers(request.user)
    together = request.GET.get("together") == "yes"
    whole = queries.forecast(request.user, asked, now=timezone.now(), people=people, unit=unit, together=together)
    header = ["By", "", "Currency", "Closed", "Closed amount", "Commit", "Best case", "Pipeline", "Open", "Open amount"]
    header += ["Open weighted", "Without amount", "P10", "P50", "P90", "Quota", "Manager's figure"]

    def row(by: str, name: str, still_open: Figure, month: Month | None = None, called: Any = None) -> list[Any]:
        sure: list[Any] = [None] * 5
        beside: list[Any] = [None] * 4
        if month is not None:
            sums = (month.closed.amount, month.commit.amount, month.best.amount, month.early.amount)
            sure = [month.closed.count, *map(in_cents, sums)]
            likely = month.likely
            beside = [likely.low, likely.middle, likely.high] if likely else [None] * 3
            beside.append(month.quota)
        weighted = in_cents(still_open.weighted)
        counted = [still_open.count, in_cents(still_open.amount), weighted, still_open.unknown]
        return [by, name, whole.currency, *sure, *counted, *beside, called]

    def rows() -> Iterator[list[Any]]:
        for month in whole.months:
            yield row(unit.value.capitalize(), month.period.key, month.open, month)
        if whole.unrated:
            yield ["Without a rate", ", ".join(whole.unrated), *[None] * (len(header) - 2)]
        for name, _, figure in whole.rests:
            yield row("Rest", name, figure)
        for seller in whole.sellers:
            called = seller.call.amount if seller.call else None
            yield row(f"Owner, this {unit.value}", seller.name, seller.now.open, seller.now, called)
            yield row("Owner, all open", seller.name, seller.all)
        if whole.rolled:
            names: dict[Any, str] = {person.team_id: str(person.team) for person in people if person.team}
            sums = [(names.get(key, "None"), one) for key, one in whole.rolled.teams.items()]
            for name, one in (*sums, ("All", whole.rolled.all)):
                if one.is_adjusted:
                    yield [f"Team, this {unit.value}", name, whole.currency, *[None] * (len(header) - 4), one.adjusted]

    return send(request, format, header, rows(), name="forecast")
