"""Quotas and managers' own figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Refused
from pipeline import services
from pipeline.models import ForecastCall, Quota
from pipeline.periods import Unit
from pipeline.queries import Filters
from reports import queries
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


def forecast(user: User, unit: Unit = Unit.MONTH, **filters: Any) -> Any:
    return queries.forecast(user, Filters(**filters), now=NOW, people=User.objects.select_related("team"), unit=unit)


def put(cast: Cast, *amounts: tuple[User, date, Any]) -> tuple[int, int]:
    given = {(user.pk, month): amount for user, month, amount in amounts}
    return services.set_quotas(amounts=given, currency="EUR", actor=cast.mona, now=NOW)


def test_set_change_and_take_away(cast: Cast) -> None:
    assert put(cast, (cast.rita, JUNE, "1000"), (cast.rita, JULY, 2000)) == (2, 0)
    assert put(cast, (cast.rita, JUNE, "1500.50"), (cast.rita, JULY, "")) == (1, 1)
    row = Quota.objects.get()
    assert (row.user, row.month, row.amount, row.set_by) == (cast.rita, JUNE, Decimal("1500.50"), cast.mona)


@pytest.mark.parametrize("amount", ["-1", "1e99", "NaN", "a lot", 10**13, "١٢x"])
def test_nonsense_saves_nothing(cast: Cast, amount: Any) -> None:
    with pytest.raises(Refused) as refused:
        put(cast, (cast.ravi, JUNE, 5), (cast.rita, JUNE, amount))
    assert list(refused.value.fields) == [f"q-{cast.rita.pk}-2026-06"]
    assert not Quota.objects.exists()


def test_far_months_and_strangers(cast: Cast) -> None:
    for month in (date(2040, 1, 1), date(2026, 6, 2)):
        with pytest.raises(Refused):
            put(cast, (cast.rita, month, 5))
    with pytest.raises(Refused, match="no such person"):
        services.set_quotas(amounts={(2**60, JUNE): 5}, currency="EUR", actor=cast.mona, now=NOW)


def test_on_the_forecast_by_month_quarter_and_filter(cast: Cast) -> None:
    put(cast, (cast.rita, JUNE, 1000), (cast.ravi, JUNE, 500), (cast.sven, JUNE, 70), (cast.rita, date(2026, 4, 1), 9))
    rows.opportunity(cast.rita, at="Won", amount=300, closed_at=NOW)
    assert forecast(cast.mona).current.quota == 1570
    assert forecast(cast.mona, unit=Unit.QUARTER).current.quota == 1579
    assert forecast(cast.mona, team=cast.rita.team_id).current.quota == 1500
    assert forecast(cast.mona, owner=str(cast.sven.pk)).current.quota == 70
    assert forecast(cast.mona, owner="nobody").current.quota is None
    assert forecast(cast.rita).current.quota == 1500  # her team's
    july = next(one for one in forecast(cast.mona).months if one.period.start == JULY)
    assert july.quota is None  # unknown is not zero
    rita = forecast(cast.mona).sellers[0]
    assert (rita.owner, rita.now.quota, rita.now.closed.amount) == (cast.rita, 1000, 300)


def test_the_page_of_quotas(cast: Cast) -> None:
    client = client_of(cast.mona)
    this_month = f"{date.today():%Y-%m}"
    field = f"q-{cast.rita.pk}-{this_month}"
    page = client.get("/forecast/quotas/").content.decode()
    assert field in page
    assert "Vera" not in page
    assert client.post("/forecast/quotas/", {field: "12,500"}).status_code == 302
    assert Quota.objects.get().amount == 12500
    wrong = client.post("/forecast/quotas/", {field: "a lot", f"q-{cast.ravi.pk}-{this_month}": "5"})
    assert wrong.status_code == 422
    assert "Nothing was saved" in wrong.content.decode()
    assert 'value="a lot"' in wrong.content.decode()
    assert Quota.objects.count() == 1
    # whoever is not on the page, and months of other years, are left alone
    client.post(
        "/forecast/quotas/", {f"q-{cast.vera.pk}-{this_month}": "5", f"q-{cast.rita.pk}-2199-01": "5", "x": "1"}
    )
    assert Quota.objects.count() == 1
    for query in ("year=1", "year=2026-Q1", "year=2199", "currency=€€€", "currency=USD", "page=9", "page=-1", "page=x"):
        assert client.get(f"/forecast/quotas/?{query}").status_code == 200
    assert client_of(cast.rita).post("/forecast/quotas/", {field: "1"}).status_code == 403


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5000,50", "5000.50"),
        ("5.000,50 €", "5000.50"),
        ("5,000.50", "5000.50"),
        ("5.000", "5000"),
        ("5,000", "5000"),
        ("5 000", "5000"),
        ("5'000", "5000"),
        ("1.250.000", "1250000"),
        ("0", "0"),
        (".5", "0.50"),
    ],
)
def test_amounts_are_read_as_people_write_them(cast: Cast, text: str, amount: str) -> None:
    field = f"q-{cast.rita.pk}-{date.today():%Y-%m}"
    assert client_of(cast.mona).post("/forecast/quotas/", {field: text}).status_code == 302
    assert Quota.objects.get().amount == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["NaN", "-5", "1e99", "Infinity", "five", "\x00", "5,5,5.5.5", "1e1000000000", "1.2.3", "50%"]
)
def test_what_is_no_amount_is_refused(cast: Cast, text: str) -> None:
    field = f"q-{cast.rita.pk}-{date.today():%Y-%m}"
    assert client_of(cast.mona).post("/forecast/quotas/", {field: text}).status_code == 422
    assert not Quota.objects.exists()


def test_a_month_in_which_nobody_has_a_quota_has_no_sum(cast: Cast) -> None:
    client = client_of(cast.mona)
    assert "€0" not in client.get("/forecast/quotas/").content.decode()
    client.post("/forecast/quotas/", {f"q-{cast.rita.pk}-{date.today():%Y-%m}": "0"})
    assert "€0" in client.get("/forecast/quotas/").content.decode()


# --- a manager's own figure ---


def call(cast: Cast, amount: Any, *, note: str = "Slow.", **whose: Any) -> ForecastCall:
    return services.call_forecast(
        month=JUNE,
        currency="EUR",
        amount=amount,
        note=note,
        original=Decimal(700),
        actor=cast.mona,
        now=NOW,
        **(whose or {"owner": cast.rita}),
    )


def test_it_stands_beside_and_rolls_up(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Negotiation", amount=700, expected_close=NOW.date())
    rows.opportunity(cast.ravi, at="Won", amount=50, closed_at=NOW)
    call(cast, 600)
    made = forecast(cast.mona)
    rita = next(one for one in made.sellers if one.owner == cast.rita)
    assert (rita.now.committed, rita.call.amount, rita.call.note, rita.call.by) == (700, 600, "Slow.", "Mona")
    assert (made.rolled.all.original, made.rolled.all.adjusted) == (750, 650)
    call(cast, 500, team=cast.rita.team)
    made = forecast(cast.mona)
    assert (made.rolled.teams[cast.rita.team_id].adjusted, made.rolled.all.adjusted) == (500, 500)
    call(cast, None, note="", team=cast.rita.team)  # taken back
    call(cast, 650)  # the newest stands
    assert forecast(cast.mona).rolled.all.adjusted == 700
    assert ForecastCall.objects.count() == 4
    assert next(one for one in forecast(cast.rita).sellers if one.owner == cast.rita).call is None  # not for reps


@pytest.mark.parametrize("amount", ["-1", "NaN", "much"])
def test_a_figure_that_is_none(cast: Cast, amount: str) -> None:
    with pytest.raises(Refused):
        call(cast, amount)


def test_a_figure_needs_a_reason_and_somebody(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        call(cast, 5, note=" ")
    assert set(refused.value.fields) == {"note"}
    with pytest.raises(Refused):
        call(cast, 5, note="x" * 301)
    with pytest.raises(Refused):
        call(cast, 5, owner=cast.rita, team=cast.rita.team)
    with pytest.raises(Refused):
        call(cast, 5, owner=cast.vera)
    assert not ForecastCall.objects.exists()


def test_the_dialog(cast: Cast) -> None:
    month = date.today().replace(day=1)
    rows.opportunity(cast.rita, at="Negotiation", amount=700, expected_close=date.today())
    client, address = client_of(cast.mona), f"/forecast/call/?person={cast.rita.pk}&period={month:%Y-%m}"
    assert "Your figure for Rita" in client.get(address).content.decode()
    given = {"month": month.isoformat(), "amount": "500", "note": "Two will slip."}
    assert client.post(address, given).status_code == 302
    row: Any = ForecastCall.objects.get()
    assert (row.owner, row.month, row.amount, row.original, row.by) == (cast.rita, month, 500, 700, cast.mona)
    assert "Two will slip." in client.get("/forecast/").content.decode()
    for wrong in ({"amount": "-5"}, {"note": ""}, {"month": "1999-01-01"}, {"month": "x"}, {"amount": "1e400"}):
        assert client.post(address, given | wrong).status_code == 422
    assert ForecastCall.objects.count() == 1
    for nobody in ("", "?person=0", f"?person={2**80}", "?team=x", f"?person={cast.rita.pk}&team={cast.rita.team_id}"):
        assert client.get(f"/forecast/call/{nobody}").status_code == 404
    team = f"/forecast/call/?team={cast.rita.team_id}"
    assert client.post(team, given).status_code == 302
    assert ForecastCall.objects.filter(team=cast.rita.team, original=700).exists()
    assert client_of(cast.rita).post(address, given).status_code == 403
    assert "Your figure for" not in client_of(cast.rita).get("/forecast/").content.decode()
