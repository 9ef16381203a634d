"""Currencies: what they are worth in the one in which we report, and what is never added silently."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from core.errors import Refused
from pipeline import queries, services
from pipeline.exchange import Rates, add_up, in_cents
from pipeline.models import ExchangeRate
from pipeline.queries import Filters
from pipeline.queries.currencies import rates_in, together_as_one
from pipeline.queries.totals import Money
from reports import queries as reports
from reports.views import forecast as forecast_page
from tests.budget import cost, page_cost
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

TODAY, LONG_AGO = NOW.date(), date(2024, 1, 1)


def rate(cast: Cast, currency: str = "USD", value: str = "0.5", day: date = LONG_AGO, **more: Any) -> ExchangeRate:
    given: dict[str, Any] = {"currency": currency, "day": day, "rate": value, "actor": cast.mona, "now": NOW} | more
    return services.set_rate(**given)


def test_the_newest_rate_up_to_the_day_counts() -> None:
    rates = Rates("EUR", {"USD": [(date(2026, 1, 1), Decimal("0.9")), (date(2026, 2, 1), Decimal("0.8"))]})
    amount = Decimal(100)
    assert rates.convert(amount, "USD", date(2026, 1, 31)) == 90
    assert rates.convert(amount, "USD", date(2026, 2, 1)) == 80
    assert rates.convert(amount, "USD", date(2025, 12, 31)) is None
    assert rates.convert(amount, "EUR", date(2020, 1, 1)) == 100
    made = add_up(rates, [("USD", date(2026, 3, 1), amount, Decimal(10)), ("CHF", date(2026, 3, 1), amount, amount)])
    assert (made.amount, made.weighted, made.apart) == (Decimal(80), Decimal(8), {"CHF": Decimal(100)})
    assert made.words == "1 USD = 0.8 EUR (1 Feb 2026); not in it, for want of a rate: CHF"


def test_without_a_reporting_currency_nothing_is_added_up(cast: Cast) -> None:
    with pytest.raises(Refused, match="Choose the reporting currency first"):
        rate(cast)
    rows.opportunity(cast.rita)
    rows.opportunity(cast.rita, currency="USD")
    board = queries.board(cast.rita, rows.sales(), Filters(), now=NOW)
    assert [column.together for column in board.columns] == [None] * 6
    assert board.columns[0].totals.sums == (
        Money("EUR", Decimal(1000), Decimal(100)),
        Money("USD", Decimal(1000), Decimal(100)),
    )


def test_the_board_shows_the_sum_beside_the_originals(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    rate(cast)
    rows.opportunity(cast.rita)
    rows.opportunity(cast.rita, currency="USD", amount=600)
    rows.opportunity(cast.rita, currency="CHF", amount=70)
    column = queries.board(cast.rita, rows.sales(), Filters(), now=NOW).columns[0]
    assert column.together is not None
    assert (column.together.amount, column.together.weighted) == (Decimal(1300), Decimal(130))
    assert column.together.apart == {"CHF": Decimal(70)}
    page = client_of(cast.rita).get("/pipeline/").content.decode()
    assert "not in it, for want of a rate: CHF" in page
    listed = client_of(cast.rita).get("/pipeline/list/").content.decode()
    assert "without CHF: no rate" in listed
    settings = client_of(cast.mona).get("/settings/currencies/").content.decode()
    assert "No rate yet:" in settings and "?currency=CHF" in settings


def test_what_is_closed_counts_by_the_rate_of_its_day(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    rate(cast, day=TODAY - timedelta(days=3), value="0.9")
    rate(cast, value="0.5", day=TODAY)
    card = rows.opportunity(cast.rita, currency="USD")
    won: dict[str, Any] = {"opportunity_id": card.pk, "amount": 100, "actor": cast.rita, "now": NOW}
    services.win(closed_on=TODAY - timedelta(days=1), **won)
    rows.opportunity(cast.rita, currency="USD", amount=100)
    rows.opportunity(cast.rita, amount=1)
    found = queries.listed(cast.rita, Filters(state="all"), now=NOW)
    whole = together_as_one(found, queries.total(found), today=TODAY)
    assert whole is not None and whole.amount == 90 + 50 + 1
    assert whole.used["USD"] == (TODAY, Decimal("0.5"))


def test_a_rate_the_other_way_round_will_do(cast: Cast) -> None:
    services.set_reporting_currency(currency="USD")
    rate(cast, currency="EUR", value="1.25")
    services.set_reporting_currency(currency="EUR")
    assert rates_in("EUR", [("USD", TODAY)]).convert(Decimal(10), "USD", TODAY) == 8


def test_only_the_rates_of_the_days_are_read_and_they_are_right(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    both = [("USD", "EUR"), ("EUR", "USD"), ("CHF", "EUR")]
    written = [
        ExchangeRate(
            currency=code,
            base=base,
            day=TODAY - timedelta(days=back),
            rate=Decimal(1000 + 7 * back + number) / (10 ** (number + 2)),
            set_at=NOW,
        )
        for number, (code, base) in enumerate(both)
        for back in range(10, 200, 3 if code == "USD" else 5)
    ]
    ExchangeRate.objects.bulk_create(written)

    def plain(code: str, day: date) -> Decimal | None:
        """The newest until the day; of two of one day what was said directly."""
        found = [(row.day, row.base == "EUR", row.rate) for row in written if code in (row.currency, row.base)]
        until = [row for row in found if row[0] <= day]
        if not until:
            return None
        _, is_direct, rate = max(until)
        return rate if is_direct else (1 / rate).quantize(Decimal("0.0000000001"), "ROUND_HALF_UP")

    needed = [(code, TODAY - timedelta(days=back)) for code in ("USD", "CHF", "GBP") for back in range(0, 205, 2)]
    rates = rates_in("EUR", needed)
    for code, day in needed:
        assert rates.convert(Decimal(1), code, day) == plain(code, day)
    today = rates_in("EUR", [("USD", TODAY), ("CHF", TODAY), ("EUR", TODAY)])
    assert {code: len(found) for code, found in today.known.items()} == {"USD": 1, "CHF": 1}
    with CaptureQueriesContext(connection) as made:
        assert rates_in("EUR", [("EUR", TODAY)]).known == {}
    assert len(made) == 0


def test_mixed_currencies_cost_the_same_for_few_and_many(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    client = client_of(cast.mona)

    def read() -> object:
        return queries.board(cast.mona, rows.sales(), Filters(), now=NOW)

    rows.opportunity(cast.rita)
    single = cost(read)
    rows.opportunity(cast.rita, currency="USD")
    rate(cast)
    assert cost(read) == single + 3
    few = page_cost(client, "/pipeline/list/")
    for number, code in enumerate(("CHF", "GBP", "SEK", "DKK")):
        rate(cast, currency=code)
        for _ in range(number + 1):
            rows.opportunity(cast.ravi, currency=code, at="Discovery")
    assert cost(read) == single + 3
    assert page_cost(client, "/pipeline/list/") == few


def test_the_forecast_in_one_currency(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    rate(cast)
    due = TODAY + timedelta(days=2)
    rows.opportunity(cast.rita, at="Negotiation", expected_close=due, amount=100)
    rows.opportunity(cast.rita, at="Negotiation", expected_close=due, amount=100, currency="USD")
    rows.opportunity(cast.rita, at="Negotiation", expected_close=due, amount=100, currency="CHF")
    won = rows.opportunity(cast.rita, currency="USD")
    services.win(opportunity_id=won.pk, amount=40, closed_on=TODAY, actor=cast.rita, now=NOW)
    found = reports.forecast(cast.mona, Filters(), now=NOW, people=[cast.rita], together=True)
    assert (found.currency, found.is_together, found.unrated) == ("EUR", True, ["CHF"])
    assert (found.current.closed.amount, found.current.commit.amount) == (Decimal(20), Decimal(150))
    assert found.current.open.count == 2
    alone = reports.forecast(cast.mona, Filters(currency="USD"), now=NOW)
    assert (alone.currency, alone.is_together, alone.current.commit.amount) == ("USD", False, Decimal(100))
    page = client_of(cast.mona).get("/forecast/?together=yes").content.decode()
    assert "All in EUR" in page and "for want of a rate: CHF" in page
    # a manager's figure is of one currency
    assert "/forecast/call/" not in page
    assert "/forecast/call/" in client_of(cast.mona).get("/forecast/?currency=EUR").content.decode()
    assert client_of(cast.mona).get("/forecast/?together=yes&unit=quarter").status_code == 200


def test_the_forecast_in_one_currency_is_what_its_lists_come_to(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_page, "timezone", SimpleNamespace(now=lambda: NOW))
    services.set_reporting_currency(currency="EUR")
    rate(cast, value="0.333333", day=date(2026, 6, 3))
    rate(cast, value="0.777777", day=date(2026, 6, 10))
    for day, amount in ((2, "0.02"), (3, "0.05"), (4, "0.05"), (11, "100.01"), (12, "7.77")):
        for code in ("USD", "EUR"):
            closed = datetime(2026, 6, day, 12, tzinfo=UTC)
            rows.opportunity(cast.rita, at="Won", amount=Decimal(amount), currency=code, closed_at=closed)
            due: dict[str, Any] = {"expected_close": date(2026, 6, 20), "amount": Decimal(amount), "currency": code}
            rows.opportunity(cast.rita, at="Proposal", **due)
    found = reports.forecast(cast.mona, Filters(), now=NOW, people=[cast.rita], together=True)
    assert found.unrated == ["USD"]  # won on 2 June, when there was no rate yet
    for figure in (found.current.closed, found.current.open, found.current.best, found.all):
        behind = queries.listed(cast.mona, Filters.parse(QueryDict(figure.query)), now=NOW)
        whole = together_as_one(behind, queries.total(behind), today=TODAY)
        assert whole is not None and whole.amount == in_cents(figure.amount) != 0
    assert "for want of a rate: USD" in client_of(cast.mona).get("/forecast/?together=yes").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"currency": "Dollar"}, "currency"),
        ({"currency": "EUR"}, "currency"),
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": "1e99"}, "rate"),
        ({"rate": "a\0b"}, "rate"),
        ({"day": TODAY + timedelta(days=2)}, "day"),
        ({"day": date(1999, 12, 31)}, "day"),
        ({"day": None}, "day"),
    ],
)
def test_a_rate_that_is_none(cast: Cast, wrong: dict[str, Any], field: str) -> None:
    services.set_reporting_currency(currency="EUR")
    with pytest.raises(Refused) as refused:
        rate(cast, **wrong)
    assert list(refused.value.fields) == [field]


def test_rates_come_as_a_list(cast: Cast) -> None:
    services.set_reporting_currency(currency="EUR")
    client, address = client_of(cast.mona), "/settings/currencies/rates/list/"
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"text": "nonsense"}).status_code == 422
    content = "Day,Currency,Rate\n2026-03-31,USD,0.92\n2026-03-31;CHF;1.04\n31.3.2026,GBP,1\n2026-03-31,USD,0.93\n"
    upload = SimpleUploadedFile("rates.csv", content.encode())
    response = client.post(address, {"file": upload}, follow=True)
    page = response.content.decode()
    assert "2 rates saved." in page and "Line 4: Write days as 2026-03-31." in page
    assert {str(row) for row in ExchangeRate.objects.all()} == {"1 USD = 0.93 EUR", "1 CHF = 1.04 EUR"}
    assert client.post(address, {"file": SimpleUploadedFile("r.csv", b"\xff\xfe\x00")}).status_code == 422
    first = ExchangeRate.objects.first()
    assert first is not None
    assert client.post(f"/settings/currencies/rates/{first.pk}/delete/").status_code == 302
    assert ExchangeRate.objects.count() == 1
    assert client.post("/settings/currencies/reporting/", {"currency": "eu"}).status_code == 422
    assert client.post("/settings/currencies/reporting/", {"currency": ""}).status_code == 302
    assert "No reporting currency" in client.get("/settings/currencies/").content.decode()
