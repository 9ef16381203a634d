"""Scores follow the facts, verdicts are written where they turn, and no update is lost."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core import locks
from leads.models import ChangedContact, Contact, Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle, register_kind
from leads.services.events import NewEvent, record_events
from scoring import services, signals
from scoring.models import RefreshRange, Verdict
from scoring.services import judging
from tests import factories
from tests.conftest import NOW, Cast


def score(contact: Contact) -> int:
    return Standing.objects.get(pk=contact.pk).total


def make_hot() -> Contact:
    """Over the line and talking to us; evidence is still missing."""
    contact = factories.contact()
    factories.event(contact, "demo_requested")
    factories.event(contact, "email_replied")
    factories.event(contact, "meeting_held")
    return contact


@pytest.mark.django_db
def test_a_fact_moves_the_score_and_the_queue_is_empty_afterwards() -> None:
    contact = factories.contact()
    assert services.rescore_changed(now=NOW) == 1
    before = score(contact)
    factories.event(contact, "demo_requested")
    assert services.rescore_changed(now=NOW) == 1
    assert score(contact) - before == 25
    assert not ChangedContact.objects.exists()


@pytest.mark.django_db
def test_a_verdict_is_written_and_announced_once_when_it_turns() -> None:
    announced: list[int] = []

    def hear(sender: object, contact_id: int, **_: object) -> None:
        announced.append(contact_id)

    signals.contact_qualified.connect(hear)
    contact = make_hot()
    services.rescore_changed(now=NOW)
    assert not Verdict.objects.exists()
    factories.bant(contact)
    services.rescore_changed(now=NOW)
    factories.event(contact, "page_view")
    services.rescore_changed(now=NOW)
    signals.contact_qualified.disconnect(hear)
    verdict = Verdict.objects.get()
    assert verdict.is_qualified and verdict.definition.version == 1
    assert verdict.reasons[0] == f"score {verdict.total} reaches 50"
    assert "authority answered" in verdict.reasons
    assert announced == [contact.pk]
    assert contact.activities.get().title.startswith("Qualified: ")


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", ["budget", "authority", "need", "timeline"])
def test_one_missing_criterion_is_enough_not_to_qualify(left_out: str) -> None:
    contact = make_hot()
    for criterion in {"budget", "authority", "need", "timeline"} - {left_out}:
        factories.evidence(contact, criterion)
    services.rescore_changed(now=NOW)
    assert not Standing.objects.get().is_qualified


@pytest.mark.django_db
def test_without_two_way_contact_nobody_qualifies() -> None:
    contact = factories.contact()
    for number in range(5):
        factories.event(contact, "webinar_attended", days_ago=number)
        factories.event(contact, "asset_downloaded", days_ago=number)
        factories.event(contact, "page_view", path="/pricing", days_ago=number)
    factories.bant(contact)
    services.rescore_changed(now=NOW)
    standing = Standing.objects.get()
    assert standing.total >= 50
    assert not standing.is_qualified
    factories.event(contact, "chat_started")
    services.rescore_changed(now=NOW)
    assert Standing.objects.get().is_qualified


@pytest.mark.django_db
def test_expired_evidence_is_unknown_again() -> None:
    contact = make_hot()
    factories.bant(contact)
    later = NOW + timedelta(days=181)
    for _ in range(2):
        factories.event(contact, "meeting_held", now=later)
        factories.event(contact, "demo_requested", now=later)
    services.rescore_changed(now=NOW)
    assert Standing.objects.get().is_qualified
    services.refresh_all(now=later)
    assert not Standing.objects.get().is_qualified


@pytest.mark.django_db
def test_the_newest_evidence_stands() -> None:
    contact = make_hot()
    factories.bant(contact)
    factories.evidence(contact, "authority", "fails", quote="I only collect offers.")
    services.rescore_changed(now=NOW)
    assert not Standing.objects.get().is_qualified


@pytest.mark.django_db
def test_the_disqualified_never_qualify() -> None:
    contact = make_hot()
    factories.bant(contact)
    enter_lifecycle(contact.pk, Lifecycle.DISQUALIFIED, now=NOW, reason="Competitor")
    services.rescore_changed(now=NOW)
    assert not Standing.objects.get().is_qualified


@pytest.mark.django_db
def test_a_day_passes_and_the_refresh_lets_scores_fade_once() -> None:
    contact = make_hot()
    services.rescore_changed(now=NOW)
    before = score(contact)
    assert services.refresh_all(now=NOW + timedelta(days=60)) == 1
    assert score(contact) < before
    assert services.refresh_all(now=NOW + timedelta(days=60)) == 0
    assert RefreshRange.objects.filter(done_at=None).count() == 0


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_commits_while_the_scorer_runs_is_scored_by_the_next_round() -> None:
    """The set with ON CONFLICT DO NOTHING lost this update; the append-only queue does not."""
    contact = factories.contact()
    services.rescore_changed(now=NOW)
    before = score(contact)
    factories.event(contact, "page_view")  # puts the contact into the queue: committed
    stored, may_commit = threading.Event(), threading.Event()

    def slow_ingest() -> None:
        with transaction.atomic():
            event = NewEvent("demo_requested", ("email", contact.email), NOW, "slow", "m", {})
            record_events([event], now=NOW)
            stored.set()
            assert may_commit.wait(20)

    thread = in_thread(slow_ingest)
    assert stored.wait(20)
    services.rescore_changed(now=NOW)  # sees the page view alone
    assert score(contact) == before + 1
    may_commit.set()
    thread.join(20)
    services.rescore_changed(now=NOW)
    assert score(contact) == before + 26


@pytest.mark.django_db(transaction=True)
def test_scorers_wait_for_each_other_before_they_read() -> None:
    """Without the lock as first statement the later writer overwrites with what it read before the other's commit."""
    contact = factories.contact()
    services.rescore_changed(now=NOW)
    factories.event(contact, "demo_requested")
    held, may_go = threading.Event(), threading.Event()

    def hold_range() -> None:
        with transaction.atomic():
            locks.hold(locks.SCORING, shared=True)
            held.set()
            assert may_go.wait(20)

    holder = in_thread(hold_range)
    assert held.wait(20)
    done = threading.Event()

    def rescore() -> None:
        services.rescore_changed(now=NOW)
        done.set()

    scorer = in_thread(rescore)
    assert not done.wait(0.5)  # it must not score beside a full recompute
    factories.event(contact, "email_replied")  # commits meanwhile, and must be in the score
    may_go.set()
    holder.join(20)
    scorer.join(20)
    assert done.is_set()
    assert not ChangedContact.objects.exists()
    total = score(contact)
    ChangedContact.objects.create(contact_id=contact.pk)
    services.rescore_changed(now=NOW)
    assert score(contact) == total


@pytest.mark.django_db(transaction=True)
def test_two_ranges_run_beside_each_other() -> None:
    factories.contact()
    with transaction.atomic():
        locks.hold(locks.SCORING, shared=True)
        other = threading.Event()

        def run() -> None:
            with transaction.atomic():
                locks.hold(locks.SCORING, shared=True)
                other.set()

        thread = in_thread(run)
        assert other.wait(10)
        thread.join(10)


@pytest.mark.django_db(transaction=True)
def test_a_scorer_that_dies_leaves_the_queue_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    contact = factories.contact()

    def die(*args: object, **kwargs: object) -> int:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(judging, "_record_verdicts", die)
        with pytest.raises(MemoryError):
            services.rescore_changed(now=NOW)
    assert ChangedContact.objects.filter(contact_id=contact.pk).exists()
    assert services.rescore_changed(now=NOW) == 1


@pytest.mark.django_db
def test_a_kind_that_is_added_later_counts_as_two_way_in_running_processes() -> None:
    contact = factories.contact()
    for number in range(5):
        factories.event(contact, "webinar_attended", days_ago=number)
        factories.event(contact, "asset_downloaded", days_ago=number)
        factories.event(contact, "page_view", path="/pricing", days_ago=number)
    factories.bant(contact)
    services.rescore_changed(now=NOW)
    assert not Standing.objects.get().is_qualified
    register_kind(key="visited_stand", label="Came to our stand", category="conversation", direction="two_way")
    factories.event(contact, "visited_stand")
    services.rescore_changed(now=NOW)
    assert Standing.objects.get().is_qualified


@pytest.mark.django_db(transaction=True)
def test_a_refresh_and_a_bulk_change_of_owners_do_not_block_each_other_for_ever(cast: Cast) -> None:
    contacts = [factories.contact() for _ in range(300)]
    ids = [contact.pk for contact in contacts]
    failures: list[BaseException] = []

    def assign() -> None:
        try:
            for number in range(30):
                assign_owner(ids, cast.rita if number % 2 else cast.ravi)
        except Exception as error:
            failures.append(error)

    thread = in_thread(assign)
    for number in range(30):
        # everybody's judgement changes, and the rows lie in another order than their keys
        with transaction.atomic():
            rows = Standing.objects.filter(pk__in=ids[:: 2 if number % 2 else 3])
            locks.locked(rows)
            rows.update(total=-number)
        RefreshRange.objects.all().delete()
        services.refresh_all(now=NOW)
    thread.join(60)
    assert failures == []
