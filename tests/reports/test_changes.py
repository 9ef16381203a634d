"""What changed between two days of the record: bars that add up, each with its deals."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Refused
from pipeline import services
from pipeline.models import Opportunity
from pipeline.periods import parse
from pipeline.queries import Filters
from reports.queries.changes import Changes, changes
from reports.services import take_snapshot
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

DAY = timedelta(days=1)
TODAY = NOW.date()
JUNE = parse("2026-06")


def found(
    user: User, *, period: Any = JUNE, currency: str = "EUR", days: int = 1, together: bool = False, **filters: Any
) -> Changes:
    asked: dict[str, Any] = {"period": period, "currency": currency, "together": together}
    made = changes(user, Filters(**filters), first=TODAY, last=TODAY + days * DAY, **asked)
    assert made is not None
    assert made.first + sum(row.change.amount for row in made.moved) == made.last
    assert sum(amount for _, _, _, amount in made.kinds) == made.last - made.first
    return made


def said(made: Changes) -> Any:
    return {label: (count, amount) for _, label, count, amount in made.kinds}


@pytest.fixture
def two_days(cast: Cast) -> list[Opportunity]:
    """One of each kind."""
    cards = [
        rows.opportunity(owner, at="Discovery", amount=amount, expected_close=expected)
        for owner, amount, expected in (
            (cast.rita, 100, TODAY + 5 * DAY),  # grows
            (cast.rita, 200, TODAY + 5 * DAY),  # shrinks
            (cast.rita, 300, TODAY + 5 * DAY),  # pushed out
            (cast.rita, 400, date(2026, 8, 1)),  # pulled in
            (cast.sven, 500, TODAY + 5 * DAY),  # won, for less
            (cast.sven, 600, TODAY + 5 * DAY),  # lost
            (cast.sven, 700, TODAY + 5 * DAY),  # taken over by Rita
            (cast.sven, 800, None),  # without a day: in no month
        )
    ]
    lost = rows.opportunity(
        cast.rita, at="Lost", amount=900, closed_at=NOW - DAY, lost_reason="price", expected_close=TODAY
    )
    take_snapshot(now=NOW)
    now = NOW + timedelta(hours=2)

    def edit(card: Opportunity, **changes: Any) -> None:
        services.edit(opportunity_id=card.pk, actor=cast.mona, now=now, **changes)

    edit(cards[0], amount="130.50")
    edit(cards[1], amount=150)
    edit(cards[2], expected_close=date(2026, 9, 9))
    edit(cards[3], expected_close=date(2026, 6, 30), amount=410)
    services.win(opportunity_id=cards[4].pk, amount=450, closed_on=TODAY, actor=cast.sven, now=now)
    services.lose(opportunity_id=cards[5].pk, reason="price", actor=cast.sven, now=now)
    edit(cards[6], owner=cast.rita)
    services.reopen(opportunity_id=lost.pk, actor=cast.rita, now=now)
    rows.opportunity(cast.rita, at="New", amount=50, opened=now, expected_close=date(2026, 6, 20))
    take_snapshot(now=NOW + DAY)
    return cards


def test_each_kind(cast: Cast, two_days: list[Opportunity]) -> None:
    made = found(cast.mona)
    assert (made.first, made.last, made.first_count, made.last_count) == (
        Decimal(2400),
        Decimal("130.50") + 150 + 410 + 700 + 900 + 50,
        6,
        6,
    )
    assert said(made) == {
        "New": (1, 50),
        "Re-opened": (1, 900),
        "Pulled in": (1, 410),
        "Grew": (1, Decimal("30.50")),
        "Shrank": (2, -100),
        "Pushed out": (1, -300),
        "Lost": (1, -600),
        "Won": (1, -450),
    }


def test_of_one_person(cast: Cast, two_days: list[Opportunity]) -> None:
    assert said(found(cast.mona, owner=str(cast.rita.pk)))["Taken over"] == (1, 700)
    sven = found(cast.mona, owner=str(cast.sven.pk))
    assert said(sven) == {"Shrank": (1, -50), "Lost": (1, -600), "Won": (1, -450), "Handed on": (1, -700)}
    assert sven.last == 0
    assert said(found(cast.sven)) == said(sven)  # a rep of another team sees no more
    assert cast.sven.team is not None
    assert said(found(cast.mona, team=cast.sven.team.pk)) == said(sven)


def test_whenever_it_is_expected_nothing_is_pushed(cast: Cast, two_days: list[Opportunity]) -> None:
    made = found(cast.mona, period=None)
    assert {"Pulled in", "Pushed out"} & set(said(made)) == set()
    assert said(made)["Grew"] == (2, Decimal("40.50"))
    assert made.first == 2400 + 400 + 800


def test_the_page(cast: Cast, two_days: list[Opportunity]) -> None:
    client = client_of(cast.mona)
    address = f"/forecast/changes/?from={TODAY}&to={TODAY + DAY}&period=2026-06"
    page = client.get(address).content.decode()
    for words in ("Pulled in", "Pushed out", "€2,400", "€2,340.50", "+<span", "Re-opened"):
        assert words in page, words
    part = client.get(f"{address}&kind=won", headers={"HX-Request": "true"}).content.decode()
    assert two_days[4].name in part
    assert two_days[0].name not in part
    rows_of = client.get(f"/forecast/changes/export.csv?{address.split('?')[1]}")
    lines = b"".join(rows_of.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert sum(Decimal(line.split(",")[1]) for line in lines[2:-1]) == Decimal("2340.50") - 2400
    reps = client_of(cast.sven).get(address).content.decode()
    assert two_days[0].name not in reps


def test_in_its_first_week_the_record_is_read_from_its_first_day(
    cast: Cast, two_days: list[Opportunity], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(cast.mona)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    assert "Nothing is written down yet" in client.get("/forecast/changes/").content.decode()  # one day has no change
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + DAY)
    page = client.get("/forecast/changes/").content.decode()
    assert f"From {TODAY:%-d %b %Y} to {TODAY + DAY:%-d %b %Y}" in page
    earlier = client.get("/forecast/changes/?from=2026-01-01").content.decode()
    assert f"It begins on {TODAY:%-d %b %Y}. Choose a later day" in earlier


@pytest.mark.parametrize(
    "query",
    [
        "from=2020-01-01",
        "from=tomorrow&to=never",
        "from=2026-06-16&to=2026-06-15",
        "from=9999-12-31&to=0001-01-01",
        "period=2026-Q9&kind=nonsense",
        "period=1999&to=2199-12-31",
        "currency=JPY",
    ],
)
def test_strange_addresses(cast: Cast, two_days: list[Opportunity], query: str) -> None:
    assert client_of(cast.mona).get(f"/forecast/changes/?{query}").status_code == 200


def test_before_the_first_snapshot_it_teaches(cast: Cast) -> None:
    assert "Nothing is written down yet" in client_of(cast.rita).get("/forecast/changes/").content.decode()


def test_it_costs_the_same_with_many(cast: Cast) -> None:
    client = client_of(cast.mona)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/forecast/changes/?from={TODAY}&to={TODAY + DAY}&period=2026-06").status_code == 200
        return len(captured)

    rows.opportunity(cast.rita, expected_close=TODAY)
    take_snapshot(now=NOW)
    rows.opportunity(cast.rita, expected_close=TODAY)
    take_snapshot(now=NOW + DAY)
    cost()
    few = cost()
    for number in range(30):
        rows.opportunity((cast.rita, cast.sven)[number % 2], expected_close=TODAY)
    take_snapshot(now=NOW + 2 * DAY)
    assert cost() == few
    assert few <= 14


def test_all_currencies_in_one_by_the_last_day_s_rates(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the cent: each deal is converted alone, and a deal that changes its currency grows or shrinks by that."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + DAY)
    services.set_reporting_currency(currency="EUR")
    services.set_rate(currency="USD", day=TODAY - DAY, rate="0.9", actor=cast.mona, now=NOW)
    services.set_rate(currency="USD", day=TODAY + DAY, rate="0.333333", actor=cast.mona, now=NOW + DAY)
    kept = [rows.opportunity(cast.rita, at="Discovery", amount="0.05", currency="USD", expected_close=TODAY + 9 * DAY)]
    kept += [rows.opportunity(cast.rita, at="Discovery", amount=100, expected_close=TODAY + 9 * DAY) for _ in range(2)]
    rows.opportunity(cast.rita, at="Discovery", amount=77, currency="CHF", expected_close=TODAY + 9 * DAY)
    take_snapshot(now=NOW)
    late = NOW + timedelta(hours=2)
    services.edit(opportunity_id=kept[0].pk, amount="0.10", actor=cast.rita, now=late)
    services.edit(opportunity_id=kept[1].pk, currency="USD", actor=cast.rita, now=late)
    take_snapshot(now=NOW + DAY)
    made = found(cast.mona, together=True)
    assert (made.first, made.last, made.unrated) == (Decimal("200.02"), Decimal("133.36"), ("CHF",))
    assert said(made) == {"Grew": (1, Decimal("0.01")), "Shrank": (1, Decimal("-66.67"))}
    assert (made.first_count, made.last_count) == (3, 3)
    assert found(cast.mona).unrated == ()

    client = client_of(cast.mona)
    query = f"from={TODAY}&to={TODAY + DAY}&period=2026-06&currency=yes"
    page = client.get(f"/forecast/changes/?{query}").content.decode()
    assert "All currencies in EUR by the rates of 16 Jun 2026" in page
    assert re.search(r'value="yes" selected[^>]*>all in EUR', page)
    assert "currency=yes" in page.split("forecast/changes/export.csv", 1)[1][:200]
    text = b"".join(client.get(f"/forecast/changes/export.csv?{query}")).decode()
    assert "On 2026-06-15,200.02,EUR" in text
    assert "Without a rate,,CHF" in text
    services.set_reporting_currency(currency="")
    assert "all in" not in client.get(f"/forecast/changes/?{query}").content.decode()


ACTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(
            ["amount", "date", "win", "lose", "reopen", "owner", "category", "new", "day", "nothing", "currency"]
        ),
        st.integers(0, 3),
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_after_whatever_happens_it_adds_up(cast: Cast, acts: list[tuple[int, str, int]]) -> None:
    from django.db import transaction

    with transaction.atomic():
        cards = [rows.opportunity(cast.rita, at="Discovery", amount=100 * n, expected_close=TODAY) for n in range(1, 5)]
        services.set_reporting_currency(currency="EUR")
        services.set_rate(currency="USD", day=TODAY, rate="0.333333", actor=cast.mona, now=NOW)
        take_snapshot(now=NOW)
        day = 0
        for which, act, value in acts:
            now = NOW + day * DAY + timedelta(hours=1)
            pk, actor = cards[which].pk, cast.mona
            common: dict[str, Any] = {"opportunity_id": pk, "actor": actor, "now": now}
            try:
                with transaction.atomic():
                    if act == "amount":
                        services.edit(**common, amount=[None, 0, "0.01", 999][value])
                    elif act == "date":
                        services.edit(**common, expected_close=[None, TODAY, date(2026, 7, 1), date(2027, 1, 1)][value])
                    elif act == "win":
                        services.win(**common, amount=[1, "50.05", 100, 7][value], closed_on=TODAY)
                    elif act == "lose":
                        services.lose(**common, reason="price")
                    elif act == "reopen":
                        services.reopen(**common)
                    elif act == "owner":
                        services.edit(**common, owner=[None, cast.sven, cast.rita, cast.ravi][value])
                    elif act == "category":
                        services.edit(**common, category=["", "omitted", "commit", "best"][value])
                    elif act == "currency":
                        services.edit(**common, currency=["EUR", "USD", "CHF", "USD"][value])
                    elif act == "new":
                        rows.opportunity(cast.sven, amount=value, opened=now, expected_close=TODAY)
                    elif act == "day":
                        day += 1
                        take_snapshot(now=NOW + day * DAY)
            except Refused:
                pass
        take_snapshot(now=NOW + (day + 1) * DAY)
        for user in (cast.mona, cast.sven):
            for period in (JUNE, parse("2026-Q3"), None):
                for owner in ("", str(cast.rita.pk), "nobody"):
                    for together in (False, True):
                        found(user, period=period, days=day + 1, owner=owner, together=together)
        transaction.set_rollback(True)
