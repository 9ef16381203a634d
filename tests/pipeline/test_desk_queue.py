"""Who has a place at the desk, in which order, and that the places follow what happens."""

from datetime import timedelta
from typing import Any

import pytest

import crm.reactions
from leads.days import day_of
from leads.models import Lifecycle, Standing
from leads.services import assign_owner, enter_lifecycle
from pipeline.models import DeskPlace, Waits
from pipeline.services import desk as services
from scoring import signals
from scoring.models import Likelihood, ModelState, PurchaseModel
from scoring.services import rescore_changed
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import desk

pytestmark = pytest.mark.django_db


def order(user: Any) -> list[int]:
    """Whom the person gets, one after the other."""
    found: list[int] = []
    while (pk := services.take(user, now=NOW, without=found)) is not None:
        found.append(pk)
    services.release(user)
    return found


def test_a_lead_near_the_line_has_a_place_with_its_value(cast: Cast) -> None:
    lead = desk.lead(below=10, seen_days=14, owner=cast.rita)
    assert services.place([lead.pk], now=NOW) == 1
    place = DeskPlace.objects.get()
    # half for ten points, ⅝ for a fortnight, and four questions that are all open
    assert (place.value, place.owner, place.total) == (163, cast.rita, Standing.objects.get(pk=lead.pk).total)
    assert (place.waits, place.due_at, place.kept_for, place.holder) == ("", None, None, None)


@pytest.mark.parametrize("lifecycle", [Lifecycle.PROSPECT, Lifecycle.CUSTOMER, Lifecycle.DISQUALIFIED])
def test_only_leads_are_asked(cast: Cast, lifecycle: Lifecycle) -> None:
    lead = desk.queue()
    enter_lifecycle(lead.pk, lifecycle, now=NOW)
    services.place([lead.pk], now=NOW)
    assert not DeskPlace.objects.exists()


@pytest.mark.parametrize(
    "standing", [{"is_qualified": True}, {"is_erased": True}, {"day": None}, {"total": 0}], ids=lambda one: str(one)
)
def test_who_is_qualified_erased_unscored_or_far_away_is_not_asked(cast: Cast, standing: dict[str, Any]) -> None:
    lead = desk.queue()
    Standing.objects.filter(pk=lead.pk).update(**standing)
    services.place([lead.pk], now=NOW)
    assert not DeskPlace.objects.exists()


def test_who_has_answered_everything_and_talked_to_us_is_not_asked(cast: Cast) -> None:
    lead = desk.lead(below=5)
    factories.bant(lead)
    Standing.objects.filter(pk=lead.pk).update(two_way_day=day_of(NOW))
    assert services.place([lead.pk], now=NOW) == 0


def test_a_no_is_worth_less_than_a_question_that_was_never_asked(cast: Cast) -> None:
    asked, said_no = desk.lead(), desk.lead()
    factories.evidence(said_no, "budget", "fails")
    services.place([asked.pk, said_no.pk], now=NOW)
    assert order(cast.mona) == [asked.pk, said_no.pk]


def test_an_answer_that_is_too_old_is_an_open_question_again(cast: Cast) -> None:
    lead = desk.lead()
    services.place([lead.pk], now=NOW)
    unanswered = DeskPlace.objects.get().value
    factories.evidence(lead, "budget", now=NOW)
    services.place([lead.pk], now=NOW)
    assert DeskPlace.objects.get().value > unanswered
    later = NOW + timedelta(days=400)
    desk.judged(lead, below=5, now=later)
    services.place([lead.pk], now=later)
    assert DeskPlace.objects.get().value == unanswered


def test_who_probably_buys_comes_before_who_probably_does_not(cast: Cast) -> None:
    PurchaseModel.objects.create(
        version=1, state=ModelState.ACTIVE, asked_at=NOW, is_useful=True, card={"base_rate": 0.02}
    )
    plain, likely, unlikely = desk.lead(), desk.lead(), desk.lead()
    for lead, permille in ((likely, 60), (unlikely, 2)):
        Likelihood.objects.create(contact=lead, permille=permille, version=1, day=0)
    services.place([plain.pk, likely.pk, unlikely.pk], now=NOW)
    assert order(cast.mona) == [likely.pk, plain.pk, unlikely.pk]


def test_the_order_is_by_value_and_the_same_for_everybody(cast: Cast) -> None:
    far, near, cold = desk.queue(below=24), desk.queue(below=0), desk.queue(below=0, seen_days=300)
    assert order(cast.mona) == order(cast.adam) == order(cast.mara) == [near.pk, cold.pk, far.pk]


def test_reps_get_what_their_team_owns_and_what_nobody_owns(cast: Cast) -> None:
    mine = desk.queue(below=9, owner=cast.rita)
    mate, nobodys = desk.queue(below=3, owner=cast.ravi), desk.queue(below=5)
    theirs = desk.queue(below=0, owner=cast.sven)
    assert order(cast.rita) == [mate.pk, nobodys.pk, mine.pk]
    assert order(cast.sven) == [theirs.pk, nobodys.pk]


def test_a_place_that_is_not_up_to_date_gives_nobody_what_they_may_not_see(cast: Cast) -> None:
    lead = desk.queue(owner=cast.rita)
    Standing.objects.filter(pk=lead.pk).update(owner=cast.sven)  # the announcement is on its way
    assert services.take(cast.rita, now=NOW) is None
    gone = desk.queue()
    Standing.objects.filter(pk=gone.pk).update(lifecycle=Lifecycle.PROSPECT)
    assert services.take(cast.mona, now=NOW) == lead.pk
    assert services.take(cast.mona, now=NOW, without=[lead.pk]) is None


def test_reactions_name_the_places(cast: Cast) -> None:
    announced = {signal for signal, task in crm.reactions.REACTIONS if task.name == "pipeline.tasks.place_at_desk"}
    assert signals.judgement_changed in announced
    assert len(announced) == 3


def test_scoring_says_whose_judgement_changed(cast: Cast) -> None:
    changed: list[int] = []

    def hear(sender: object, contact_ids: list[int], **_: Any) -> None:
        changed.extend(contact_ids)

    lead = factories.contact()
    factories.event(lead, "demo_requested")
    signals.judgement_changed.connect(hear)
    try:
        rescore_changed(now=NOW)
        assert changed == [lead.pk]
        changed.clear()
        rescore_changed(now=NOW)
    finally:
        signals.judgement_changed.disconnect(hear)
    assert changed == []


# --- the sweep ---


def test_the_sweep_finds_whom_no_announcement_told_of(cast: Cast) -> None:
    lead = desk.lead()
    assert services.keep_places(now=NOW) == 1
    assert DeskPlace.objects.get().contact == lead
    assert services.keep_places(now=NOW) == 0  # nothing is left to do


def test_the_sweep_follows_score_owner_lifecycle_answers_and_the_day(cast: Cast) -> None:
    leads = [desk.queue(below=9) for _ in range(4)]
    value = DeskPlace.objects.get(pk=leads[0].pk).value
    desk.judged(leads[0], below=0)
    assign_owner([leads[1].pk], cast.rita, now=NOW)
    Standing.objects.filter(pk=leads[2].pk).update(lifecycle=Lifecycle.DISQUALIFIED)
    factories.evidence(leads[3], "budget", now=NOW + timedelta(minutes=1))
    assert services.keep_places(now=NOW + timedelta(minutes=2)) == 4
    places = {place.pk: place for place in DeskPlace.objects.all()}
    assert places[leads[0].pk].value > value
    assert places[leads[1].pk].owner == cast.rita
    assert leads[2].pk not in places
    assert places[leads[3].pk].value > value
    tomorrow = NOW + timedelta(days=1)
    assert services.keep_places(now=tomorrow) == 3
    assert {place.day for place in DeskPlace.objects.all()} == {day_of(tomorrow)}


def test_places_are_worked_out_in_the_same_number_of_queries_for_many(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    few, many = [desk.lead().pk for _ in range(2)], [desk.lead().pk for _ in range(60)]
    services.place(few, now=NOW)
    with django_assert_num_queries(10):
        services.place(few, now=NOW)
    with django_assert_num_queries(10):
        services.place(many, now=NOW)


def test_the_next_lead_costs_the_same_number_of_queries_in_a_long_queue(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    desk.queue()
    with django_assert_num_queries(8):
        services.take(cast.mona, now=NOW)
    services.release(cast.mona)
    services.place([desk.lead(below=below).pk for below in range(1, 25) for _ in range(4)], now=NOW)
    with django_assert_num_queries(8):
        services.take(cast.mona, now=NOW)


def test_a_lead_that_was_put_aside_comes_back_on_its_day(cast: Cast) -> None:
    lead = desk.queue()
    until = NOW + timedelta(days=7)
    services.nurture(contact_id=lead.pk, actor=cast.rita, now=NOW, until=until)
    place = DeskPlace.objects.get()
    assert (place.waits, place.due_at) == (Waits.UNTIL, until)
    assert services.take(cast.rita, now=NOW) is None
    assert services.wake_places(now=until - timedelta(seconds=1)) == 0
    desk.judged(lead, below=5, now=until)
    assert services.wake_places(now=until) == 1
    assert services.take(cast.rita, now=until) == lead.pk


def test_a_lead_that_waits_for_a_sign_comes_back_when_they_do_something(cast: Cast) -> None:
    lead = desk.queue()
    factories.event(lead, now=NOW, days_ago=1)
    services.nurture(contact_id=lead.pk, actor=cast.rita, now=NOW, or_event=True)
    assert services.keep_places(now=NOW + timedelta(minutes=1)) == 0
    factories.event(lead, now=NOW + timedelta(minutes=2))
    assert services.keep_places(now=NOW + timedelta(minutes=3)) == 1
    assert services.take(cast.rita, now=NOW + timedelta(minutes=3)) == lead.pk
