"""The forecast: every number is the sum of the list behind it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from pipeline import queries as pipeline
from pipeline import services
from pipeline.queries import Filters
from reports import queries
from reports.queries import Forecast
from reports.queries.forecast import Figure
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User


def forecast(user: User, **filters: Any) -> Any:
    return queries.forecast(user, Filters(**filters), now=NOW, people=User.objects.all())


@pytest.fixture
def some(cast: Cast) -> None:
    """Something in every bucket, of several owners; NOW is 15 June 2026."""
    day = NOW.date()
    for owner, amount, expected in (
        (cast.rita, 1000, day),  # today is not overdue
        (cast.rita, 2000, date(2026, 6, 30)),
        (cast.ravi, None, date(2026, 6, 20)),
        (cast.sven, 400, date(2026, 7, 1)),
        (cast.sven, 800, date(2026, 11, 30)),
        (None, 10000, date(2026, 12, 1)),  # after the months shown
        (cast.rita, 40, day - timedelta(days=1)),
        (cast.sven, 60, date(2025, 1, 1)),
        (cast.ravi, 123, None),
        (cast.ravi, None, None),
    ):
        rows.opportunity(owner, amount=amount, expected_close=expected, at="Discovery")  # 25 %
    for owner, amount, closed in (
        (cast.rita, 500, NOW),
        (cast.sven, 700, datetime(2026, 6, 1, tzinfo=UTC)),
        (cast.rita, 90, datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)),
        (cast.ravi, 11, datetime(2025, 12, 1, tzinfo=UTC)),
        (cast.ravi, 99999, datetime(2025, 11, 30, 23, tzinfo=UTC)),  # before the months shown
    ):
        rows.opportunity(owner, at="Won", amount=amount, closed_at=closed)
    rows.opportunity(cast.rita, at="Lost", amount=5000, closed_at=NOW, lost_reason="price")


def by_month(made: Forecast) -> dict[str, tuple[int, float]]:
    return {month.period.key: (int(month.closed.amount), float(month.open.weighted)) for month in made.months}


def test_months(cast: Cast, some: None) -> None:
    made = forecast(cast.mona)
    assert by_month(made) == {
        "2025-12": (11, 0),
        "2026-01": (0, 0),
        "2026-02": (0, 0),
        "2026-03": (0, 0),
        "2026-04": (0, 0),
        "2026-05": (90, 0),
        "2026-06": (1200, 750),
        "2026-07": (0, 100),
        "2026-08": (0, 0),
        "2026-09": (0, 0),
        "2026-10": (0, 0),
        "2026-11": (0, 200),
    }
    june = made.current
    assert (june.period.start, june.open.count, june.open.unknown, june.open.amount) == (date(2026, 6, 1), 3, 1, 3000)
    assert june.total == 1950


def test_what_has_no_month_is_said_apart(cast: Cast, some: None) -> None:
    made = forecast(cast.mona)
    assert (made.overdue.count, made.overdue.amount, made.overdue.weighted) == (2, 100, 25)
    assert (made.beyond.count, made.beyond.amount) == (1, 10000)
    assert (made.undated.count, made.undated.unknown, made.undated.amount) == (2, 1, 123)


def test_the_parts_add_up_to_all_that_is_open(cast: Cast, some: None) -> None:
    made = forecast(cast.mona)
    parts = [month.open for month in made.months] + [made.overdue, made.beyond, made.undated]
    for name in ("count", "unknown", "amount", "weighted"):
        whole = getattr(made.all, name)
        assert sum(getattr(part, name) for part in parts) == whole
        assert sum(getattr(seller.all, name) for seller in made.sellers) == whole
    assert made.all.count == 10


def figures(made: Forecast) -> list[Figure]:
    found = [made.overdue, made.beyond, made.undated, made.all]
    for month in made.months:
        found += [month.closed, month.open]
    for seller in made.sellers:
        found += [seller.closed, seller.due, seller.overdue, seller.undated, seller.all]
    return found


@pytest.mark.parametrize("who", ["mona", "rita", "sven", "vera"])
def test_every_number_equals_the_list_behind_it(cast: Cast, some: None, who: str) -> None:
    rows.opportunity(cast.rita, at="Proposal", amount=77, currency="USD", expected_close=NOW.date())
    user = getattr(cast, who)
    assert cast.rita.team is not None
    for filters in (
        {},
        {"owner": str(cast.rita.pk)},
        {"owner": "nobody"},
        {"team": cast.rita.team.pk},
        {"currency": "USD"},
    ):
        made = forecast(user, **filters)
        checked = 0
        for figure in figures(made):
            listed = pipeline.total(pipeline.listed(user, Filters.parse(QueryDict(figure.query)), now=NOW))
            amount = sum((one.amount for one in listed.sums), Decimal(0))
            weighted = sum((one.weighted for one in listed.sums), Decimal(0))
            assert len(listed.sums) <= 1
            assert (listed.count, listed.unknown, amount) == (figure.count, figure.unknown, figure.amount), figure
            if "state=won" not in figure.query:
                assert weighted == figure.weighted
            checked += figure.count > 0
        for month in made.months:
            listed = pipeline.total(pipeline.listed(user, Filters.parse(QueryDict(month.query)), now=NOW))
            assert sum((one.weighted for one in listed.sums), Decimal(0)) == month.total
        assert checked or not made.all.count


def test_reps_see_their_scope(cast: Cast, some: None) -> None:
    made = forecast(cast.sven)
    assert {str(seller.owner) for seller in made.sellers} == {"Sven"}
    assert made.current.closed.amount == 700
    assert forecast(cast.rita).current.closed.amount == 500
    page = client_of(cast.sven).get("/forecast/").content.decode()
    assert "This is the forecast of your team." in page


def test_an_opportunity_counts_once_for_its_owner(cast: Cast, some: None) -> None:
    card = rows.opportunity(cast.rita, amount=7000, expected_close=NOW.date(), at="Discovery")
    card.co_owners.add(cast.sven, cast.ravi)
    won = rows.opportunity(cast.rita, amount=300, at="Won", closed_at=NOW)
    won.co_owners.add(cast.sven)
    assert pipeline.listed(cast.sven, Filters(), now=NOW).contains(card)  # in the lists of who co-owns it
    whole, north, south = forecast(cast.mona), forecast(cast.ravi), forecast(cast.sven)
    unowned = forecast(cast.mona, owner="nobody")
    for of in ("all", "current.open", "current.closed"):
        for name in ("count", "unknown", "amount", "weighted"):
            figure = attrgetter(f"{of}.{name}")
            assert sum(figure(made) for made in (north, south, unowned)) == figure(whole)
    assert (south.current.open.count, south.current.closed.amount) == (0, 700)
    # the team is the same whoever asks for it
    for made, team in ((north, cast.rita.team), (south, cast.sven.team)):
        assert team is not None
        asked = forecast(cast.mona, team=team.pk)
        assert [month.open for month in asked.months] == [month.open for month in made.months]
        assert asked.all == made.all


def test_what_is_not_for_a_rep_to_ask_is_as_if_not_asked(cast: Cast, some: None) -> None:
    assert cast.rita.team is not None
    rows.opportunity(cast.rita, amount=7000, at="Discovery").co_owners.add(cast.sven)
    own = forecast(cast.sven).all
    assert forecast(cast.sven, owner=str(cast.rita.pk)).all == own
    assert forecast(cast.sven, team=cast.rita.team.pk).all == own
    assert forecast(cast.sven, owner=str(cast.sven.pk), team=cast.rita.team.pk).all.amount == own.amount
    # a person is meant whatever team is asked
    of_sven = forecast(cast.mona, owner=str(cast.sven.pk)).all
    assert forecast(cast.mona, owner=str(cast.sven.pk), team=cast.rita.team.pk).all == of_sven
    User.objects.filter(pk=cast.sven.pk).update(team=None)
    alone = forecast(User.objects.get(pk=cast.sven.pk)).all
    assert (alone.amount, alone.count) == (own.amount, own.count)


def test_per_owner(cast: Cast, some: None) -> None:
    rita = next(seller for seller in forecast(cast.mona).sellers if seller.owner == cast.rita)
    assert (rita.closed.amount, rita.due.weighted, rita.overdue.weighted, rita.undated.count) == (500, 750, 10, 0)
    assert (rita.all.count, rita.all.weighted) == (3, 760)


def test_currencies_are_apart(cast: Cast, some: None) -> None:
    rows.opportunity(cast.rita, at="Discovery", amount=4, currency="USD", expected_close=NOW.date())
    made = forecast(cast.mona)
    assert (made.currency, made.currencies) == ("EUR", [("EUR", 14), ("USD", 1)])
    assert made.current.open.weighted == 750
    dollars = forecast(cast.mona, currency="USD")
    assert (dollars.currency, dollars.all.amount) == ("USD", 4)
    page = client_of(cast.mona).get("/forecast/").content.decode()
    assert "Currencies are never added up" in page


def test_it_follows_what_happens(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, amount=1000, expected_close=NOW.date())  # New, 10 %
    assert forecast(cast.rita).current.open.weighted == 100
    services.move(opportunity_id=card.pk, stage_id=rows.stage("Negotiation").pk, actor=cast.rita, now=NOW)
    assert forecast(cast.rita).current.open.weighted == 750
    services.win(opportunity_id=card.pk, amount=900, closed_on=NOW.date(), actor=cast.rita, now=NOW)
    made = forecast(cast.rita)
    assert (made.current.open.count, made.current.closed.amount, made.all.count) == (0, 900, 0)


def test_with_nothing_it_teaches(cast: Cast) -> None:
    made = forecast(cast.rita)
    assert (made.currency, made.all.count, len(made.months)) == ("EUR", 0, 12)
    assert "Nothing to forecast yet" in client_of(cast.rita).get("/forecast/").content.decode()


def test_the_headline(cast: Cast, some: None) -> None:
    head: Any = queries.forecast_headline(cast.mona, now=NOW)
    assert (head.currency, head.closed.amount, head.due.weighted, head.expected) == ("EUR", 1200, 750, 1950)
    assert (head.overdue.count, head.open.count, head.other_currencies) == (2, 10, 0)


@pytest.mark.parametrize("who", ["rita", "mara", "mona", "adam", "vera"])
def test_everybody_signed_in_may_look(cast: Cast, some: None, who: str) -> None:
    client = client_of(getattr(cast, who))
    assert client.get("/forecast/").status_code == 200
    assert client.post("/forecast/").status_code == 405
    part = client.get("/forecast/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="figures"')


def test_strangers_sign_in_first(cast: Cast) -> None:
    assert client_of(None).get("/forecast/")["Location"].startswith("/accounts/login/")


def test_names_are_escaped(cast: Cast) -> None:
    User.objects.filter(pk=cast.rita.pk).update(name="<script>alert(1)</script>")
    rows.opportunity(cast.rita)
    assert "<script>alert" not in client_of(cast.mona).get("/forecast/").content.decode()


def test_it_costs_the_same_with_many(cast: Cast) -> None:
    client = client_of(cast.rita)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/forecast/").status_code == 200
        return len(captured)

    rows.opportunity(cast.rita, expected_close=NOW.date())
    cost()
    few = cost()
    for number in range(40):
        rows.opportunity(
            (cast.rita, cast.ravi, None)[number % 3],
            expected_close=NOW.date() + timedelta(days=10 * number),
            at=("New", "Discovery", "Proposal")[number % 3],
        )
    assert cost() == few
    assert few <= 9  # quotas, managers' figures and ranges stand beside what the opportunities say


def test_of_very_many_owners_the_teams_stand_for_them(cast: Cast, some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cast.rita.team is not None
    north = f"/forecast/?unit=quarter&amp;team={cast.rita.team.pk}"
    asked = {"unit": "quarter"}
    whole = client_of(cast.mona).get("/forecast/", asked).content.decode()
    assert f'<a href="{north}"' in whole
    assert whole.count('title="Ravi"') == 1
    monkeypatch.setattr("reports.components.forecast.MOST_SELLERS", 3)  # three, and what nobody owns
    folded = client_of(cast.mona).get("/forecast/", asked).content.decode()
    assert f'<a href="{north}"' in folded
    assert 'title="Ravi"' not in folded
    assert folded.count('title="Nobody"') == whole.count('title="Nobody"')  # who is of no team
    opened = client_of(cast.mona).get("/forecast/", asked | {"team": cast.rita.team.pk}).content.decode()
    assert opened.count('title="Ravi"') == 1


@pytest.mark.parametrize("query", ["owner=abc", "team=x", "currency=euro", f"owner={2**70}"])
@pytest.mark.parametrize(
    "page", ["", "changes/", "accuracy/", "leads/", "export.csv", "changes/export.csv", "accuracy/export.csv"]
)
def test_asked_wrongly_it_is_not_everybodys(cast: Cast, page: str, query: str) -> None:
    client = client_of(cast.mona)
    assert client.get(f"/forecast/{page}?stage=abc").status_code == 200  # that is not read here
    assert client.get(f"/forecast/{page}?{query}").status_code == 404
