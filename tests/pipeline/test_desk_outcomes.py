"""What comes of a lead at the desk, and that all of it can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model

from activities.models import Activity, FollowUp
from core.errors import Refused
from leads.models import (
    Consent,
    Contact,
    Criterion,
    EngagementEvent,
    Evidence,
    Lifecycle,
    LifecycleChange,
    Purpose,
    Standing,
)
from leads.queries.consent import may
from leads.services import enter_lifecycle
from pipeline.models import DeskOutcome, DeskPlace, Did, Opportunity, Waits
from pipeline.services import desk as services
from tests.conftest import NOW, Cast
from tests.pipeline import desk
from tests.pipeline.test_promote import at_once

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


def budget() -> Criterion:
    return Criterion.objects.get(key="budget")


def answer(lead: Contact, by: Any, **more: Any) -> DeskOutcome:
    given: dict[str, Any] = {"verdict": "meets", "quote": "40k is set aside.", "now": NOW} | more
    return services.answer(contact_id=lead.pk, criterion=budget(), actor=by, **given)


def test_an_answer_is_evidence_and_the_lead_stays(cast: Cast) -> None:
    lead = desk.queue()
    services.take(cast.rita, now=NOW)
    value = DeskPlace.objects.get().value
    answer(lead, cast.rita)
    evidence = Evidence.objects.get()
    assert (evidence.verdict, evidence.quote, evidence.recorded_by) == ("meets", "40k is set aside.", cast.rita)
    assert services.take(cast.rita, now=SOON) == lead.pk
    assert DeskPlace.objects.get().value > value


def test_whoever_answered_the_phone_stays_and_whoever_did_not_comes_back_in_the_morning(cast: Cast) -> None:
    talked, silent = desk.queue(), desk.queue(below=9)
    services.log_call(contact_id=talked.pk, outcome="connected", actor=cast.rita, now=NOW, body="Nice chat.")
    call = Activity.objects.get(contact=talked)
    assert (call.outcome, call.body, call.actor) == ("connected", "Nice chat.", cast.rita)
    assert EngagementEvent.objects.get().kind.key == "call_connected"
    services.log_call(contact_id=silent.pk, outcome="voicemail", actor=cast.rita, now=NOW)
    place = DeskPlace.objects.get(pk=silent.pk)
    assert (place.waits, place.due_at) == (Waits.UNTIL, NOW.replace(day=16, hour=9))
    assert services.take(cast.rita, now=NOW) == talked.pk


def test_behind_a_wrong_number_is_nobody_until_they_do_something(cast: Cast) -> None:
    lead = desk.queue()
    services.log_call(contact_id=lead.pk, outcome="wrong_number", actor=cast.rita, now=NOW)
    place = DeskPlace.objects.get()
    assert (place.waits, place.due_at) == (Waits.EVENT, None)


def test_a_promotion_by_hand_opens_an_opportunity(cast: Cast) -> None:
    lead = desk.queue()
    services.take(cast.rita, now=NOW)
    services.promote(contact_id=lead.pk, actor=cast.rita, now=NOW, reason="The board has agreed.")
    assert Opportunity.objects.get().contact == lead
    assert Standing.objects.get(pk=lead.pk).lifecycle == Lifecycle.PROSPECT
    assert services.take(cast.rita, now=SOON) is None


def test_a_promised_call_is_a_follow_up(cast: Cast) -> None:
    lead = desk.queue(first_name="Elin", last_name="Brandt")
    at = NOW + timedelta(hours=2)
    services.call_later(contact_id=lead.pk, actor=cast.rita, now=NOW, at=at, note="the price")
    follow_up = FollowUp.objects.get()
    assert (follow_up.title, follow_up.due_at) == ("Call Elin Brandt back: the price", at)
    assert follow_up.assignee == cast.rita


@pytest.mark.parametrize(("worked", "hours"), [(False, 4), (True, 21)])  # it is noon: four hours, or nine o'clock
def test_passing_on(cast: Cast, worked: bool, hours: int) -> None:
    lead = desk.queue()
    if worked:
        answer(lead, cast.rita)
    services.pass_on(contact_id=lead.pk, actor=cast.rita, now=SOON if worked else NOW)
    assert DeskPlace.objects.get().due_at == NOW + timedelta(hours=hours)


def test_who_does_not_want_to_be_contacted_is_not_contacted(cast: Cast) -> None:
    lead = desk.queue()
    services.disqualify(contact_id=lead.pk, reason="unsubscribed", actor=cast.rita, now=NOW, note="Was quite clear.")
    change = LifecycleChange.objects.get(contact=lead, to_stage=Lifecycle.DISQUALIFIED)
    assert (change.reason, change.actor) == ("Does not want to be contacted: Was quite clear.", cast.rita)
    assert not may(lead, Purpose.CALLS)
    assert not may(lead, Purpose.MARKETING)
    assert not DeskPlace.objects.exists()


def test_other_reasons_say_nothing_about_consent(cast: Cast) -> None:
    lead = desk.queue()
    services.disqualify(contact_id=lead.pk, reason="student", actor=cast.rita, now=NOW)
    assert not Consent.objects.exists()
    assert may(lead, Purpose.CALLS)


@pytest.mark.parametrize(
    ("verb", "given", "field"),
    [
        (services.disqualify, {"reason": "dislike"}, "reason"),
        (services.disqualify, {"reason": "other", "note": " "}, "note"),
        (services.disqualify, {"reason": "no_fit", "note": "x" * 1_000_000}, "note"),
        (services.nurture, {}, "until"),
        (services.nurture, {"until": NOW}, "until"),
        (services.nurture, {"until": NOW + timedelta(days=4000)}, "until"),
        (services.call_later, {"at": NOW - timedelta(hours=1)}, "at"),
        (services.call_later, {"at": NOW + timedelta(days=4000)}, "at"),
        (services.log_call, {"outcome": "shouted"}, "outcome"),
        (services.promote, {"reason": " "}, "reason"),
        (services.pass_on, {"nonce": "x" * 41}, ""),
    ],
)
def test_what_is_refused_leaves_nothing(cast: Cast, verb: Any, given: dict[str, Any], field: str) -> None:
    lead = desk.queue()
    with pytest.raises(Refused) as refused:
        verb(contact_id=lead.pk, actor=cast.rita, now=NOW, **given)
    assert list(refused.value.fields) == [field]
    assert not DeskOutcome.objects.exists()
    assert Standing.objects.get(pk=lead.pk).lifecycle == Lifecycle.LEAD


def test_nobody_works_on_a_lead_at_which_somebody_else_is(cast: Cast) -> None:
    lead = desk.queue()
    services.take(cast.rita, now=NOW)
    with pytest.raises(services.HeldByAnother, match="Rita is at this lead"):
        answer(lead, cast.ravi)
    assert not Evidence.objects.exists()
    answer(lead, cast.ravi, now=NOW + timedelta(hours=1))  # she has left


# --- twice ---


def test_a_double_click_does_it_once(cast: Cast) -> None:
    lead = desk.queue()
    first = answer(lead, cast.rita, nonce="n1")
    assert answer(lead, cast.rita, nonce="n1") == first
    assert Evidence.objects.count() == 1


def test_from_one_page_a_lead_is_left_once_and_answered_as_often_as_they_talk(cast: Cast) -> None:
    lead = desk.queue()
    services.log_call(contact_id=lead.pk, outcome="connected", actor=cast.rita, now=NOW, nonce="n1")
    answer(lead, cast.rita, nonce="n1")
    services.nurture(contact_id=lead.pk, actor=cast.rita, now=SOON, or_event=True, nonce="n1")
    services.disqualify(contact_id=lead.pk, reason="student", actor=cast.rita, now=SOON, nonce="n1")
    done = DeskOutcome.objects.order_by("pk").values_list("did", flat=True)
    assert list(done) == [Did.CALLED, Did.ANSWERED, Did.NURTURE]
    assert Standing.objects.get(pk=lead.pk).lifecycle == Lifecycle.LEAD


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_instant_does_it_once(cast: Cast) -> None:
    lead = desk.queue()
    got = at_once(*[lambda: answer(lead, cast.rita, nonce="n1")] * 3)
    assert len({outcome.pk for outcome in got}) == 1, got
    assert Evidence.objects.count() == 1


# --- undo ---

KEPT: list[type[Model]] = [Evidence, Activity, EngagementEvent, FollowUp, LifecycleChange, Consent, Opportunity]


def state(lead: Contact) -> dict[str, Any]:
    """All that an outcome may touch."""
    rows: dict[str, Any] = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}
    rows["standing"] = Standing.objects.filter(pk=lead.pk).values().get()
    rows["place"] = DeskPlace.objects.filter(pk=lead.pk).values("value", "waits", "due_at", "kept_for").first()
    return rows


DONE: dict[str, Any] = {
    "answer": lambda lead, by: answer(lead, by),
    "talked": lambda lead, by: services.log_call(contact_id=lead.pk, outcome="connected", actor=by, now=NOW),
    "voicemail": lambda lead, by: services.log_call(contact_id=lead.pk, outcome="voicemail", actor=by, now=NOW),
    "later": lambda lead, by: services.call_later(contact_id=lead.pk, actor=by, now=NOW, at=NOW + timedelta(hours=2)),
    "nurture": lambda lead, by: services.nurture(contact_id=lead.pk, actor=by, now=NOW, or_event=True),
    "asked": lambda lead, by: services.request_data(contact_id=lead.pk, actor=by, now=NOW),
    "next": lambda lead, by: services.pass_on(contact_id=lead.pk, actor=by, now=NOW),
    "student": lambda lead, by: services.disqualify(contact_id=lead.pk, reason="student", actor=by, now=NOW),
    "unsubscribed": lambda lead, by: services.disqualify(contact_id=lead.pk, reason="unsubscribed", actor=by, now=NOW),
}


@pytest.mark.parametrize("what", DONE)
def test_undo_is_exact_and_turns_back_to_the_lead(cast: Cast, what: str) -> None:
    lead, _ = desk.queue(below=3), desk.queue(below=9)
    services.take(cast.rita, now=NOW)
    before = state(lead)
    DONE[what](lead, cast.rita)
    assert state(lead) != before
    outcome = services.undo_last(actor=cast.rita, now=SOON)
    assert state(lead) == before
    assert outcome.undone_at == SOON
    assert services.take(cast.rita, now=SOON) == lead.pk
    assert may(lead, Purpose.CALLS)


def test_undo_takes_back_one_after_the_other_only_ones_own_and_not_for_ever(cast: Cast) -> None:
    lead = desk.queue()
    before = state(lead)
    answer(lead, cast.rita)
    services.nurture(contact_id=lead.pk, actor=cast.rita, now=SOON, or_event=True)
    with pytest.raises(Refused, match="nothing to undo"):
        services.undo_last(actor=cast.ravi, now=SOON)
    assert services.undo_last(actor=cast.rita, now=SOON).did == Did.NURTURE
    assert services.undo_last(actor=cast.rita, now=SOON).did == Did.ANSWERED
    assert state(lead) == before
    answer(lead, cast.rita)
    with pytest.raises(Refused, match="nothing to undo"):
        services.undo_last(actor=cast.rita, now=NOW + timedelta(hours=2))


def test_a_button_undoes_what_it_was_drawn_for_once_and_nothing_else(cast: Cast) -> None:
    lead = desk.queue()
    first = answer(lead, cast.rita)
    second = services.log_call(contact_id=lead.pk, outcome="connected", actor=cast.rita, now=SOON)
    with pytest.raises(Refused, match="something else since"):
        services.undo_last(actor=cast.rita, now=SOON, meant=first.pk)
    for _ in range(2):
        assert services.undo_last(actor=cast.rita, now=SOON, meant=second.pk) == second
    assert list(DeskOutcome.objects.standing()) == [first]
    with pytest.raises(Refused, match="something else since"):
        services.undo_last(actor=cast.rita, now=SOON, meant=0)
    with pytest.raises(Refused, match="nothing to undo"):
        services.undo_last(actor=cast.ravi, now=SOON, meant=second.pk)  # it is not theirs


def test_a_step_on_which_somebody_has_built_is_not_undone(cast: Cast) -> None:
    lead = desk.queue()
    services.disqualify(contact_id=lead.pk, reason="no_fit", actor=cast.rita, now=NOW)
    enter_lifecycle(lead.pk, Lifecycle.LEAD, now=SOON, actor=cast.ravi, reason="Taken back")
    with pytest.raises(Refused, match="Somebody has changed"):
        services.undo_last(actor=cast.rita, now=SOON)
    assert LifecycleChange.objects.filter(contact=lead).count() == 3


def test_what_was_undone_can_be_said_otherwise_from_the_page_it_was_said_on(cast: Cast) -> None:
    lead = desk.queue()
    first = answer(lead, cast.rita, nonce="n1", verdict="fails")
    services.undo_last(actor=cast.rita, now=SOON)
    second = answer(lead, cast.rita, nonce="n1", verdict="weak")
    assert second != first
    assert lead.evidence.get().verdict == "weak"


@pytest.mark.django_db(transaction=True)
def test_undo_twice_at_once_undoes_once(cast: Cast) -> None:
    lead = desk.queue()
    answer(lead, cast.rita)
    got = at_once(*[lambda: services.undo_last(actor=cast.rita, now=SOON)] * 2)
    assert sorted(type(one).__name__ for one in got) == ["DeskOutcome", "Refused"]
    assert not Evidence.objects.exists()
