"""The funnel: steps nest, cells add up, and the rollup loses nothing."""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from leads.models import Contact, EngagementEvent, Lifecycle, LifecycleChange, Standing
from leads.services import enter_lifecycle, link_identity
from pipeline import services
from reports import queries
from reports.models import FunnelCell, Rollup
from reports.queries import Wanted
from reports.services import FACTS, Marks, advanced, refresh_funnel
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from tests.reports.leads import lead, verdict

MAY, JUNE = datetime(2026, 5, 10, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)


def cells() -> dict[tuple[date, str], tuple[int, ...]]:
    return {
        (cell.month, cell.source): (cell.leads, cell.engaged, cell.qualified, cell.prospects, cell.won)
        for cell in FunnelCell.objects.all()
    }


def counts(**wanted: Any) -> list[int]:
    return [one.count for one in queries.funnel(Wanted(**wanted), now=NOW).total.steps]


@pytest.fixture
def some(cast: Cast) -> None:
    for to in ("lead", "lead", "engaged", "qualified", "prospect", "won"):
        lead(to)
    for to in ("engaged", "won"):
        lead(to, now=MAY, source="webinar")


JUNE_FORM, MAY_WEBINAR = (date(2026, 6, 1), "form"), (date(2026, 5, 1), "webinar")


def test_cells(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    assert cells() == {JUNE_FORM: (6, 4, 3, 2, 1), MAY_WEBINAR: (2, 2, 1, 1, 1)}


def test_a_month_begins_at_midnight_utc(cast: Cast) -> None:
    lead(now=datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC))
    lead(now=datetime(2026, 6, 1, tzinfo=UTC))
    refresh_funnel(now=NOW)
    assert sorted(month for month, _ in cells()) == [date(2026, 5, 1), date(2026, 6, 1)]


def test_steps_nest(cast: Cast) -> None:
    """Promoted without any engagement we know of: counts as a lead only, never as more prospects than engaged."""
    silent = factories.contact(now=JUNE)
    enter_lifecycle(silent.pk, Lifecycle.PROSPECT, now=NOW)
    by_hand = factories.contact(now=JUNE)
    factories.event(by_hand, now=NOW)
    enter_lifecycle(by_hand.pk, Lifecycle.PROSPECT, now=NOW)  # no verdict: a person qualified them
    turned = factories.contact(now=JUNE)
    factories.event(turned, now=NOW)
    verdict(turned, is_qualified=False)
    refresh_funnel(now=NOW)
    assert cells() == {JUNE_FORM: (3, 2, 1, 1, 0)}
    for row in queries.funnel(Wanted(), now=NOW).months:
        numbers = [one.count for one in row.steps]
        assert numbers == sorted(numbers, reverse=True)


def test_what_was_reached_once_stays_reached(cast: Cast) -> None:
    contact = lead("prospect")
    enter_lifecycle(contact.pk, Lifecycle.LEAD, now=NOW)
    verdict(contact, is_qualified=False)
    refresh_funnel(now=NOW)
    assert cells() == {JUNE_FORM: (1, 1, 1, 1, 0)}


def test_a_win_that_is_reopened_is_no_win(cast: Cast) -> None:
    contact = lead("won")
    refresh_funnel(now=NOW)
    assert cells()[JUNE_FORM][-1] == 1
    services.reopen(opportunity_id=contact.opportunities.get().pk, actor=cast.rita, now=NOW)
    refresh_funnel(now=NOW)
    assert cells()[JUNE_FORM][-1] == 0


# --- the page's numbers ---


def test_rows_add_up_and_open_the_lists_behind_them(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    made = queries.funnel(Wanted(months=12), now=NOW)
    assert made.at == NOW
    assert [one.count for one in made.total.steps] == [8, 6, 4, 3, 2]
    assert [one.before for one in made.total.steps] == [None, 8, 6, 4, 3]
    assert [(row.label, row.steps[0].count) for row in made.sources] == [("Web form", 6), ("Webinar", 2)]
    for index in range(5):
        assert sum(row.steps[index].count for row in made.sources) == made.total.steps[index].count
        assert sum(row.steps[index].count for row in made.months) == made.total.steps[index].count
    for row in (made.total, *made.sources, *made.months):
        for one in row.steps:
            wanted = Wanted.parse(QueryDict(one.query))
            assert wanted.people(cast.mona, now=NOW).count() == one.count, one


def test_periods(cast: Cast, some: None) -> None:
    lead("engaged", now=datetime(2026, 4, 1, tzinfo=UTC))
    lead("engaged", now=datetime(2026, 3, 31, 23, tzinfo=UTC))
    refresh_funnel(now=NOW)
    assert [counts(months=months)[0] for months in (3, 6, 12, 24)] == [9, 10, 10, 10]


def test_the_headline_compares_with_the_months_before(cast: Cast, some: None) -> None:
    lead("engaged", now=datetime(2026, 2, 1, tzinfo=UTC))
    refresh_funnel(now=NOW)
    head = queries.funnel_headline(now=NOW)
    assert [(step.label, step.count, step.before) for step in head.steps] == [
        ("Leads", 8, 1),
        ("Engaged", 6, 1),
        ("Qualified", 4, 0),
        ("Prospects", 3, 0),
        ("Won", 2, 0),
    ]
    for step in head.steps:
        assert Wanted.parse(QueryDict(step.query)).people(cast.mara, now=NOW).count() == step.count


# --- bringing the rollup up to date ---


def advance_until_safe() -> None:
    """Run until every mark is safe. Other tests on the same server may hold that up, and so would our own transaction."""
    refresh_funnel(now=NOW)
    for _ in range(200):
        if refresh_funnel(now=NOW) == []:
            return
        time.sleep(0.05)
    raise AssertionError("the marks never became safe")


@pytest.mark.django_db(transaction=True)
def test_only_months_that_something_happened_to_are_recounted(cast: Cast, some: None) -> None:
    advance_until_safe()
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == []
    contact = Contact.objects.filter(created_at=MAY).latest("pk")
    factories.event(contact, now=NOW)  # not the first event: nothing can have changed
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == []
    factories.event(Contact.objects.filter(created_at=JUNE).earliest("pk"), now=NOW)
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == [date(2026, 6, 1)]
    assert cells()[JUNE_FORM] == (6, 5, 3, 2, 1)
    assert Rollup.objects.get().at == NOW + timedelta(minutes=3)


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_fact_is_noticed(cast: Cast) -> None:
    contact = factories.contact(now=MAY)
    card = rows.opportunity(cast.rita, contact=contact, amount=5)
    LifecycleChange.objects.filter(contact=contact, to_stage=Lifecycle.PROSPECT).delete()
    advance_until_safe()
    expected = [1, 0, 0, 0, 0]
    facts: list[Any] = [
        lambda: factories.event(contact, now=NOW),
        lambda: verdict(contact),
        lambda: LifecycleChange.objects.create(contact=contact, to_stage=Lifecycle.PROSPECT, at=NOW),
        lambda: services.win(opportunity_id=card.pk, amount=5, closed_on=NOW.date(), actor=cast.rita, now=NOW),
    ]
    for step, fact in enumerate(facts, 1):
        fact()
        expected[step] = 1
        assert refresh_funnel(now=NOW + timedelta(seconds=10 + step)) == [date(2026, 5, 1)]
        assert counts() == expected
        advance_until_safe()


def test_a_full_count_equals_the_incremental_one(cast: Cast) -> None:
    for number in range(30):
        lead(("lead", "engaged", "qualified", "prospect", "won")[number % 5], now=JUNE - timedelta(days=5 * number))
        refresh_funnel(now=NOW)
    incremental = cells()
    refresh_funnel(now=NOW, everything=True)
    assert cells() == incremental
    assert sum(cell[0] for cell in incremental.values()) == 30


@pytest.mark.django_db(transaction=True)
def test_what_no_new_row_tells_heals_within_the_hour(cast: Cast, some: None) -> None:
    advance_until_safe()
    gone = Contact.objects.filter(created_at=MAY).earliest("pk")
    EngagementEvent.objects.filter(contact=gone).delete()
    gone.delete()
    Standing.objects.filter(contact__created_at=MAY).update(source="referral")
    refresh_funnel(now=NOW + timedelta(minutes=59))
    assert cells()[MAY_WEBINAR] == (2, 2, 1, 1, 1)
    refresh_funnel(now=NOW + timedelta(minutes=60))
    assert cells() == {JUNE_FORM: (6, 4, 3, 2, 1), (date(2026, 5, 1), "referral"): (1, 1, 1, 1, 1)}


@pytest.mark.django_db(transaction=True)
def test_old_events_that_got_their_contact_later_heal_too(cast: Cast) -> None:
    contact = factories.contact(now=MAY)
    other = factories.contact(now=MAY)
    factories.event(other, now=NOW)
    advance_until_safe()
    EngagementEvent.objects.filter(contact=other).update(contact=contact)
    assert link_identity(kind="anonymous", value="v1", contact=contact)
    refresh_funnel(now=NOW + timedelta(hours=1))
    assert counts()[:2] == [2, 1]


def test_marks_become_safe_only_when_all_who_ran_then_have_ended() -> None:
    def marks(number: int, *, running: int, following: int) -> Marks:
        return Marks(dict.fromkeys(FACTS, number), running, following)

    cursor = advanced({}, marks(10, running=100, following=105))
    assert cursor["safe"]["event"] == 0
    cursor = advanced(cursor, marks(20, running=100, following=110))  # the limit for the mark 10: 110
    cursor = advanced(cursor, marks(30, running=109, following=120))
    assert cursor["safe"]["event"] == 0  # 109 may still bring a row with an id below 10
    cursor = advanced(cursor, marks(40, running=110, following=130))
    assert cursor["safe"]["event"] == 10
    assert cursor["waiting"] == {"ids": dict.fromkeys(FACTS, 40), "until": None}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_late_is_not_lost(cast: Cast) -> None:
    """Its id is smaller than others that were committed and read long before it."""
    slow, quick = factories.contact(now=MAY), factories.contact(now=MAY)
    advance_until_safe()
    written, may_commit, errors = threading.Event(), threading.Event(), []

    def writer() -> None:
        try:
            with transaction.atomic():
                factories.event(slow, now=NOW)
                written.set()
                assert may_commit.wait(30)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        assert written.wait(30)
        factories.event(quick, now=NOW)
        for second in range(10, 20):  # many runs while it is not committed
            refresh_funnel(now=NOW + timedelta(seconds=second))
        assert counts()[:2] == [2, 1]
        seen = Rollup.objects.get().cursor["safe"]["event"]
    finally:
        may_commit.set()
        thread.join(30)
    assert errors == []
    late = EngagementEvent.objects.get(contact=slow)
    assert late.pk < EngagementEvent.objects.get(contact=quick).pk
    assert seen < late.pk  # it did not read on past it
    assert refresh_funnel(now=NOW + timedelta(seconds=30)) == [date(2026, 5, 1)]
    assert counts()[:2] == [2, 2]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_count_once(cast: Cast, some: None) -> None:
    errors: list[Exception] = []

    def worker() -> None:
        try:
            refresh_funnel(now=NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert cells() == {JUNE_FORM: (6, 4, 3, 2, 1), MAY_WEBINAR: (2, 2, 1, 1, 1)}
