"""The rollup is brought up to date and loses nothing; what it says is what the facts say."""

import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction

from activities.models import Notification
from core.locks import hold
from leads.models import Contact, EngagementEvent, Lifecycle, LifecycleChange, Standing
from leads.services import assign_owner
from pipeline import services
from pipeline.models import ExchangeRate, Opportunity
from reports.models import FunnelCell, Journey, Rollup
from reports.queries.facts import FACTS
from reports.queries.proof import FIRST, ROLLUP, counted_anew, kept
from reports.services import Marks, advanced, prove_funnel, refresh_funnel
from reports.services import funnel as keeping
from reports.services.cells import recount
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from tests.reports.leads import JUNE, MAY, cells, counts, lead, verdict

JUNE_FORM, MAY_WEBINAR = (date(2026, 6, 1), "form"), (date(2026, 5, 1), "webinar")


@pytest.fixture
def some(cast: Cast) -> None:
    for to in ("lead", "lead", "engaged", "two_way", "qualified", "accepted", "won"):
        lead(to)
    for to in ("engaged", "won"):
        lead(to, now=MAY, source="webinar")


@pytest.fixture
def no_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what new rows tell is looked at."""
    monkeypatch.setattr(keeping, "_stretch", lambda cursor: (range(0), cursor))


def advance_until_safe() -> None:
    """Run until every mark is safe. Other tests on the same server may hold that up, and so would our own transaction."""
    refresh_funnel(now=NOW)
    for _ in range(200):
        safe = Rollup.objects.get(name=ROLLUP).cursor["safe"]
        if safe["contact"] == Contact.objects.latest("pk").pk and refresh_funnel(now=NOW) == []:
            return
        refresh_funnel(now=NOW)
        time.sleep(0.05)
    raise AssertionError("the marks never became safe")


@pytest.mark.django_db(transaction=True)
def test_only_months_in_which_something_changed_are_recounted(cast: Cast, some: None, no_stretch: None) -> None:
    advance_until_safe()
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == []
    factories.event(Contact.objects.filter(created_at=MAY).latest("pk"), now=NOW)  # not their first: nothing changed
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == []
    factories.event(Contact.objects.filter(created_at=JUNE).earliest("pk"), now=NOW)
    assert refresh_funnel(now=NOW + timedelta(minutes=3)) == [date(2026, 6, 1)]
    assert cells()[JUNE_FORM] == (7, 6, 4, 3, 2, 1, 1)
    assert kept().at == NOW + timedelta(minutes=3)


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_fact_is_noticed(cast: Cast, no_stretch: None) -> None:
    contact = factories.contact(now=MAY)
    card = rows.opportunity(cast.rita, amount=5, contact=factories.contact(now=JUNE))
    LifecycleChange.objects.filter(contact=card.contact, to_stage=Lifecycle.PROSPECT).delete()
    advance_until_safe()
    facts: list[tuple[Any, list[int]]] = [
        (lambda: factories.event(contact, now=NOW), [2, 2, 1, 1, 1, 1, 0]),
        (lambda: factories.event(contact, "email_replied", now=NOW), [2, 2, 2, 1, 1, 1, 0]),
        (lambda: verdict(contact), [2, 2, 2, 2, 1, 1, 0]),
        (
            lambda: LifecycleChange.objects.create(contact=contact, to_stage=Lifecycle.PROSPECT, at=NOW),
            [2, 2, 2, 2, 2, 1, 0],
        ),
        (
            lambda: services.win(opportunity_id=card.pk, amount=5, closed_on=NOW.date(), actor=cast.rita, now=NOW),
            [2, 2, 2, 2, 2, 1, 1],
        ),
        (lambda: assign_owner([contact.pk], cast.ravi), [2, 2, 2, 2, 2, 1, 1]),
    ]
    for second, (fact, expected) in enumerate(facts, 10):
        fact()
        assert len(refresh_funnel(now=NOW + timedelta(seconds=second))) == 1
        assert counts() == expected
        advance_until_safe()


def test_a_full_count_equals_the_incremental_one(cast: Cast) -> None:
    steps = ("lead", "engaged", "two_way", "qualified", "accepted", "won")
    for number in range(30):
        lead(steps[number % 6], now=JUNE - timedelta(days=5 * number))
        refresh_funnel(now=NOW)
    incremental = cells()
    refresh_funnel(now=NOW, everything=True)
    assert cells() == incremental
    assert sum(cell[0] for cell in incremental.values()) == 30


@pytest.mark.django_db(transaction=True)
def test_what_no_new_row_tells_heals_by_stretches(cast: Cast, some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    advance_until_safe()
    monkeypatch.setattr(keeping, "LEAST_STRETCH", 1)
    gone = Contact.objects.filter(created_at=MAY).earliest("pk")
    EngagementEvent.objects.filter(contact=gone).delete()
    gone.delete()
    Standing.objects.filter(contact__created_at=MAY).update(source="referral")
    assert cells()[MAY_WEBINAR] == (2, 2, 1, 1, 1, 1, 1)
    for second in range(keeping.RUNS_AN_HOUR + 2):  # all of them, wherever the last round had come to
        refresh_funnel(now=NOW + timedelta(hours=1, seconds=second))
    assert cells() == {JUNE_FORM: (7, 5, 4, 3, 2, 1, 1), (date(2026, 5, 1), "referral"): (1, 1, 1, 1, 1, 1, 1)}


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
def test_a_row_that_commits_late_is_not_lost(cast: Cast, no_stretch: None) -> None:
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
        seen = Rollup.objects.get(name=ROLLUP).cursor["safe"]["event"]
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
    assert cells() == {JUNE_FORM: (7, 5, 4, 3, 2, 1, 1), MAY_WEBINAR: (2, 2, 1, 1, 1, 1, 1)}


@pytest.fixture
def small_ranges(cast: Cast, some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contacts lie in several ranges, wherever their keys begin."""
    first, last = (Contact.objects.order_by(by).values_list("pk", flat=True)[0] for by in ("pk", "-pk"))
    monkeypatch.setattr(keeping, "RANGE", first + (last - first) // 2)


def test_the_first_count_goes_on_where_it_stood(cast: Cast, small_ranges: None) -> None:
    runs = []
    months: set[date] = set()
    while keeping._run(months, now=NOW):
        runs.append(Journey.objects.count())
        assert kept().at is None  # the page does not yet call it counted
        # who is read already does something, somebody else comes, and a worker dies and another one goes on
        factories.event(Contact.objects.earliest("pk"), "email_replied", now=NOW)
        lead("engaged")
    assert len(runs) == 1 and 0 < runs[0] < 9
    assert months == {date(2026, 5, 1), date(2026, 6, 1)}
    assert not Rollup.objects.filter(name=FIRST).exists()
    refresh_funnel(now=NOW + timedelta(seconds=30))
    piecewise = cells()
    refresh_funnel(now=NOW + timedelta(seconds=60), everything=True)
    assert cells() == piecewise
    assert sum(cell[0] for cell in piecewise.values()) == Contact.objects.count()
    assert prove_funnel(now=NOW + timedelta(seconds=90)).wrong == 0


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_the_first_count_to_whoever_is_at_it(cast: Cast, some: None) -> None:
    held, may_end, errors = threading.Event(), threading.Event(), []

    def counting() -> None:
        try:
            with transaction.atomic():
                hold(keeping.FUNNEL)
                held.set()
                assert may_end.wait(30)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=counting)
    thread.start()
    try:
        assert held.wait(30)
        assert refresh_funnel(now=NOW, joins_in=False) == []
        assert not Rollup.objects.exists()
    finally:
        may_end.set()
        thread.join(30)
    assert errors == []
    assert refresh_funnel(now=NOW, joins_in=False) == [date(2026, 5, 1), date(2026, 6, 1)]


def test_another_reporting_currency_and_a_rate_that_is_gone_are_noticed(cast: Cast, no_stretch: None) -> None:
    for code in ("EUR", "USD", "CHF"):
        card = rows.opportunity(contact=factories.contact(now=JUNE), at="Won", amount=100, currency=code, closed_at=NOW)
        Opportunity.objects.filter(pk=card.pk).update(changed_at=NOW - timedelta(days=9))
    minutes = count(1)

    def won() -> int:
        refresh_funnel(now=NOW + timedelta(minutes=next(minutes)))
        return int(sum(row.revenue for row in FunnelCell.objects.filter(by="source")))

    def rate(currency: str, value: str, *, base: str = "EUR", day: date = date(2026, 5, 10)) -> ExchangeRate:
        long_ago = NOW - timedelta(days=9)  # no new row tells of it
        return ExchangeRate.objects.create(currency=currency, base=base, day=day, rate=value, set_at=long_ago)

    wrong = rate("USD", "0.9", day=JUNE.date())
    rate("USD", "0.5")
    assert won() == 100
    services.set_reporting_currency(currency="EUR")
    assert won() == 150 + 40
    services.remove_rate(rate_id=wrong.pk)
    assert won() == 150
    # new ones are noticed whichever way round they are written
    services.set_rate(currency="USD", day=JUNE.date(), rate="0.7", actor=cast.mona, now=NOW)
    turned = rate("EUR", "4", base="CHF")
    ExchangeRate.objects.filter(pk=turned.pk).update(set_at=NOW)
    assert won() == 170 + 25
    services.set_reporting_currency(currency="")
    assert won() == 100


def test_another_currency_is_counted_by_ranges_and_goes_on_where_it_stood(
    cast: Cast, no_stretch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        card = rows.opportunity(contact=factories.contact(now=JUNE), at="Won", amount=100, closed_at=NOW)
        Opportunity.objects.filter(pk=card.pk).update(changed_at=NOW - timedelta(days=9))
    refresh_funnel(now=NOW)
    assert (kept().anew, counted_anew()) == (None, None)
    services.set_reporting_currency(currency="USD")
    rate = services.set_rate(currency="EUR", day=JUNE.date(), rate="2", actor=cast.mona, now=NOW)
    ExchangeRate.objects.filter(pk=rate.pk).update(set_at=NOW - timedelta(days=9))
    assert counted_anew() == (0, 0)  # it has not begun
    monkeypatch.setattr(keeping, "RANGE", 2)
    client, running = client_of(cast.mara), list[Any]()
    months: set[date] = set()
    while keeping._run(months, now=NOW + timedelta(minutes=1 + len(running))):
        running.append((kept().anew, sum(row.revenue or 0 for row in Journey.objects.all())))
        page = client.get("/funnel/counting/").content.decode()
        assert "What was won is counted in another currency" in page
        assert 'hx-get="/funnel/counting/?running=yes"' in page
    assert running == [((2, 5), 700), ((4, 5), 900)]
    assert sum(row.revenue for row in FunnelCell.objects.filter(by="source")) == 1000
    assert (months, kept().anew, counted_anew()) == ({date(2026, 6, 1)}, None, None)
    assert client.get("/funnel/counting/").content.decode().strip() == ""
    assert "in the new currency" in client.get("/funnel/counting/?running=yes").content.decode()
    # changed once more while it is at it: from the beginning
    services.set_reporting_currency(currency="")
    assert keeping._run(months, now=NOW + timedelta(minutes=9))
    services.set_reporting_currency(currency="USD")
    assert keeping._run(months, now=NOW + timedelta(minutes=10))
    assert kept().anew == (2, 5)
    refresh_funnel(now=NOW + timedelta(minutes=11))
    assert sum(row.revenue for row in FunnelCell.objects.filter(by="source")) == 1000


# --- the proof ---


def test_a_proof_that_dies_leaves_right_sums(
    cast: Cast, some: None, no_stretch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_funnel(now=NOW)
    right = cells()
    Journey.objects.filter(engaged_at=None).update(engaged_at=NOW)
    recount([date(2026, 6, 1)])
    assert cells() != right

    def dying() -> Iterator[range]:
        yield range(keeping._last() + 1)
        raise RuntimeError

    monkeypatch.setattr(keeping, "_ranges", dying)
    with pytest.raises(RuntimeError):
        prove_funnel(now=NOW)
    assert Journey.objects.filter(engaged_at=None).count() == 2
    assert cells() == right


@pytest.mark.django_db(transaction=True)
def test_the_proof_looks_into_every_range(cast: Cast, small_ranges: None, no_stretch: None) -> None:
    advance_until_safe()
    right = cells()
    still = Journey.objects.filter(won_at=None)  # what was won has just been changed, and is read again anyway
    ends = [still.earliest("pk").pk, still.latest("pk").pk]
    Journey.objects.filter(pk__in=ends).update(skipped=1, sent_back=3)
    found = prove_funnel(now=NOW + timedelta(days=1))
    assert (found.people, found.wrong) == (9, 2)
    assert cells() == right
    assert not Journey.objects.filter(sent_back=3).exists()


def test_the_proof_finds_nothing_where_nothing_is_wrong(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    proof = prove_funnel(now=NOW)
    assert (proof.people, proof.wrong, proof.cells) == (9, 0, 0)
    assert Notification.objects.count() == 0
    said = kept()
    assert (said.proved_at, said.is_right) == (NOW, True)


@pytest.mark.django_db(transaction=True)
def test_the_proof_finds_corrects_and_tells(cast: Cast, some: None, no_stretch: None) -> None:
    advance_until_safe()
    late = NOW + timedelta(days=1)
    Journey.objects.filter(won_at=None, month=date(2026, 5, 1)).update(won_at=NOW)
    FunnelCell.objects.filter(by="source", month=date(2026, 6, 1)).update(won=77_000)
    proof = prove_funnel(now=late)
    assert (proof.people, proof.wrong, proof.cells) == (9, 1, 1)
    assert cells() == {JUNE_FORM: (7, 5, 4, 3, 2, 1, 1), MAY_WEBINAR: (2, 2, 1, 1, 1, 1, 1)}
    told = Notification.objects.get()
    assert (told.user, told.url) == (cast.adam, "/funnel/")
    assert "1 people and 1 sums" in told.text
    assert not kept().is_right
    assert prove_funnel(now=late + timedelta(days=1)).wrong == 0


def test_what_happens_while_it_is_proved_is_no_mistake(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    seen = datetime.now(NOW.tzinfo)
    factories.event(Contact.objects.filter(created_at=JUNE).earliest("pk"), now=NOW)
    assert prove_funnel(now=seen).wrong == 0
    assert counts()[:2] == [9, 8]
