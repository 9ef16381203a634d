"""A lead becomes a prospect: one opportunity, one owner, once."""

import re
import threading
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from activities.models import Activity, Notification
from core.errors import Refused
from leads.models import Lifecycle, LifecycleChange, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline import queries, services, signals, tasks
from pipeline.models import Opportunity, OpportunityPerson, Pipeline, Stage, StageKind, StageMove, Turn
from pipeline.services.routing import take_turn
from scoring.models import Definition, Verdict
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows
from users.models import User


def test_a_qualified_lead_gets_an_opportunity_in_the_first_stage(cast: Cast) -> None:
    contact = rows.qualified(first_name="Elin", last_name="Brandt")
    factories.evidence(contact, "budget", quote="40k is set aside")
    opened: list[int] = []

    def hear(sender: object, opportunity_id: int, **_: Any) -> None:
        opened.append(opportunity_id)

    signals.opportunity_opened.connect(hear)
    try:
        opportunity = services.promote(contact_id=contact.pk, now=NOW)
    finally:
        signals.opportunity_opened.disconnect(hear)

    assert opportunity is not None
    assert opened == [opportunity.pk]
    assert (opportunity.stage.name, opportunity.amount, opportunity.currency) == ("New", None, "EUR")
    assert opportunity.owner == cast.rita  # the first rep who has never had a turn
    standing = Standing.objects.get(pk=contact.pk)
    assert (standing.lifecycle, standing.owner) == (Lifecycle.PROSPECT, cast.rita)
    change = LifecycleChange.objects.get(contact=contact, to_stage=Lifecycle.PROSPECT)
    assert (change.reason, change.definition_version, change.at) == ("Qualified: 72 B1", 1, NOW)
    move = StageMove.objects.get(opportunity=opportunity)
    assert (move.from_stage, move.to_stage, move.at) == (None, opportunity.stage, NOW)
    entry = Activity.objects.get(contact=contact, kind="stage")
    assert entry.title == "Opportunity opened in New, handed to Rita"
    note = Notification.objects.get(user=cast.rita)
    assert (note.text, note.url) == ("New prospect for you: Elin Brandt", f"/opportunities/{opportunity.pk}/")


def test_the_snapshot_keeps_the_judgement_and_the_evidence(cast: Cast) -> None:
    contact = rows.qualified()
    factories.event(contact, "demo_requested")
    factories.evidence(contact, "budget", quote="40k is set aside")
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    kept = opportunity.snapshot
    assert kept["judgement"]["definition"] == Definition.objects.get(status="active").version
    assert sum(kept["judgement"]["categories"].values()) + kept["judgement"]["fit"] == kept["judgement"]["total"]
    assert [(row["criterion"], row["verdict"], row["quote"]) for row in kept["evidence"]] == [
        ("budget", "meets", "40k is set aside")
    ]
    factories.evidence(contact, "budget", "fails", now=NOW + timedelta(days=1))
    opportunity.refresh_from_db()
    assert opportunity.snapshot["evidence"][0]["verdict"] == "meets"


def test_promoting_twice_gives_the_same_opportunity(cast: Cast) -> None:
    contact = rows.qualified()
    first = services.promote(contact_id=contact.pk, now=NOW)
    again = services.promote(contact_id=contact.pk, now=NOW + timedelta(minutes=1))
    assert first is not None
    assert again == first
    assert Opportunity.objects.count() == StageMove.objects.count() == Notification.objects.count() == 1


def test_who_is_not_qualified_or_not_a_lead_is_not_promoted(cast: Cast) -> None:
    cold = factories.contact()
    gone = rows.qualified()
    enter_lifecycle(gone.pk, Lifecycle.DISQUALIFIED, now=NOW)
    for contact in (cold, gone):
        assert services.promote(contact_id=contact.pk, now=NOW) is None
    assert services.promote(contact_id=10**12, now=NOW) is None
    assert not Opportunity.objects.exists()


def test_a_lead_that_was_lost_waits_until_it_qualifies_anew(cast: Cast) -> None:
    contact = rows.qualified()
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    later = NOW + timedelta(days=3)
    services.lose(opportunity_id=opportunity.pk, reason="timing", actor=cast.rita, now=later)
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD
    assert services.promote(contact_id=contact.pk, now=later) is None
    assert not queries.unpromoted().exists()

    definition = Definition.objects.get(status="active")
    again = later + timedelta(days=30)
    Verdict.objects.create(contact=contact, is_qualified=False, at=again, definition=definition, total=3, grade="C3")
    Verdict.objects.create(contact=contact, is_qualified=True, at=again, definition=definition, total=60, grade="B2")
    second = services.promote(contact_id=contact.pk, now=again)
    assert second is not None
    assert second != opportunity


def test_an_active_rep_who_owns_the_contact_keeps_it(cast: Cast) -> None:
    contact = rows.qualified()
    assign_owner([contact.pk], cast.sven)
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    assert opportunity.owner == cast.sven
    assert not Turn.objects.exists()


def test_a_contact_of_a_marketer_or_of_somebody_who_left_goes_to_whose_turn_it_is(cast: Cast) -> None:
    User.objects.filter(pk=cast.sven.pk).update(is_active=False)
    owners = []
    for owner in (cast.mara, cast.sven):
        contact = rows.qualified()
        Standing.objects.filter(pk=contact.pk).update(owner=owner)
        opportunity = services.promote(contact_id=contact.pk, now=NOW)
        assert opportunity is not None
        owners.append(opportunity.owner)
    assert owners == [cast.rita, cast.ravi]


def test_round_robin_is_fair(cast: Cast) -> None:
    owners = []
    for _ in range(7):
        opportunity = services.promote(contact_id=rows.qualified().pk, now=NOW)  # all at the same instant
        assert opportunity is not None
        owners.append(opportunity.owner)
    rita, ravi, sven = cast.rita, cast.ravi, cast.sven
    assert owners == [rita, ravi, sven, rita, ravi, sven, rita]


def test_a_new_rep_is_next(cast: Cast) -> None:
    for _ in range(3):
        services.promote(contact_id=rows.qualified().pk, now=NOW)
    nora = User.objects.create(email="nora@winnow.example", name="Nora", role="rep")
    opportunity = services.promote(contact_id=rows.qualified().pk, now=NOW)
    assert opportunity is not None
    assert opportunity.owner == nora


def test_a_pipeline_of_a_team_gives_turns_to_that_team_only(cast: Cast) -> None:
    Pipeline.objects.update(team=cast.sven.team)
    owners = []
    for _ in range(2):
        opportunity = services.promote(contact_id=rows.qualified().pk, now=NOW)
        assert opportunity is not None
        owners.append(opportunity.owner)
    assert owners == [cast.sven, cast.sven]


def test_without_reps_it_waits_for_an_owner(cast: Cast) -> None:
    User.objects.filter(role="rep").update(is_active=False)
    opportunity = services.promote(contact_id=rows.qualified().pk, now=NOW)
    assert opportunity is not None
    assert opportunity.owner is None
    assert not Notification.objects.exists()


def test_by_hand_it_needs_a_reason_and_works_whatever_the_score(cast: Cast) -> None:
    contact = factories.contact()
    with pytest.raises(Refused) as refused:
        services.promote(contact_id=contact.pk, now=NOW, manual=True, actor=cast.ravi, reason="  ")
    assert list(refused.value.fields) == ["reason"]
    assert not Opportunity.objects.exists()

    opportunity = services.promote(contact_id=contact.pk, now=NOW, manual=True, actor=cast.ravi, reason="They called.")
    assert opportunity is not None
    assert opportunity.owner == cast.ravi  # the rep who decided it works it
    assert (opportunity.snapshot["reason"], opportunity.snapshot["promoted_by"]) == ("They called.", "Ravi")
    change = LifecycleChange.objects.get(contact=contact, to_stage=Lifecycle.PROSPECT)
    assert (change.actor, change.reason) == (cast.ravi, "They called.")


def test_a_customer_may_get_another_opportunity_and_stays_a_customer(cast: Cast) -> None:
    contact = rows.qualified()
    enter_lifecycle(contact.pk, Lifecycle.CUSTOMER, now=NOW)
    opportunity = services.promote(contact_id=contact.pk, now=NOW, manual=True, actor=cast.rita, reason="Wants more.")
    assert opportunity is not None
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.CUSTOMER


def test_a_pipeline_without_open_stage_refuses_and_writes_nothing(cast: Cast) -> None:
    contact = rows.qualified()
    Stage.objects.filter(kind=StageKind.OPEN).delete()
    with pytest.raises(Refused):
        services.promote(contact_id=contact.pk, now=NOW)
    assert Standing.objects.get(pk=contact.pk).lifecycle == Lifecycle.LEAD


def test_the_constraint_holds_against_whoever_does_not_ask(cast: Cast) -> None:
    opportunity = rows.opportunity(cast.rita)
    with pytest.raises(Exception, match="one_open_opportunity"), transaction.atomic():
        rows.opportunity(cast.rita, contact=opportunity.contact)


def test_the_sweep_promotes_whom_an_announcement_missed(cast: Cast) -> None:
    missed, cold = rows.qualified(), factories.contact()
    assert list(queries.unpromoted()) == [Standing.objects.get(pk=missed.pk)]
    tasks.promote_missed()
    tasks.promote_missed()
    assert [row.contact for row in Opportunity.objects.all()] == [missed]
    assert Standing.objects.get(pk=cold.pk).lifecycle == Lifecycle.LEAD


def test_the_task_of_a_contact_that_is_gone_returns(cast: Cast) -> None:
    tasks.promote(contact_id=10**9)
    assert not Opportunity.objects.exists()


# --- two connections ---


def at_once(*calls: Any) -> list[Any]:
    """Run the calls in threads of their own that start together; their answers, or what they raised."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(index: int, call: Any) -> None:
        try:
            start.wait(timeout=10)
            answers[index] = call()
        except Exception as error:
            answers[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


@pytest.mark.django_db(transaction=True)
def test_a_promotion_into_a_stage_that_is_being_deleted_is_refused(cast: Cast) -> None:
    contact, new = rows.qualified(), rows.stage("New")
    deleted = threading.Event()

    def delete() -> None:
        with transaction.atomic():
            services.remove_stage(stage=new, now=NOW, actor=cast.mona)
            deleted.set()
            time.sleep(1)  # the promotion waits for the lock, and then there is nothing to lock

    def promote() -> Opportunity | None:
        deleted.wait(timeout=10)
        return services.promote(contact_id=contact.pk, now=NOW)

    refused = at_once(delete, promote)[1]
    assert isinstance(refused, Refused), refused
    assert "no longer exists" in str(refused)
    assert not Opportunity.objects.exists()
    again = services.promote(contact_id=contact.pk, now=NOW)
    assert again is not None
    assert again.stage.name == "Discovery"


@pytest.mark.django_db(transaction=True)
def test_two_promotions_at_once_make_one_opportunity(cast: Cast) -> None:
    contact = rows.qualified()
    answers = at_once(*[lambda: services.promote(contact_id=contact.pk, now=NOW)] * 4)
    assert [type(answer) for answer in answers] == [Opportunity] * 4, answers
    assert len({answer.pk for answer in answers}) == 1
    assert Opportunity.objects.count() == StageMove.objects.count() == 1
    assert LifecycleChange.objects.filter(contact=contact, to_stage=Lifecycle.PROSPECT).count() == 1
    assert Turn.objects.filter(at__isnull=False).count() == 1


@pytest.mark.django_db(transaction=True)
def test_promotions_of_many_at_once_share_the_turns_evenly(cast: Cast) -> None:
    contacts = [rows.qualified() for _ in range(9)]
    answers = at_once(*[lambda pk=contact.pk: services.promote(contact_id=pk, now=NOW) for contact in contacts])
    owners = sorted(str(answer.owner) for answer in answers)
    assert owners == ["Ravi"] * 3 + ["Rita"] * 3 + ["Sven"] * 3


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_is_being_taken_is_not_taken_twice(cast: Cast) -> None:
    reps = [cast.rita, cast.ravi, cast.sven]
    taken = threading.Event()

    def first() -> Any:
        with transaction.atomic():
            rep = take_turn(reps, now=NOW).chosen
            taken.set()
            threading.Event().wait(0.3)  # the other one asks while this is not committed
            return rep

    def second() -> Any:
        taken.wait(10)
        with transaction.atomic():
            return take_turn(reps, now=NOW).chosen

    assert [one.name for one in at_once(first, second)] == ["Rita", "Ravi"]


# --- the page ---


def test_promoting_from_the_contact_page(cast: Cast) -> None:
    contact = factories.contact()
    url = f"/leads/{contact.pk}/promote/"
    client = client_of(cast.rita)
    assert client.get(url, headers={"HX-Request": "true"}).status_code == 200
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    assert "This field is required." in refused.content.decode()
    assert not Opportunity.objects.exists()
    answer = client.post(url, {"reason": "Asked for an offer"})
    opportunity = Opportunity.objects.get(contact=contact)
    assert answer["Location"] == f"/opportunities/{opportunity.pk}/"
    assert client.post(url, {"reason": "Asked again"}).status_code == 302
    assert Opportunity.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("vera", 403), ("mara", 403), ("sven", 404)])
def test_who_may_not_promote(cast: Cast, who: str, status: int) -> None:
    contact = factories.contact()
    assign_owner([contact.pk], cast.rita)
    answer = client_of(getattr(cast, who)).post(f"/leads/{contact.pk}/promote/", {"reason": "I want it"})
    assert answer.status_code == status
    assert not Opportunity.objects.exists()
    assert not OpportunityPerson.objects.exists()


@pytest.mark.parametrize("reason", ["\0", "x" * 1_000_000, " " * 20])
def test_bad_reasons_are_field_errors(cast: Cast, reason: str) -> None:
    contact = factories.contact()
    answer = client_of(cast.rita).post(f"/leads/{contact.pk}/promote/", {"reason": reason})
    assert answer.status_code == 422
    assert not Opportunity.objects.exists()


def test_the_page_of_an_opportunity_says_days_as_people_do_and_leads_on(cast: Cast) -> None:
    contact = rows.qualified()
    factories.evidence(contact, "timeline", on_date=date(2026, 9, 3), quote="By autumn.")
    row = services.promote(contact_id=contact.pk, now=NOW, actor=cast.rita)
    assert row is not None
    page = client_of(cast.rita).get(f"/opportunities/{row.pk}/").content.decode()
    assert "meets · 3 Sep 2026" in page
    assert re.search(rf'<a class="btn" href="/opportunities/{row.pk}/edit/"[^>]*>Write</a>', page)
    watched = client_of(cast.vera).get(f"/opportunities/{row.pk}/").content.decode()
    assert f"/opportunities/{row.pk}/edit/" not in watched
