"""The same opportunities by day, and by stage, age and value."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pipeline import queries
from pipeline.queries import Filters
from pipeline.queries.calendar import CARDS_IN_DAY, month_of
from pipeline.queries.map import MOST_POINTS, map_of
from pipeline.scatter import COLUMN, HEIGHT, LEFT, Axes, Spot
from tests.budget import page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

JUNE = date(2026, 6, 1)


def test_a_month_in_whole_weeks_with_true_sums(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="first", amount=10, expected_close=JUNE)
    rows.opportunity(cast.rita, name="last", amount=None, expected_close=date(2026, 6, 30))
    rows.opportunity(cast.rita, name="in July, in the same week", amount=5, expected_close=date(2026, 7, 5))
    rows.opportunity(cast.rita, name="in August", expected_close=date(2026, 8, 1))
    rows.opportunity(cast.rita, name="no day")
    rows.opportunity(cast.rita, name="won", at="Won", closed_at=NOW, expected_close=JUNE)
    month = month_of(cast.rita, Filters(), JUNE, by="close", now=NOW)
    assert [week[0].day for week in month.weeks] == [date(2026, 6, 1) + timedelta(days=7 * week) for week in range(5)]
    assert {len(week) for week in month.weeks} == {7}
    assert [(day.day, [card.name for card in day.cards]) for day in month.days] == [
        (JUNE, ["first"]),
        (date(2026, 6, 30), ["last"]),
    ]
    assert (month.totals.count, month.totals.unknown) == (2, 1)
    assert month.totals.sums[0].amount == 10
    assert month.weeks[-1][-1].totals.count == 1
    assert month.weeks[-1][-1].is_outside
    assert month.dateless == 1


def test_every_day_opens_its_list_and_what_is_left_out_is_said(cast: Cast) -> None:
    for index in range(CARDS_IN_DAY + 3):
        rows.opportunity(cast.rita, name=f"{index}", amount=index, expected_close=JUNE, next_step_on=JUNE)
    rows.opportunity(cast.rita, expected_close=JUNE + timedelta(days=1))
    for by in ("close", "step"):
        month = month_of(cast.rita, Filters(), JUNE, by=by, now=NOW)
        day = month.weeks[0][0]
        assert [card.name for card in day.cards] == ["6", "5", "4", "3"]
        assert day.left_out == 3
        query = dict(part.split("=") for part in day.list_query.split("&"))
        assert queries.listed(cast.rita, Filters.parse(query), now=NOW).count() == 7


def test_a_stranger_sees_nothing_and_filters_hold(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="hers", amount=5, expected_close=JUNE)
    rows.opportunity(cast.ravi, name="his", amount=7, expected_close=JUNE)
    assert month_of(cast.sven, Filters(), JUNE, by="close", now=NOW).totals.count == 0
    assert map_of(cast.sven, queries.pipelines()[0], Filters(), now=NOW).points == []
    only = Filters(owner=str(cast.ravi.pk), state="won", closed="2020", expected="2019")
    assert month_of(cast.rita, only, JUNE, by="close", now=NOW).totals.count == 1
    seen = map_of(cast.rita, queries.pipelines()[0], Filters(owner=str(cast.ravi.pk)), now=NOW)
    assert [point.name for point in seen.points] == ["his"]


def test_the_map_places_the_largest_of_one_currency_and_says_the_rest(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="young", amount=1000, entered=NOW)
    rows.opportunity(cast.rita, name="old", amount=50_000, at="Discovery", entered=NOW - timedelta(days=100))
    rows.opportunity(cast.rita, name="unknown", amount=None)
    rows.opportunity(cast.rita, name="dollars", amount=9, currency="USD")
    rows.opportunity(cast.rita, name="won", at="Won", closed_at=NOW)
    seen = map_of(cast.rita, queries.pipelines()[0], Filters(), now=NOW)
    assert (seen.currency, seen.count, seen.unknown, seen.others, seen.left_out) == ("EUR", 2, 1, 1, 0)
    assert [(point.name, point.spot.column, point.spot.days, point.is_rotting) for point in seen.points] == [
        ("old", 1, 100, True),
        ("young", 0, 0, False),
    ]
    dollars = map_of(cast.rita, queries.pipelines()[0], Filters(currency="USD"), now=NOW)
    assert [point.name for point in dollars.points] == ["dollars"]


def test_spots_lie_inside_their_column_whatever_they_are() -> None:
    spots = [Spot(0, 0, Decimal(0)), Spot(2, 4000, Decimal(10) ** 11), Spot(1, 30, Decimal("0.01"))]
    axes = Axes.around(spots, [7, None])
    for spot in spots:
        assert LEFT + spot.column * COLUMN < axes.x(spot) < LEFT + (spot.column + 1) * COLUMN
        assert 0 <= axes.y(spot.amount) <= HEIGHT
    assert axes.y(Decimal(0)) == HEIGHT
    assert axes.values == [10**11, 10**12]
    assert Axes.around([]).values == [1000, 10_000]


def test_pages_say_it_in_words_and_keep_the_filters(cast: Cast) -> None:
    rows.opportunity(cast.rita, name="Kestrel", amount=1000, expected_close=JUNE, next_step="Call", next_step_on=JUNE)
    client = client_of(cast.rita)
    page = client.get("/pipeline/calendar/?at=2026-06&by=step&amount=known").content.decode()
    assert "June 2026" in page
    assert "Call: Kestrel" in page
    assert "?amount=known&amp;at=2026-07&amp;by=step" in page
    assert "/pipeline/list/?step=2026-06-01&amp;amount=known" in page
    drawn = client.get("/pipeline/map/").content.decode()
    assert drawn.count('class="scatter-point') == 1
    assert "<td>Rita</td>" in drawn
    part = client.get("/pipeline/map/", headers={"HX-Request": "true", "HX-Target": "map"}).content.decode()
    assert part.lstrip().startswith('<div id="map"')


@pytest.mark.parametrize(
    "query", ["at=2026-13", "at=9999-01", "at=%00", "at=2199-12", "at=2000-01", "by=x", "on=2026-02-30&step=2026-99-99"]
)
def test_malformed_addresses_are_as_if_not_asked(cast: Cast, query: str) -> None:
    client = client_of(cast.rita)
    for page in ("calendar", "map", "list"):
        assert client.get(f"/pipeline/{page}/?{query}").status_code == 200
    assert client.get(f"/pipeline/?{query}").status_code == 200


def test_they_cost_the_same_for_few_and_many(cast: Cast) -> None:
    client = client_of(cast.mona)

    def fill(number: int) -> None:
        for index in range(number):
            day = JUNE + timedelta(days=index % 40)
            rows.opportunity(cast.rita, at=("New", "Discovery")[index % 2], amount=index, expected_close=day)

    fill(3)
    addresses = ["/pipeline/calendar/?at=2026-06", "/pipeline/map/"]
    few = [page_cost(client, address) for address in addresses]
    fill(60)
    assert [page_cost(client, address) for address in addresses] == few
    assert max(few) <= 11
    assert MOST_POINTS == 300
