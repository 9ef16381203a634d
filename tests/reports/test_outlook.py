"""The ranges: worked out by a worker, again when something has moved, and the same from the same seed."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline import services
from pipeline.models import Opportunity, Stage
from pipeline.periods import Unit
from pipeline.queries import Filters
from reports import queries
from reports.models import Basis, Outlook, OutlookRange
from reports.services import outlook, refresh_outlook
from reports.services.outlook import coming
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User

LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "RUNS", 60)


def some(cast: Cast) -> None:
    """Twelve that ended (every second one won) and three that are open."""
    for number in range(12):
        closed = NOW - timedelta(days=10 + 9 * number)
        is_won = number % 2 == 0
        rows.opportunity(
            (cast.rita, cast.sven)[number % 2],
            at="Won" if is_won else "Lost",
            amount=1000 + 100 * number,
            opened=closed - timedelta(days=30),
            closed_at=closed,
            lost_reason="" if is_won else "price",
        )
    for stage in ("New", "Proposal", "Negotiation"):
        rows.opportunity(cast.rita, at=stage, amount=5000)


def ranges(**scope: Any) -> dict[tuple[str, date], tuple[Decimal, Decimal, Decimal]]:
    found = OutlookRange.objects.filter(basis=Basis.DEALS, **({"owner": None, "team": None} | scope))
    return {(row.unit, row.start): (row.p10, row.p50, row.p90) for row in found}


def test_months_quarters_and_the_year_of_all_teams_and_people(cast: Cast) -> None:
    some(cast)
    assert refresh_outlook(now=NOW) == ["EUR"]
    made = Outlook.objects.get()
    assert (made.currency, made.day, made.open_deals, made.closed_deals) == ("EUR", NOW.date(), 3, 12)
    whole = ranges()
    assert [start for unit, start in whole if unit == "month"] == [month.start for month in coming(NOW.date())]
    assert {start for unit, start in whole if unit == "quarter"} == {
        date(2026, 4, 1),
        date(2026, 7, 1),
        date(2026, 10, 1),
        date(2027, 1, 1),
    }
    assert {start for unit, start in whole if unit == "year"} == {date(2026, 1, 1)}
    for low, middle, high in whole.values():
        assert 0 <= low <= middle <= high
    assert set(ranges(owner=cast.rita)) == set(whole) == set(ranges(team=cast.rita.team))
    assert not OutlookRange.objects.filter(owner=cast.mona).exists()


def test_what_is_closed_is_in_every_future(cast: Cast) -> None:
    some(cast)
    rows.opportunity(cast.rita, at="Won", amount=77_000, closed_at=NOW - timedelta(days=2))
    refresh_outlook(now=NOW)
    for key in (("month", date(2026, 6, 1)), ("quarter", date(2026, 4, 1)), ("year", date(2026, 1, 1))):
        assert ranges()[key][0] >= 77_000
        assert ranges(owner=cast.rita)[key][0] >= 77_000
        assert ranges(owner=cast.sven)[key][0] < 77_000


def test_the_same_deals_give_the_same_ranges(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)
    before = ranges()
    assert refresh_outlook(now=NOW, everything=True) == ["EUR"]
    assert ranges() == before


def test_it_is_worked_out_again_only_when_something_has_changed(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)
    assert refresh_outlook(now=LATER) == []
    card = Opportunity.objects.open().order_by("pk")[0]
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, amount=9000)
    assert refresh_outlook(now=NOW + timedelta(seconds=30)) == []  # not at every move
    assert refresh_outlook(now=LATER) == ["EUR"]
    assert refresh_outlook(now=LATER + timedelta(minutes=5)) == []
    Stage.objects.filter(pk=card.stage_id).update(probability=11)
    assert refresh_outlook(now=LATER + timedelta(minutes=5)) == ["EUR"]
    assert refresh_outlook(now=NOW + timedelta(days=1)) == ["EUR"]  # another day, although nothing moved


def test_after_long_work_it_rests_long(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)
    Outlook.objects.update(took_ms=60_000, mark=0)
    assert refresh_outlook(now=NOW + timedelta(minutes=19)) == []
    assert refresh_outlook(now=NOW + timedelta(minutes=20)) == ["EUR"]


def test_omitted_deals_are_not_simulated(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)
    before, whole = ranges()["quarter", date(2026, 4, 1)], ranges()["year", date(2026, 1, 1)]
    card = rows.opportunity(cast.rita, at="Negotiation", amount=10_000_000, category="omitted")
    refresh_outlook(now=LATER)
    assert Outlook.objects.get().open_deals == 3
    assert ranges()["quarter", date(2026, 4, 1)] == before
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, category="")
    refresh_outlook(now=LATER + timedelta(minutes=5))
    assert ranges()["year", date(2026, 1, 1)][2] > whole[2] + 1_000_000


def test_each_currency_by_itself(cast: Cast) -> None:
    some(cast)
    rows.opportunity(cast.rita, at="Negotiation", amount=123, currency="JPY")
    assert refresh_outlook(now=NOW) == ["EUR", "JPY"]
    Opportunity.objects.filter(currency="JPY").delete()
    assert refresh_outlook(now=LATER) == []
    assert [row.currency for row in Outlook.objects.all()] == ["EUR"]


@pytest.mark.parametrize(
    "strange",
    [
        {
            "at": "Won",
            "closed_at": NOW - timedelta(days=400),
            "opened": NOW - timedelta(days=3),
        },  # closed before opened
        {"at": "Won", "closed_at": NOW, "amount": None},
        {"at": "Negotiation", "amount": 0},
        {"at": "Negotiation", "amount": "999999999999.99"},
        {"at": "New", "opened": NOW + timedelta(days=2)},
        {"at": "New", "expected_close": date(1999, 1, 1)},
    ],
)
def test_strange_deals_break_nothing(cast: Cast, strange: dict[str, Any]) -> None:
    some(cast)
    rows.opportunity(cast.rita, **strange)
    assert refresh_outlook(now=NOW) == ["EUR"]
    assert all(low <= middle <= high for low, middle, high in ranges().values())


def test_without_any_history_the_stages_speak(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Negotiation", amount=1000)
    refresh_outlook(now=NOW)
    assert Outlook.objects.get().closed_deals == 0
    assert ranges()["year", date(2026, 1, 1)][2] > 0


def test_a_deal_that_went_back_and_was_opened_again(cast: Cast) -> None:
    some(cast)
    card = Opportunity.objects.open().get(stage__name="Proposal")
    steps = (("Negotiation", 3), ("Discovery", 2))
    for name, days in steps:
        services.move(
            opportunity_id=card.pk,
            stage_id=rows.stage(name).pk,
            actor=cast.rita,
            now=NOW - timedelta(days=days),
            expected_close=NOW.date(),
        )
    services.win(opportunity_id=card.pk, amount=10, closed_on=NOW.date(), actor=cast.rita, now=NOW)
    services.reopen(opportunity_id=card.pk, actor=cast.rita, now=NOW)
    assert refresh_outlook(now=NOW) == ["EUR"]
    assert Outlook.objects.get().open_deals == 3


# --- on the page ---


def test_the_page_shows_the_range_and_what_it_rests_on(cast: Cast) -> None:
    some(cast)
    client = client_of(cast.mona)
    assert "There is none yet" in client.get("/forecast/").content.decode()
    refresh_outlook(now=datetime.now(NOW.tzinfo))
    page = client.get("/forecast/").content.decode()
    assert "It rests on 12 opportunities that ended and 3 that are open: few" in page
    assert "column-range" in page
    for unit in ("quarter", "year"):
        assert "Four in five" in client.get(f"/forecast/?unit={unit}").content.decode()
    assert "Four in five" in client.get(f"/forecast/?owner={cast.rita.pk}").content.decode()
    assert "There is none yet" in client.get("/forecast/?owner=nobody").content.decode()


def test_until_it_is_worked_out_again_no_future_brings_less_than_is_closed(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)
    rows.opportunity(cast.rita, at="Won", amount=90_000_000, closed_at=NOW)
    made = queries.forecast_headline(cast.mona, now=NOW)
    assert made.likely is not None
    assert made.likely.low == made.likely.high == made.expected == made.closed.amount > 90_000_000


def test_reps_see_the_range_of_their_team(cast: Cast) -> None:
    some(cast)
    refresh_outlook(now=NOW)

    def shown(user: User, **filters: Any) -> Any:
        made = queries.forecast(user, Filters(**filters), now=NOW, people=User.objects.all(), unit=Unit.MONTH)
        return made.current.likely and made.current.likely.high

    key = ("month", date(2026, 6, 1))
    assert shown(cast.mona) == ranges()[key][2]
    assert shown(cast.rita) == ranges(team=cast.rita.team)[key][2]
    assert shown(cast.sven) == ranges(team=cast.sven.team)[key][2]
    assert shown(cast.mona, owner=str(cast.sven.pk)) == ranges(owner=cast.sven)[key][2]
    # another's range is not shown to a rep who asks for it
    assert shown(cast.rita, owner=str(cast.sven.pk)) == shown(cast.rita)
    assert shown(cast.rita, team=cast.sven.team and cast.sven.team.pk) == shown(cast.rita)


def test_web_processes_never_load_numpy() -> None:
    code = "import crm.wsgi, reports.views.forecast, api.views.forecast, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- from leads ---


def test_leads_are_counted_through(cast: Cast) -> None:
    some(cast)
    for number in range(40):
        factories.contact(now=NOW - timedelta(days=3 * number))
    refresh_outlook(now=NOW)
    made = Outlook.objects.get()
    assert made.leads_a_month is not None
    assert made.lead_conversion_low is not None and made.lead_conversion_high is not None
    assert 0 < made.lead_conversion_low < made.lead_conversion_high < 1
    assert made.win_rate == 0.5
    assert made.deal_size == 1500  # 1000, 1200 … 2000
    months = OutlookRange.objects.filter(basis=Basis.LEADS, unit="month")
    assert [row.start for row in months.order_by("start")] == [month.start for month in coming(NOW.date())]
    assert max(row.p90 for row in months) > 0
    page = client_of(cast.mona).get("/forecast/leads/").content.decode()
    assert "New leads a month" in page
    assert "50 %" in page


def test_without_leads_or_deals_the_page_teaches(cast: Cast) -> None:
    assert refresh_outlook(now=NOW) == []
    page = client_of(cast.rita).get("/forecast/leads/").content.decode()
    assert "Nothing to count through yet" in page
