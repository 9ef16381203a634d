"""How right the forecast was, from a record that can be checked by hand."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from pipeline import services
from pipeline.models import ForecastCall
from pipeline.queries import Filters
from reports.models import ForecastSnapshot, ForecastTotal, SnapshotRange
from reports.queries.accuracy import accuracy
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def snapshot(day: date) -> ForecastSnapshot:
    row, _ = ForecastSnapshot.objects.get_or_create(
        day=day, defaults={"taken_at": datetime.combine(day, datetime.min.time(), UTC)}
    )
    return row


def said(day: date, month: date, owner: User | None, **amounts: int) -> None:
    ForecastTotal.objects.create(snapshot=snapshot(day), currency="EUR", owner=owner, month=month, **amounts)


def likely(day: date, month: date, low: int, middle: int, high: int) -> None:
    SnapshotRange.objects.create(
        snapshot=snapshot(day), currency="EUR", unit="month", start=month, p10=low, p50=middle, p90=high
    )


@pytest.fixture
def spring(cast: Cast) -> None:
    """Rita commits too much, Sven too little; the range of April is missed."""
    for month, rita, sven, came_rita, came_sven in (
        (MARCH, 1000, 100, 800, 150),
        (APRIL, 1000, 100, 700, 100),
        (MAY, 1000, 0, 900, 50),
    ):
        said(month, month, cast.rita, commit=rita, best=200, weighted=500)
        said(month, month, cast.sven, commit=sven, weighted=100)
        likely(month, month, 850, 900, 1200)
        for owner, amount in ((cast.rita, came_rita), (cast.sven, came_sven)):
            rows.opportunity(
                owner,
                at="Won",
                amount=amount,
                opened=datetime.combine(month - timedelta(days=40), datetime.min.time(), UTC),
                closed_at=datetime.combine(month + timedelta(days=9), datetime.min.time(), UTC),
            )
    said(APRIL, MAY, cast.rita, commit=400)  # what was said of May a month before
    ForecastCall.objects.create(
        owner=cast.rita,
        month=MAY,
        amount=950,
        original=1000,
        note="x",
        by=cast.mona,
        at=datetime(2026, 5, 3, tzinfo=UTC),
    )
    ForecastCall.objects.create(  # too late to be a forecast
        owner=cast.rita,
        month=MAY,
        amount=900,
        original=1000,
        note="x",
        by=cast.mona,
        at=datetime(2026, 6, 1, tzinfo=UTC),
    )


def found(user: User, **filters: Any) -> Any:
    return accuracy(user, Filters(**filters), now=NOW, currency="EUR")


def test_by_month_and_method(cast: Cast, spring: None) -> None:
    made = found(cast.mona)
    assert [(row.month, row.came, row.said["commit"], row.is_covered) for row in made.months] == [
        (MARCH, 950, 1100, True),
        (APRIL, 800, 1100, False),
        (MAY, 950, 1000, True),
    ]
    start, month_before = made.horizons[:2]
    commit = start.score("commit")
    assert (commit.said, commit.came, commit.missed) == (3200, 2700, 150 + 300 + 50)
    assert commit.bias == pytest.approx(-15.625)
    assert start.score("best").said == 3800
    assert start.score("weighted").missed == 350 + 200 + 350
    assert start.score("middle").missed == 50 + 100 + 50
    assert (start.covered.inside, start.covered.below, start.covered.above) == (2, 1, 0)
    # a month before: April's snapshot of May, March's of April, which said nothing of it
    assert [(row.month, row.said["commit"]) for row in month_before.months] == [(APRIL, 0), (MAY, 400)]


def test_by_person_and_manager(cast: Cast, spring: None) -> None:
    made = found(cast.mona)
    people = {one.owner: one.score for one in made.people}
    assert people[cast.rita.pk].bias == pytest.approx(-20.0)
    assert [people[cast.sven.pk].said, people[cast.sven.pk].came] == [200, 300]
    assert [made.called.said, made.called.missed, made.replaced.missed] == [950, 50, 100]
    only = found(cast.mona, owner=str(cast.sven.pk))
    assert [row.came for row in only.months] == [150, 100, 50]
    assert [one.owner for one in only.people] == [cast.sven.pk]
    assert only.months[0].low is None  # the range is of all


def test_reps_see_their_team_and_no_managers_figures(cast: Cast, spring: None) -> None:
    made = found(cast.sven)
    assert [row.came for row in made.months] == [150, 100, 50]
    assert made.called.periods == 0
    assert [one.owner for one in made.people] == [cast.sven.pk]


def test_a_snapshot_that_is_a_few_days_old_stands_for_the_day(cast: Cast) -> None:
    said(APRIL - timedelta(days=6), APRIL, cast.rita, commit=10)
    said(MAY - timedelta(days=8), MAY, cast.rita, commit=10)
    assert [row.month for row in found(cast.mona).months] == [APRIL]


def test_other_currencies_are_apart(cast: Cast, spring: None) -> None:
    made: Any = accuracy(cast.mona, Filters(), now=NOW, currency="USD")
    assert [row.came for row in made.months] == [0] * 3
    assert made.horizons[0].score("commit").bias is None


@pytest.fixture
def in_dollars(cast: Cast, spring: None) -> None:
    """Besides, Rita sells in dollars; they have a rate since the end of March, and another one in May."""
    services.set_reporting_currency(currency="EUR")
    for day, rate in ((date(2026, 3, 31), "0.5"), (date(2026, 5, 5), "0.4")):
        services.set_rate(currency="USD", day=day, rate=rate, actor=cast.mona, now=NOW)
    for month, commit, came, currency in (
        (MARCH, 10, 20, "USD"),
        (APRIL, 100, 60, "USD"),
        (MAY, 100, 50, "USD"),
        (MAY, 7, 7, "CHF"),
    ):
        ForecastTotal.objects.create(
            snapshot=snapshot(month), currency=currency, owner=cast.rita, month=month, commit=commit
        )
        rows.opportunity(
            cast.rita,
            at="Won",
            amount=came,
            currency=currency,
            closed_at=datetime.combine(month + timedelta(days=9), datetime.min.time(), UTC),
        )


def test_all_currencies_in_one_by_the_rates_of_their_days(cast: Cast, in_dollars: None) -> None:
    """What had no rate when it was said counts neither as said nor as come: then there is nothing to hold it against."""
    made: Any = accuracy(cast.mona, Filters(), now=NOW, currency="EUR", together=True)
    assert [(row.month, row.came, row.said["commit"], row.low) for row in made.months] == [
        (MARCH, 950, 1100, None),
        (APRIL, 800 + 30, 1100 + 50, None),
        (MAY, 950 + 20, 1000 + 50, None),
    ]
    assert (made.is_together, made.unrated) == (True, ("CHF", "USD"))
    people = {one.owner: one.score for one in made.people}
    assert (people[cast.rita.pk].said, people[cast.rita.pk].came) == (3000 + 100, 2400 + 50)
    assert [made.called.said, made.called.missed] == [950, 50]  # of the euros alone
    alone: Any = accuracy(cast.mona, Filters(), now=NOW, currency="USD")
    assert [(row.came, row.said["commit"]) for row in alone.months] == [(20, 10), (60, 100), (50, 100)]
    assert alone.unrated == ()


def test_what_was_opened_and_won_since_counts_by_the_rate_that_there_was(cast: Cast, spring: None) -> None:
    """Nothing was said of it, but its currency had a rate then."""
    services.set_reporting_currency(currency="EUR")
    for day, rate in ((date(2026, 3, 31), "0.5"), (date(2026, 5, 5), "0.4")):
        services.set_rate(currency="USD", day=day, rate=rate, actor=cast.mona, now=NOW)
    closed = datetime.combine(MAY + timedelta(days=9), datetime.min.time(), UTC)
    rows.opportunity(cast.rita, at="Won", amount=50, currency="USD", closed_at=closed)
    made: Any = accuracy(cast.mona, Filters(), now=NOW, currency="EUR", together=True)
    assert (made.months[-1].month, made.months[-1].came) == (MAY, 950 + 20)


def test_the_page_in_the_reporting_currency(cast: Cast, in_dollars: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client = client_of(cast.mona)
    alone = client.get("/forecast/accuracy/").content.decode()
    assert "all in EUR" in alone
    assert "Left out where it had no rate" not in alone
    for query in ("currency=yes", "together=yes"):
        page = client.get(f"/forecast/accuracy/?{query}").content.decode()
        assert "Left out where it had no rate when it was said: CHF, USD." in re.sub(r"</?b[^>]*>", "", page)
        assert 'href="/forecast/changes/?together=yes"' in page
        assert f'href="/forecast/accuracy/?owner={cast.rita.pk}&amp;together=yes"' in page
    # a month opens the list of all currencies, which says the same sum
    won = re.search(r'href="(/pipeline/list/\?[^"]*closed=2026-04[^"]*)"', page)
    assert won and "currency" not in won[1]
    assert "830" in client.get(unescape(won[1])).content.decode()
    lines = b"".join(client.get("/forecast/accuracy/export.csv?together=yes").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[2].startswith("2026-04,on its first day,EUR,1150")
    assert lines[-1].startswith('Without a rate,,"CHF, USD"')


def test_the_page(cast: Cast, spring: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client = client_of(cast.mona)
    page = client.get("/forecast/accuracy/").content.decode()
    for words in (
        "Commit has come in 16 % low in the last 3 months.",
        "In 2 of 3 months what came lay in the range; four in five should. It was 1 below.",
        "Managers’ own figures missed by 6 %, what they were put beside by 11 % (1 figure). Too few to judge.",
        "Middle of the range has come in as said",
        "The record begins on 1 Mar 2026",
    ):
        assert words in page, words
    of_sven = f"/forecast/accuracy/?owner={cast.sven.pk}&amp;currency=EUR"
    assert page.count(of_sven) == 2  # what was said and what came open the person's months
    months = client.get(unescape(of_sven)).content.decode()
    assert re.search(rf"/pipeline/list/\?[^\"]*owner={cast.sven.pk}&amp;[^\"]*closed=2026-05", months)
    assert page.count('title="Month by month"') > months.count('title="Month by month"') == 0
    lines = b"".join(client.get("/forecast/accuracy/export.csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[1].startswith("2026-03,on its first day,EUR,1100")
    for query in ("owner=nobody", "team=999", "currency=JPY"):
        assert client.get(f"/forecast/accuracy/?{query}").status_code == 200


def test_without_a_record_it_teaches(cast: Cast) -> None:
    assert "No month has been forecast and come yet" in client_of(cast.rita).get("/forecast/accuracy/").content.decode()


def test_unknown_amounts_come_as_nothing(cast: Cast) -> None:
    said(MAY, MAY, cast.rita, commit=100)
    rows.opportunity(cast.rita, at="Won", amount=None, closed_at=datetime(2026, 5, 9, tzinfo=UTC))
    assert found(cast.mona).months[0].came == Decimal(0)
