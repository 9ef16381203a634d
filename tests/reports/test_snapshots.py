"""The record: a snapshot a day, of what changed only, and never touched again."""

from datetime import date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.db.models import ProtectedError
from django.db.utils import DatabaseError

from pipeline import services
from pipeline.models import Opportunity, Stage, StageMove
from reports.models import ForecastLine, ForecastSnapshot, ForecastTotal, SnapshotRange
from reports.services import outlook, refresh_outlook, take_snapshot
from tests.conftest import NEVER_EMPTIED, NOW, Cast
from tests.pipeline import rows

DAY = timedelta(days=1)
TODAY = NOW.date()


def lines(day: date) -> Any:
    found = ForecastLine.objects.filter(snapshot=day).order_by("opportunity")
    return [(row.state, row.category, row.amount, f"{row.expected_close or ''}") for row in found]


def test_the_first_one_holds_everything(cast: Cast) -> None:
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=date(2026, 6, 20))
    rows.opportunity(cast.sven, at="New", amount=None)
    rows.opportunity(cast.sven, at="New", amount=5, category="commit")
    rows.opportunity(cast.rita, at="Won", amount=70, closed_at=NOW - DAY)
    rows.opportunity(cast.rita, at="Lost", amount=80, closed_at=NOW - DAY, lost_reason="price")
    assert take_snapshot(now=NOW)
    assert lines(TODAY) == [
        ("open", "commit", 1000, "2026-06-20"),
        ("open", "pipeline", None, ""),
        ("open", "commit", 5, ""),
        ("won", "pipeline", 70, ""),
        ("lost", "pipeline", 80, ""),
    ]
    won = ForecastLine.objects.get(state="won")
    assert (won.closed_on, won.created_on, won.probability) == (TODAY - DAY, TODAY - 20 * DAY, 100)


def test_later_ones_hold_what_has_changed(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, at="New", amount=1000)
    other = rows.opportunity(cast.rita, at="New", amount=1)
    take_snapshot(now=NOW)
    assert not take_snapshot(now=NOW + timedelta(hours=3))  # once a day
    assert take_snapshot(now=NOW + DAY)
    assert lines(TODAY + DAY) == []
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, amount=2000, next_step="Call")
    take_snapshot(now=NOW + 2 * DAY)
    assert lines(TODAY + 2 * DAY) == [("open", "pipeline", 2000, "")]
    services.edit(opportunity_id=card.pk, actor=cast.rita, now=NOW, next_step="Write")  # says nothing of the forecast
    StageMove.objects.filter(opportunity=other).delete()
    other.delete()
    take_snapshot(now=NOW + 3 * DAY)
    assert lines(TODAY + 3 * DAY) == [("gone", "pipeline", 1, "")]
    take_snapshot(now=NOW + 4 * DAY)
    assert lines(TODAY + 4 * DAY) == []
    Stage.objects.filter(name="New").update(probability=15)
    take_snapshot(now=NOW + 5 * DAY)
    assert lines(TODAY + 5 * DAY) == [("open", "pipeline", 2000, "")]
    assert ForecastSnapshot.objects.count() == 6


def test_a_clock_that_was_put_back_writes_nothing(cast: Cast) -> None:
    take_snapshot(now=NOW)
    assert not take_snapshot(now=NOW - DAY)
    assert [row.day for row in ForecastSnapshot.objects.all()] == [TODAY]


def totals(day: date) -> Any:
    found = ForecastTotal.objects.filter(snapshot=day).select_related("owner")
    return {
        (row.owner.name if row.owner else "", row.month): (row.closed, row.commit, row.best, row.pipeline, row.weighted)
        for row in found
    }


def test_the_sums_of_a_day(cast: Cast) -> None:
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=TODAY)
    rows.opportunity(cast.rita, at="Proposal", amount=200, expected_close=date(2026, 6, 30))
    rows.opportunity(cast.rita, at="New", amount=30, expected_close=july)
    rows.opportunity(cast.rita, at="New", amount=7, expected_close=TODAY - DAY)  # overdue: in no month
    rows.opportunity(cast.rita, at="New", amount=7)
    rows.opportunity(cast.rita, at="New", amount=7, expected_close=july, category="omitted")
    rows.opportunity(cast.sven, at="Won", amount=400, closed_at=NOW)
    rows.opportunity(cast.sven, at="Won", amount=500, closed_at=NOW - timedelta(days=20))
    rows.opportunity(cast.sven, at="Won", amount=600, closed_at=NOW - timedelta(days=60))  # long past
    rows.opportunity(None, at="New", amount=None, expected_close=july)
    take_snapshot(now=NOW)
    assert totals(TODAY) == {
        ("Rita", june): (0, 1000, 200, 0, 850),
        ("Rita", july): (0, 0, 0, 30, 3),
        ("Sven", june): (400, 0, 0, 0, 0),
        ("Sven", date(2026, 5, 1)): (500, 0, 0, 0, 0),
        ("", july): (0, 0, 0, 0, 0),
    }


def test_the_range_of_the_day_is_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "RUNS", 40)
    rows.opportunity(cast.rita, at="Won", amount=400, closed_at=NOW - DAY)
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=TODAY)
    refresh_outlook(now=NOW)
    take_snapshot(now=NOW)
    kept = SnapshotRange.objects.get(unit="month", start=date(2026, 6, 1))
    assert (kept.snapshot_id, kept.currency) == (TODAY, "EUR")
    assert 400 <= kept.p10 <= kept.p50 <= kept.p90
    take_snapshot(now=NOW + DAY)  # the range is of yesterday: none for today
    assert {row.snapshot_id for row in SnapshotRange.objects.all()} == {TODAY}


CHANGES: list[tuple[Any, str]] = [
    (ForecastSnapshot, "taken_at = taken_at"),
    (ForecastLine, "amount = amount + 1"),
    (ForecastTotal, "closed = 0"),
    (SnapshotRange, "p50 = 1"),
]


@pytest.mark.parametrize(("model", "change"), CHANGES, ids=[model.__name__ for model, _ in CHANGES])
def test_nobody_changes_a_snapshot(cast: Cast, model: Any, change: str) -> None:
    rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=TODAY)
    take_snapshot(now=NOW)
    SnapshotRange.objects.create(
        snapshot_id=TODAY, currency="EUR", unit="month", start=date(2026, 6, 1), p10=1, p50=2, p90=3
    )
    table = model._meta.db_table
    assert model.objects.exists()
    for sql in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
        with (
            pytest.raises((InternalError, DatabaseError), match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
        model.objects.all().delete()


@pytest.mark.parametrize("table", NEVER_EMPTIED)
def test_nobody_empties_the_record(cast: Cast, table: str) -> None:
    """Tests clean up by emptying tables, so that the trigger is off in their database; here it is on."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table.removeprefix('reports_')}_whole")
        with pytest.raises(DatabaseError, match=f"never changed .{table}."), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")


def as_kept(day: date) -> list[Any]:
    """All that a snapshot says, as the pages read it."""
    sql = """SELECT DISTINCT ON (opportunity_id) opportunity_id, state, owner_id, amount, category, expected_close, closed_on
             FROM reports_forecastline WHERE snapshot_id <= %s ORDER BY opportunity_id, snapshot_id DESC"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [day])
        said = cursor.fetchall()
    return [*said, *ForecastTotal.objects.filter(snapshot=day).order_by("pk").values_list()]


def test_whatever_happens_later_what_was_said_stays(cast: Cast) -> None:
    cards = [
        rows.opportunity(cast.rita, at="Negotiation", amount=1000, expected_close=TODAY + number * DAY)
        for number in range(6)
    ]
    take_snapshot(now=NOW)
    said = as_kept(TODAY)
    assert len(said) > 6
    now = NOW + timedelta(hours=1)
    services.edit(
        opportunity_id=cards[0].pk, actor=cast.rita, now=now, amount=5, expected_close=TODAY + 40 * DAY, owner=cast.ravi
    )
    services.win(opportunity_id=cards[1].pk, amount=1, closed_on=TODAY - 3 * DAY, actor=cast.rita, now=now)  # backdated
    services.lose(opportunity_id=cards[2].pk, reason="price", actor=cast.rita, now=now)
    services.reopen(opportunity_id=cards[2].pk, actor=cast.rita, now=now)
    services.edit(opportunity_id=cards[3].pk, actor=cast.rita, now=now, category="omitted", currency="USD")
    StageMove.objects.filter(opportunity=cards[4]).delete()
    Opportunity.objects.filter(pk=cards[4].pk).delete()
    Stage.objects.filter(name="Negotiation").update(probability=1, category="best")
    for days in range(1, 5):
        take_snapshot(now=NOW + days * DAY)
    assert as_kept(TODAY) == said
    assert as_kept(TODAY + DAY) != said


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_one_snapshot() -> None:
    taken: list[bool] = []

    def work() -> None:
        try:
            taken.append(take_snapshot(now=datetime.now(NOW.tzinfo)))
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]
    assert ForecastSnapshot.objects.count() == 1
