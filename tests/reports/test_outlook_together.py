"""One range for the deals of all currencies: simulated together in the reporting currency, never added up of ranges."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipeline import services
from pipeline.models import Opportunity, ReportingCurrency
from pipeline.queries import Filters
from reports import queries
from reports.models import ForecastSnapshot, Outlook, OutlookRange, SnapshotRange
from reports.services import outlook, refresh_outlook, take_snapshot
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "RUNS", 200)


@pytest.fixture
def two_currencies(cast: Cast) -> None:
    """Sixteen deals, every second one in dollars (half a euro each), every fourth one lost; four are open."""
    for number in range(16):
        closed, is_won = NOW - timedelta(days=5 + 9 * number), bool(number % 4)
        rows.opportunity(
            cast.rita,
            at="Won" if is_won else "Lost",
            amount=1000 + 100 * number,
            currency=("EUR", "USD")[number % 2],
            opened=closed - timedelta(days=30),
            closed_at=closed,
            lost_reason="" if is_won else "price",
        )
    for currency in ("EUR", "EUR", "USD", "USD"):
        rows.opportunity(cast.rita, at="Negotiation", amount=5000, currency=currency)
    services.set_reporting_currency(currency="EUR")


def rate(cast: Cast, value: str, *, day: date = date(2025, 1, 1), minute: int = 0) -> None:
    now = NOW + timedelta(minutes=minute)
    services.set_rate(currency="USD", day=day, rate=value, actor=cast.mona, now=now)


def ranges(**scope: Any) -> dict[tuple[str, date], tuple[Any, ...]]:
    found = OutlookRange.objects.filter(outlook__is_together=True, **({"owner": None, "team": None} | scope))
    return {(row.unit, row.start): (row.p10, row.p50, row.p90) for row in found}


def likely(cast: Cast, *, together: bool, **filters: Any) -> Any:
    people = [cast.rita, cast.mona]
    return queries.forecast(cast.mona, Filters(**filters), now=NOW, people=people, together=together).current.likely


def test_one_range_of_all_deals(cast: Cast, two_currencies: None) -> None:
    rate(cast, "0.5")
    assert refresh_outlook(now=NOW) == ["EUR", "all in EUR", "USD"]
    whole = Outlook.objects.get(is_together=True)
    assert (whole.currency, whole.open_deals, whole.closed_deals) == ("EUR", 4, 16)
    assert whole.lead_conversion is None  # leads are counted through per currency
    found: Any = likely(cast, together=True)
    assert (found.low, found.middle, found.high) == ranges()["month", JUNE]
    assert (found.low, found.high) != (likely(cast, together=False).low, likely(cast, together=False).high)
    assert likely(cast, together=True, owner=str(cast.rita.pk)) is not None
    # bounds are not added up: bad luck in one currency is seldom bad luck in the other
    dollars: Any = likely(cast, together=False, currency="USD")
    euros: Any = likely(cast, together=False, currency="EUR")
    assert found.high < euros.high + dollars.high / 2


def test_what_is_closed_counts_by_the_rate_of_its_day(cast: Cast, two_currencies: None) -> None:
    rate(cast, "0.5")
    rate(cast, "100", day=NOW.date() - timedelta(days=1))
    rows.opportunity(cast.sven, at="Won", amount=80_000, currency="USD", closed_at=NOW - timedelta(days=2))
    refresh_outlook(now=NOW)
    low, _, high = ranges(owner=cast.sven)["month", JUNE]
    assert 40_000 <= low <= high
    assert low < 8_000_000


def test_the_same_deals_give_the_same_range_and_another_rate_another(cast: Cast, two_currencies: None) -> None:
    rate(cast, "0.5")
    refresh_outlook(now=NOW)
    before = ranges()
    refresh_outlook(now=NOW, everything=True)
    assert ranges() == before
    rate(cast, "50", minute=1)
    assert refresh_outlook(now=NOW + timedelta(minutes=5)) == ["all in EUR"]
    assert ranges()["year", date(2026, 1, 1)][1] > 10 * before["year", date(2026, 1, 1)][1]


def test_without_a_rate_there_is_none_of_all(cast: Cast, two_currencies: None) -> None:
    """What is told of all would be of some."""
    assert refresh_outlook(now=NOW) == ["EUR", "all in EUR", "USD"]
    assert ranges() == {}
    assert likely(cast, together=True) is None
    assert refresh_outlook(now=NOW + timedelta(minutes=5)) == []  # nothing has changed: it is not tried again
    rate(cast, "0.5", minute=6)
    assert refresh_outlook(now=NOW + timedelta(minutes=7)) == ["all in EUR"]
    assert likely(cast, together=True) is not None


def test_what_was_won_before_any_rate_tells_how_deals_go(cast: Cast, two_currencies: None) -> None:
    old = NOW - timedelta(days=500)
    rows.opportunity(cast.rita, at="Won", amount=7, currency="USD", opened=old - timedelta(days=9), closed_at=old)
    rate(cast, "0.5")  # from January 2025 on
    rows.opportunity(cast.rita, at="Won", amount=7, currency="CHF", opened=old - timedelta(days=9), closed_at=old)
    refresh_outlook(now=NOW)
    assert Outlook.objects.get(is_together=True).closed_deals == 18
    assert ranges()


def test_it_goes_with_the_second_currency_or_the_reporting_one(cast: Cast, two_currencies: None) -> None:
    rate(cast, "0.5")
    refresh_outlook(now=NOW)
    services.set_reporting_currency(currency="USD")
    assert refresh_outlook(now=NOW + timedelta(minutes=5)) == ["all in USD"]
    assert [row.currency for row in Outlook.objects.filter(is_together=True)] == ["USD"]
    ReportingCurrency.objects.all().delete()
    refresh_outlook(now=NOW + timedelta(minutes=10))
    assert not Outlook.objects.filter(is_together=True).exists()
    services.set_reporting_currency(currency="EUR")
    refresh_outlook(now=NOW + timedelta(minutes=15))
    assert Outlook.objects.filter(is_together=True).exists()
    Opportunity.objects.filter(currency="USD").delete()
    refresh_outlook(now=NOW + timedelta(minutes=20))
    assert [(row.currency, row.is_together) for row in Outlook.objects.all()] == [("EUR", False)]


def test_the_record_stays_per_currency(cast: Cast, two_currencies: None) -> None:
    rate(cast, "0.5")
    refresh_outlook(now=NOW)
    assert take_snapshot(now=NOW)
    kept = SnapshotRange.objects.filter(snapshot=ForecastSnapshot.objects.get(), unit="month", start=JUNE)
    assert sorted(row.currency for row in kept) == ["EUR", "USD"]


def test_the_pages_show_it(cast: Cast, two_currencies: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client = client_of(cast.mona)
    rate(cast, "0.5")
    assert "a rate is missing" in client.get("/forecast/?together=yes").content.decode()
    refresh_outlook(now=NOW)
    page = client.get("/forecast/?together=yes").content.decode()
    assert "It rests on 16 opportunities that ended and 4 that are open" in page
    assert "column-range" in page
    assert queries.forecast_headline(cast.mona, now=NOW).likely is not None
