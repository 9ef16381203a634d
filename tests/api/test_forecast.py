"""The forecast through the API: the same figures as on the pages."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from api.views import forecast as forecast_view
from pipeline import services
from pipeline.models import Quota
from reports import exports
from reports.services import outlook, refresh_outlook, take_snapshot
from tests.api.conftest import Caller, errors
from tests.conftest import Cast, client_of
from tests.pipeline import rows

NOW = timezone.now()
TODAY = NOW.date()
MONTH = TODAY.replace(day=1)


@pytest.fixture
def some(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "RUNS", 40)
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=TODAY, opened=NOW - timedelta(days=9))
    rows.opportunity(cast.sven, at="Proposal", amount=300, expected_close=TODAY, opened=NOW - timedelta(days=9))
    rows.opportunity(cast.rita, at="Won", amount=70, closed_at=NOW, opened=NOW - timedelta(days=9))
    Quota.objects.create(user=cast.rita, month=MONTH, amount=2000, set_at=NOW)
    refresh_outlook(now=NOW)


def test_the_forecast(cast: Cast, api: Caller, some: None) -> None:
    got = api(cast.mona).get("/api/v1/forecast").json()
    now = next(row for row in got["periods"] if row["period"] == f"{MONTH:%Y-%m}")
    assert now == {
        "period": f"{MONTH:%Y-%m}",
        "starts": MONTH.isoformat(),
        "closed": "70.00",
        "commit": "1000.00",
        "best_case": "300.00",
        "pipeline": "0.00",
        "weighted": "970.00",
        "open": 2,
        "without_amount": 0,
        "quota": "2000.00",
        "likely": now["likely"],
    }
    assert (
        Decimal(70) <= Decimal(now["likely"]["p10"]) <= Decimal(now["likely"]["p50"]) <= Decimal(now["likely"]["p90"])
    )
    assert (got["currency"], got["rests_on"], len(got["periods"])) == ("EUR", 1, 12)
    assert len(api(cast.mona).get("/api/v1/forecast?unit=quarter").json()["periods"]) == 8
    of_sven = api(cast.mona).get(f"/api/v1/forecast?owner={cast.sven.email}").json()
    assert [row["commit"] for row in of_sven["periods"]] == ["0.00"] * 12
    north = api(cast.mona).get("/api/v1/forecast?team=North").json()
    assert "1000.00" in [row["commit"] for row in north["periods"]]
    assert "1000.00" not in [row["commit"] for row in api(cast.sven).get("/api/v1/forecast").json()["periods"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("forecast?unit=week", "unit"),
        ("forecast?owner=nobody@nowhere.example", "owner"),
        ("forecast?team=East", "team"),
        ("forecast/changes?from=yesterday", "from"),
        ("forecast/changes?from=0001-01-01", "from"),
        ("forecast/changes?period=2026-Q7", "period"),
        ("forecast/changes?from=2026-05-02&to=2026-05-01", "to"),
        ("forecast/changes", "from"),  # there is no record yet
        ("forecast/accuracy?owner=%00", "owner"),
    ],
)
def test_what_is_asked_wrongly(cast: Cast, api: Caller, query: str, field: str) -> None:
    answer = api(cast.mona).get(f"/api/v1/{query}")
    assert answer.status_code == 400
    assert set(errors(answer)) == {field}


def test_changes_add_up(cast: Cast, api: Caller) -> None:
    yesterday = NOW - timedelta(days=1)
    card = rows.opportunity(cast.rita, at="Proposal", amount=300, expected_close=TODAY, opened=NOW - timedelta(days=9))
    take_snapshot(now=yesterday)
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, amount="299.99")
    take_snapshot(now=NOW)
    got = api(cast.mona).get(f"/api/v1/forecast/changes?from={yesterday:%Y-%m-%d}&period={TODAY:%Y-%m}").json()
    assert (got["from_amount"], got["to_amount"], got["from_day"]) == ("300.00", "299.99", f"{yesterday:%Y-%m-%d}")
    assert got["changes"] == [{"opportunity": card.pk, "change": "shrank", "amount": "-0.01"}]
    assert api(cast.sven).get(f"/api/v1/forecast/changes?from={yesterday:%Y-%m-%d}").json()["changes"] == []
    services.set_reporting_currency(currency="USD")
    in_one = f"/api/v1/forecast/changes?from={yesterday:%Y-%m-%d}&period=all&together="
    got = api(cast.mona).get(f"{in_one}yes").json()
    assert (got["currency"], got["unrated"], got["changes"], got["to_amount"]) == ("USD", ["EUR"], [], "0.00")
    assert set(errors(api(cast.mona).get(f"{in_one}no"))) == {"together"}


def test_accuracy_and_leads(cast: Cast, api: Caller, some: None) -> None:
    got = api(cast.mona).get("/api/v1/forecast/accuracy").json()
    assert got == {"currency": "EUR", "unrated": [], "record_begins": None, "months": []}
    leads = api(cast.mona).get("/api/v1/forecast/leads").json()
    assert (leads["win_rate"], leads["deal_size"], leads["months"][0]["period"]) == (1.0, 70.0, f"{MONTH:%Y-%m}")
    assert api(cast.mona).get("/api/v1/forecast/leads?currency=JPY").json()["months"] == []


@pytest.mark.parametrize("path", ["forecast", "forecast/changes", "forecast/accuracy"])
def test_a_rep_asks_for_the_own_team_only(cast: Cast, api: Caller, some: None, path: str) -> None:
    of = api(cast.sven)
    for query, field in (
        (f"owner={cast.rita.email}", "owner"),
        ("team=North", "team"),
        (f"owner={cast.sven.email}&team=South", "team"),
    ):
        got = of.get(f"/api/v1/{path}?{query}")
        assert (got.status_code, list(errors(got))) == (400, [field])


def test_a_rep_s_forecast_is_the_team_s(cast: Cast, api: Caller, some: None) -> None:
    card = rows.opportunity(cast.rita, at="Proposal", amount=5000, expected_close=TODAY)
    card.co_owners.add(cast.sven)
    own = api(cast.sven).get("/api/v1/forecast").json()
    assert own == api(cast.mona).get("/api/v1/forecast?team=South").json()
    assert own == api(cast.sven).get("/api/v1/forecast?team=South").json()


def test_owners_teams_and_managers_figures_by_api_and_export(
    cast: Cast, api: Caller, some: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (forecast_view, exports):
        monkeypatch.setattr(module, "timezone", SimpleNamespace(now=lambda: NOW))
    services.call_forecast(
        month=MONTH,
        currency="EUR",
        owner=cast.rita,
        amount="900",
        note="One slips",
        original=Decimal(1070),
        actor=cast.mona,
        now=NOW,
    )
    rows.opportunity(None, at="Proposal", amount=50, expected_close=TODAY)
    got = api(cast.mona).get("/api/v1/forecast").json()
    by_name = {row["name"]: row for row in got["owners"]}
    assert by_name[str(cast.rita)] == {
        "owner": cast.rita.email,
        "name": str(cast.rita),
        "team": "North",
        "closed": "70.00",
        "commit": "1000.00",
        "best_case": "0.00",
        "pipeline": "0.00",
        "weighted": "820.00",
        "quota": "2000.00",
        "overdue": "0.00",
        "undated": "0.00",
        "all_open": "750.00",
        "called": {"amount": "900.00", "note": "One slips", "by": str(cast.mona)},
    }
    assert (by_name["Nobody"]["owner"], by_name["Nobody"]["called"]) == (None, None)
    assert (got["original"], got["adjusted"]) == ("1070.00", "900.00")
    teams = {row["team"]: (row["original"], row["adjusted"]) for row in got["teams"]}
    assert teams == {"North": ("1070.00", "900.00"), "South": ("0.00", None), None: ("0.00", None)}
    file: Any = client_of(cast.mona).get("/forecast/export.csv")
    lines = b"".join(file).decode().splitlines()
    assert [line for line in lines if "Team, this month" in line] == [
        '"Team, this month",North,EUR,,,,,,,,,,,,,,900.00',
        '"Team, this month",All,EUR,,,,,,,,,,,,,,900.00',
    ]
    assert all(row["called"] is None for row in api(cast.sven).get("/api/v1/forecast").json()["owners"])
    together = api(cast.mona).get("/api/v1/forecast?together=yes").json()
    assert together["original"] == "1070.00"  # there is one currency only: nothing to put together


def test_all_currencies_in_one_by_api_and_export(
    cast: Cast, api: Caller, some: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (forecast_view, exports):
        monkeypatch.setattr(module, "timezone", SimpleNamespace(now=lambda: NOW))
    services.set_reporting_currency(currency="EUR")
    services.set_rate(currency="USD", day=TODAY - timedelta(days=30), rate="0.333333", actor=cast.mona, now=NOW)
    for code in ("USD", "CHF"):
        rows.opportunity(cast.rita, at="Negotiation", amount=100, currency=code, expected_close=TODAY)
    got = api(cast.mona).get("/api/v1/forecast?together=yes").json()
    now = next(row for row in got["periods"] if row["period"] == f"{MONTH:%Y-%m}")
    assert (got["currency"], got["unrated"]) == ("EUR", ["CHF"])
    assert (now["commit"], now["closed"], now["likely"]) == ("1033.33", "70.00", None)
    apart = api(cast.mona).get("/api/v1/forecast").json()
    assert apart["unrated"] == []
    assert "1000.00" in [row["commit"] for row in apart["periods"]]
    assert set(errors(api(cast.mona).get("/api/v1/forecast?together=no"))) == {"together"}
    answer: Any = client_of(cast.mona).get("/forecast/export.csv?together=yes")
    text = b"".join(answer).decode()
    line = next(line for line in text.splitlines() if line.startswith(f"Month,{MONTH:%Y-%m}"))
    assert line.split(",")[2:6] == ["EUR", "1", "70.00", "1033.33"]
    assert "Without a rate,CHF," in text
