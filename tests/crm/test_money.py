"""Sums on Today and in the weekly mail where currencies mix: in the reporting one, by the helper of board and list."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm import digest, queries
from crm.views.today import _rep_tiles
from pipeline import services
from pipeline.models import Opportunity
from pipeline.queries import Filters, listed, total
from pipeline.queries.currencies import together_as_one
from reports.queries import forecast_headline
from tests.budget import cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows


def in_one(user: Any, query: str) -> Any:
    """What the list behind a number says."""
    given = dict(part.split("=") for part in query.split("&"))
    behind = listed(user, Filters.parse(given), now=NOW)
    return together_as_one(behind, total(behind), today=NOW.date())


@pytest.fixture
def mixed(cast: Cast) -> None:
    """Won and open this month in three currencies, one of which has no rate; NOW is 15 June 2026."""
    services.set_reporting_currency(currency="EUR")
    for day, value in ((date(2026, 1, 1), "0.5"), (date(2026, 6, 15), "0.8")):
        services.set_rate(currency="USD", day=day, rate=value, actor=cast.mona, now=NOW)
    for code, amount in (("EUR", 1000), ("USD", 100), ("CHF", 7)):
        rows.opportunity(cast.rita, at="Won", amount=amount, currency=code, closed_at=NOW - timedelta(days=3))
        rows.opportunity(cast.rita, at="Proposal", amount=amount, currency=code, expected_close=NOW.date())


def test_a_rep_s_tiles(cast: Cast, mixed: None) -> None:
    day = queries.rep_day(cast.rita, now=NOW)
    won: Any = day.deals.in_one["won"]
    closing: Any = day.deals.in_one["open"]
    assert (won.amount, closing.amount) == (1000 + 50, 1000 + 80)
    assert in_one(cast.rita, day.deals.won_query).amount == won.amount
    assert in_one(cast.rita, day.deals.closing_query).amount == closing.amount
    first, second = _rep_tiles(day)[:2]
    assert "≈" in first["value"] and "€1,050" in first["value"] and "1 USD = 0.5 EUR" in first["value"]
    assert (first["note"], second["note"]) == ("3 opportunities, without CHF: no rate",) * 2


def test_a_manager_s_day(cast: Cast, mixed: None) -> None:
    day = queries.manager_day(cast.mona, now=NOW)
    head: Any = day.forecast
    assert (head.currency, head.is_together, head.unrated, head.other_currencies) == ("EUR", True, ["CHF"], 0)
    assert (head.closed.amount, head.due.amount, head.likely) == (1050, 1080, None)
    assert in_one(cast.mona, head.closed.query).amount == head.closed.amount
    rita: Any = next(seller for seller in day.sellers if seller.user == cast.rita)
    assert (rita.open_in_one.amount, rita.won_in_one.amount) == (1080, 1050)
    page = client_of(cast.mona).get("/").content.decode()
    assert "All currencies in EUR" in page and "for want of a rate: CHF." in page
    assert "without CHF: no rate" in page and "are not in these sums" not in page


def test_without_a_reporting_currency_they_stand_side_by_side(cast: Cast, mixed: None) -> None:
    services.set_reporting_currency(currency="")
    day = queries.manager_day(cast.mona, now=NOW)
    assert (day.forecast.is_together, day.forecast.other_currencies) == (False, 4)
    assert day.forecast.closed.amount in (7, 100, 1000)
    assert day.sellers[0].open_in_one is None
    assert queries.rep_day(cast.rita, now=NOW).deals.in_one == {}
    assert "All currencies in" not in client_of(cast.mona).get("/").content.decode()


def test_one_currency_costs_nothing_more_and_many_no_more_than_two(cast: Cast) -> None:
    def headline() -> int:
        return cost(lambda: forecast_headline(cast.mona, now=NOW))

    services.set_reporting_currency(currency="EUR")
    rows.opportunity(cast.rita, amount=5)
    assert headline() == 3
    for code in ("USD", "CHF", "GBP", "SEK"):
        rows.opportunity(cast.rita, amount=5, currency=code)
        assert headline() == 5


def test_the_week_s_mail(cast: Cast, mixed: None) -> None:
    monday = datetime(2026, 6, 16, 9, tzinfo=NOW.tzinfo)  # tells of the week until the 14th
    week = digest.last_week(now=monday)
    text = "\n".join(week.lines)
    assert "Won            3: CHF\u00a07 + €1,000 + $100 ≈ €1,050, without CHF: no rate" in text
    assert "Open now       3: CHF\u00a07 + €1,000 + $100 ≈ €1,080, without CHF: no rate" in text
    Opportunity.objects.exclude(currency="EUR").delete()
    assert "Won            1: €1,000\n" in "\n".join(digest.last_week(now=monday).lines)
    assert Decimal(1000) == forecast_headline(cast.mona, now=NOW).closed.amount
