"""Events of machines are kept and change nothing; the rule may change its mind, people have the last word."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from core.errors import Refused
from leads import humans, tasks
from leads.human import Hints, Sign
from leads.models import ChangedContact, Contact, EngagementEvent, HumanRule, Rejudging, UserAgent
from leads.services import NewEvent, quarantine, record_events
from leads.services.quarantine import State
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def ada() -> Contact:
    contact = factories.contact(email="ada@acme.example")
    ChangedContact.objects.all().delete()
    return contact


def event(message: str = "m1", agent: str = CHROME, *signs: Sign, **fields: Any) -> NewEvent:
    values: dict[str, Any] = {
        "kind": "page_view",
        "identity": ("email", "ada@acme.example"),
        "occurred_at": NOW,
        "source": "tracker:1",
        "message_id": message,
        "properties": {"path": "/pricing"},
        "hints": Hints(agent, frozenset(signs)),
    }
    return NewEvent(**(values | fields))


def stands(message: str = "m1") -> tuple[int | None, list[str] | None, bool]:
    return EngagementEvent.objects.values_list("human", "human_reasons", "is_quarantined").get(message_id=message)


def changed() -> list[int]:
    return list(ChangedContact.objects.values_list("contact_id", flat=True))


def finish() -> None:
    """Work off every range of every run."""
    for run in Rejudging.objects.filter(finished_at=None):
        while quarantine.rejudge_range(run.pk, now=NOW):
            pass


# --- when they arrive ---


def test_a_persons_event_counts(ada: Contact) -> None:
    record_events([event()], now=NOW)
    assert stands() == (90, None, False)
    assert changed() == [ada.pk]


def test_a_machines_event_is_kept_and_asks_for_no_score(ada: Contact) -> None:
    recorded = record_events([event(agent=GOOGLEBOT)], now=NOW)
    assert (len(recorded.ids), recorded.contact_ids) == (1, [])
    assert stands() == (1, ["bot"], True)
    assert changed() == []


def test_without_hints_nothing_is_judged(ada: Contact) -> None:
    record_events([event(hints=None)], now=NOW)
    assert stands() == (None, None, False)
    assert changed() == [ada.pk]
    assert not UserAgent.objects.exists()


def test_an_agent_is_stored_once(ada: Contact) -> None:
    record_events([event("m1"), event("m2"), event("m3", GOOGLEBOT), event("m4", "")], now=NOW)
    humans.forget()  # as another process
    record_events([event("m5")], now=NOW)
    assert set(UserAgent.objects.values_list("text", flat=True)) == {CHROME, GOOGLEBOT}
    assert EngagementEvent.objects.filter(agent__text=CHROME).count() == 3
    assert stands("m4") == (31, ["no_agent"], True)


def test_a_batch_of_both_queues_for_the_persons_events_alone(ada: Contact) -> None:
    bob = factories.contact(email="bob@acme.example")
    ChangedContact.objects.all().delete()
    record_events([event("m1", GOOGLEBOT), event("m2", identity=("email", "bob@acme.example"))], now=NOW)
    assert changed() == [bob.pk]


@pytest.mark.django_db(transaction=True)
def test_an_agent_of_a_batch_that_was_rolled_back_is_not_remembered() -> None:
    factories.contact(email="ada@acme.example")
    with transaction.atomic():
        record_events([event()], now=NOW)
        transaction.set_rollback(True)
    record_events([event()], now=NOW)
    assert EngagementEvent.objects.get().agent == UserAgent.objects.get()


# --- by hand ---


def test_released_by_hand_counts_and_can_be_undone(ada: Contact) -> None:
    record_events([event(agent=GOOGLEBOT)], now=NOW)
    pk = EngagementEvent.objects.get().pk
    before = quarantine.decide([pk], is_human=True)
    assert stands() == (100, ["bot", "released"], False)
    assert changed() == [ada.pk]
    assert before == {pk: State(1, ["bot"], True)}
    assert quarantine.put_back(before) == 1
    assert stands() == (1, ["bot"], True)
    assert changed() == [ada.pk] * 2


def test_quarantined_by_hand_no_longer_counts(ada: Contact) -> None:
    record_events([event(hints=None)], now=NOW)
    ChangedContact.objects.all().delete()
    pk = EngagementEvent.objects.get().pk
    before = quarantine.decide([pk], is_human=False)
    assert stands() == (0, ["held"], True)
    assert changed() == [ada.pk]
    quarantine.put_back(before)
    assert stands() == (None, None, False)


def test_the_same_decision_twice_changes_nothing(ada: Contact) -> None:
    record_events([event(agent=GOOGLEBOT)], now=NOW)
    pk = EngagementEvent.objects.get().pk
    quarantine.decide([pk], is_human=True)
    ChangedContact.objects.all().delete()
    assert quarantine.decide([pk, 2**62], is_human=True) == {}
    assert changed() == []


def test_the_other_decision_replaces_the_first(ada: Contact) -> None:
    record_events([event()], now=NOW)
    pk = EngagementEvent.objects.get().pk
    quarantine.decide([pk], is_human=True)
    quarantine.decide([pk], is_human=False)
    assert stands() == (0, ["held"], True)


def test_releasing_does_not_overrule_an_objection(ada: Contact) -> None:
    record_events([event("m1", CHROME, Sign.OBJECTED)], now=NOW)
    pk = EngagementEvent.objects.get().pk
    quarantine.decide([pk], is_human=True)
    assert stands() == (100, ["objected", "released"], True)
    assert changed() == []


# --- the rule ---


def change(line: int = 50, machines: tuple[str, ...] = (), people: tuple[str, ...] = ()) -> Rejudging | None:
    run = quarantine.change_rule(line=line, machines=machines, people=people, now=NOW)
    humans.forget()
    return run


def test_another_line_judges_history_again_and_scores_follow(ada: Contact) -> None:
    record_events([event("m1"), event("m2", CHROME, Sign.HOSTING), event("m3", GOOGLEBOT)], now=NOW)
    ChangedContact.objects.all().delete()
    run = change(line=70)
    finish()
    assert stands("m1") == (90, None, False)
    assert stands("m2") == (64, ["hosting"], True)
    assert changed() == [ada.pk]
    assert run is not None
    run.refresh_from_db()
    assert (run.moved, run.finished_at) == (1, NOW)


def test_agents_known_better_judge_history_again(ada: Contact) -> None:
    record_events([event("m1", GOOGLEBOT), event("m2", "Intranet Checker Chrome/1 (X11; Linux)")], now=NOW)
    change(people=("GoogleBot",), machines=("intranet checker",))
    finish()
    assert stands("m1") == (90, None, False)
    assert stands("m2") == (1, ["bot"], True)
    assert HumanRule.objects.get().people == ["googlebot"]
    record_events([event("m3", GOOGLEBOT)], now=NOW)
    assert stands("m3") == (90, None, False)


def test_what_was_decided_by_hand_stays(ada: Contact) -> None:
    record_events([event("m1", GOOGLEBOT), event("m2")], now=NOW)
    ids = dict(EngagementEvent.objects.values_list("message_id", "pk"))
    quarantine.decide([ids["m1"]], is_human=True)
    quarantine.decide([ids["m2"]], is_human=False)
    change(line=99)
    finish()
    assert stands("m1") == (100, ["bot", "released"], False)
    assert stands("m2") == (0, ["held"], True)


def test_no_change_starts_no_run() -> None:
    change(line=60)
    assert change(line=60) is None
    assert Rejudging.objects.count() == 1


def test_a_second_change_does_the_work_of_the_first(ada: Contact) -> None:
    record_events([event()], now=NOW)
    first, second = change(line=95), change(line=20)
    assert first is not None and second is not None
    assert not quarantine.rejudge_range(first.pk, now=NOW)
    assert not quarantine.rejudge_range(second.pk, now=NOW)
    assert stands() == (90, None, False)


def test_history_is_judged_in_ranges_that_anybody_may_go_on_with(ada: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.services.quarantine.RANGE", 2)
    record_events([event(f"m{number}") for number in range(5)], now=NOW)
    first = EngagementEvent.objects.order_by("pk").values_list("pk", flat=True)[0]
    run = change(line=95)
    assert run is not None
    Rejudging.objects.update(next_id=first)
    assert quarantine.rejudge_range(run.pk, now=NOW)
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 2
    # the worker dies here; the sweep hands the rest to another one
    Rejudging.objects.update(touched_at=NOW - timedelta(days=1000))
    tasks.rejudge(run.pk)
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 5
    run.refresh_from_db()
    assert (run.moved, run.finished_at is not None) == (5, True)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"line": 101}, "line"),
        ({"line": -1}, "line"),
        ({"machines": ["ab"]}, "machines"),
        ({"people": ["x" * 81]}, "people"),
        ({"people": ["Reader", "acme"], "machines": ["ACME "]}, "people"),
        ({"people": [f"agent {number}" for number in range(201)]}, "people"),
    ],
)
def test_a_rule_that_cannot_be(fields: dict[str, Any], named: str) -> None:
    given: dict[str, Any] = {"line": 50, "machines": [], "people": [], "now": NOW} | fields
    with pytest.raises(Refused) as refused:
        quarantine.change_rule(**given)
    assert list(refused.value.fields) == [named]
    assert not Rejudging.objects.exists()


# --- neighbours ---


def clicks(count: int, *, apart: float = 1, kind: str = "email_clicked") -> list[NewEvent]:
    return [
        event(
            f"click-{number}",
            kind=kind,
            occurred_at=NOW - timedelta(seconds=100 - number * apart),
            properties={"url": f"https://acme.example/{number}"},
        )
        for number in range(count)
    ]


def test_every_link_of_a_mail_within_seconds_is_quarantined_afterwards(ada: Contact) -> None:
    quarantine.rule_row()
    record_events(clicks(4), now=NOW)
    ChangedContact.objects.all().delete()
    assert not quarantine.watch(now=NOW)
    assert set(EngagementEvent.objects.values_list("human", "is_quarantined")) == {(15, True)}
    assert changed() == [ada.pk]


@pytest.mark.parametrize("name", ["url", "link_url"])
def test_a_burst_that_another_program_tells_is_seen_however_it_came(ada: Contact, name: str) -> None:
    quarantine.rule_row()
    told = [replace(one, hints=None, properties={name: one.properties["url"]}) for one in clicks(4)]
    other = event("form", kind="form_submitted", hints=None)
    record_events([*told, other], now=NOW)
    ChangedContact.objects.all().delete()
    tasks.watch_events()
    burst = EngagementEvent.objects.filter(kind__key="email_clicked")
    assert [(one.human, one.human_reasons, one.is_quarantined) for one in burst] == [(15, ["burst"], True)] * 4
    assert EngagementEvent.objects.get(kind__key="form_submitted").human is None
    assert changed() == [ada.pk]
    quarantine.change_rule(line=10, machines=[], people=[], now=NOW)
    finish()
    assert not EngagementEvent.objects.filter(is_quarantined=True).exists()


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (12, 0), (18, 30)])  # midnight, noon, midnight in India
def test_what_another_program_tells_without_the_hour_is_no_burst(ada: Contact, hour: int, minute: int) -> None:
    quarantine.rule_row()
    day = NOW.replace(hour=hour, minute=minute, second=0, microsecond=0) - timedelta(days=1)
    record_events([replace(one, hints=None, occurred_at=day) for one in clicks(4)], now=NOW)
    record_events(
        [replace(one, hints=None, kind="page_view", message_id=f"p{n}") for n, one in enumerate(clicks(20))], now=NOW
    )
    tasks.watch_events()
    assert not EngagementEvent.objects.exclude(human=None).exists()


def test_clicks_of_a_reader_stay(ada: Contact) -> None:
    quarantine.rule_row()
    record_events(clicks(10, apart=6), now=NOW)
    quarantine.watch(now=NOW)
    assert not EngagementEvent.objects.filter(is_quarantined=True).exists()


def test_clicks_of_different_visitors_are_no_burst(ada: Contact) -> None:
    quarantine.rule_row()
    rows = [
        event(f"m{n}", kind="email_clicked", identity=("anonymous", f"v{n}"), properties={"url": f"/{n}"})
        for n in range(9)
    ]
    record_events(rows, now=NOW)
    quarantine.watch(now=NOW)
    assert not EngagementEvent.objects.filter(is_quarantined=True).exists()


def test_a_burst_over_the_edge_of_a_pass_is_seen_by_the_next(ada: Contact) -> None:
    quarantine.rule_row()
    burst = clicks(4)
    record_events(burst[:2], now=NOW)
    quarantine.watch(now=NOW)
    assert not EngagementEvent.objects.filter(is_quarantined=True).exists()
    record_events(burst[2:], now=NOW)
    quarantine.watch(now=NOW)
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 4


def test_a_quiet_pass_reads_nothing(ada: Contact) -> None:
    quarantine.rule_row()
    record_events(clicks(1), now=NOW)
    tasks.watch_events()
    tasks.watch_events()
    row = HumanRule.objects.get()
    assert row.watched_to == row.seen_to == EngagementEvent.objects.get().pk
    tasks.watch_events()
    assert HumanRule.objects.get().watched_to == row.watched_to


def test_a_long_backlog_is_watched_in_passes(ada: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    record_events([event()], now=NOW)
    quarantine.rule_row()
    monkeypatch.setattr("leads.services.quarantine.RANGE", 3)
    record_events(clicks(8), now=NOW)
    tasks.watch_events()
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 8


def test_a_pass_repairs_what_was_judged_by_a_rule_just_replaced(ada: Contact) -> None:
    quarantine.rule_row()
    quarantine.change_rule(line=95, machines=[], people=[], now=NOW)
    finish()
    record_events([event()], now=NOW)
    EngagementEvent.objects.update(is_quarantined=False)  # as a process does that still remembers the old line
    quarantine.watch(now=NOW)
    assert stands() == (90, None, True)


@pytest.mark.django_db(transaction=True)
def test_two_watchers_at_once() -> None:
    factories.contact(email="ada@acme.example")
    quarantine.rule_row()
    record_events(clicks(6), now=NOW)

    def look() -> None:
        try:
            quarantine.watch(now=NOW)
        finally:
            connection.close()

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert EngagementEvent.objects.filter(is_quarantined=True).count() == 6
