"""The contract of a hand-off: offered, accepted, rejected, run out; one winner each time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from activities.models import Activity, Notification
from core.errors import Refused, Stale
from leads.models import Evidence, Lifecycle, LifecycleChange, OwnerChange, Standing
from leads.services import assign_owner
from pipeline import queries, services, tasks
from pipeline.models import HandOff, Opportunity, Recycle, StageMove
from pipeline.services import passing
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from tests.pipeline.rows import offer
from users.models import User


def test_without_terms_a_hand_off_is_accepted_at_once(cast: Cast) -> None:
    row = offer()
    assert (row.state, row.rep, row.decided_by, row.decided_at, row.due_at) == (
        "accepted",
        cast.rita,
        cast.rita,
        NOW,
        None,
    )
    assert Activity.objects.get(contact=row.contact, kind="stage").title == "Opportunity opened in New, handed to Rita"


def test_an_offer_keeps_what_it_was_based_on_and_ends_in_working_time(offered: Cast) -> None:
    row = offer(first_name="Elin", last_name="Brandt", source="webinar")
    assert (row.state, row.rep, row.definition_version, row.source) == ("offered", offered.rita, 1, "webinar")
    assert row.due_at == NOW + timedelta(hours=4)
    assert row.snapshot["judgement"]["definition"] == 1
    note = Notification.objects.get(user=offered.rita)
    assert note.text == "New prospect for you: Elin Brandt, answer by Mon 16:00"
    assert Opportunity.objects.get().owner == offered.rita
    late = offer(now=datetime(2026, 6, 19, 15, tzinfo=UTC))  # a Friday afternoon
    assert late.due_at == datetime(2026, 6, 22, 11, tzinfo=UTC)


def test_whoever_promotes_for_themselves_has_said_yes(offered: Cast) -> None:
    contact = factories.contact()
    services.promote(contact_id=contact.pk, now=NOW, actor=offered.ravi, manual=True, reason="They called.")
    row = HandOff.objects.get()
    assert (row.state, row.rep, row.promoted, row.is_override) == ("accepted", offered.ravi, "manual", True)


def test_accepting_twice_is_accepting_once(offered: Cast) -> None:
    row, later = offer(), NOW + timedelta(hours=1)
    for at in (later, later + timedelta(seconds=1)):
        services.accept(hand_off_id=row.pk, actor=offered.rita, now=at)
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decided_at) == ("accepted", offered.rita, later)
    assert Activity.objects.filter(contact=row.contact, title="Hand-off accepted by Rita").count() == 1


def test_a_team_mate_does_not_answer_and_a_manager_may(offered: Cast) -> None:
    row = offer()
    with pytest.raises(Refused, match="offered to Rita"):
        services.accept(hand_off_id=row.pk, actor=offered.ravi, now=NOW)
    services.accept(hand_off_id=row.pk, actor=offered.mona, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.rep, row.decided_by) == ("accepted", offered.rita, offered.mona)


def test_a_rejection_takes_the_opportunity_away_and_corrects_the_evidence(offered: Cast) -> None:
    contact = rows.qualified()
    factories.evidence(contact, "budget", "meets", now=NOW - timedelta(days=3))
    assign_owner([contact.pk], offered.mara)
    opportunity = services.promote(contact_id=contact.pk, now=NOW)
    assert opportunity is not None
    row, later = HandOff.objects.get(), NOW + timedelta(hours=1)
    services.reject(hand_off_id=row.pk, actor=offered.rita, now=later, reason="no_budget", note="Cut in May.")

    assert not Opportunity.objects.exists()
    assert not StageMove.objects.exists()
    row.refresh_from_db()
    assert (row.state, row.reason, row.note, row.opportunity) == ("rejected", "no_budget", "Cut in May.", None)
    assert row.snapshot["evidence"][0]["verdict"] == "meets"
    standing = Standing.objects.get(pk=contact.pk)
    assert (standing.lifecycle, standing.owner) == (Lifecycle.LEAD, offered.mara)
    change = LifecycleChange.objects.filter(contact=contact).latest("pk")
    assert (change.from_stage, change.to_stage, change.reason) == (
        "prospect",
        "lead",
        "Hand-off rejected: No budget",
    )
    stands = Evidence.objects.standing(later).get(contact=contact, criterion__key="budget")
    assert (stands.verdict, stands.source, stands.quote, stands.recorded_by) == (
        "fails",
        "rejection",
        "Cut in May.",
        offered.rita,
    )
    rest = Recycle.objects.get()
    assert (rest.reason, rest.by, rest.due_at) == ("no_budget", "months", datetime(2026, 12, 12, 6, tzinfo=UTC))
    assert not queries.unpromoted().exists()
    assert services.promote(contact_id=contact.pk, now=later) is None
    assert not Notification.objects.filter(key=f"opportunity-opened:{opportunity.pk}").exists()


@pytest.mark.parametrize(
    ("reason", "criterion"),
    [
        ("no_authority", "authority"),
        ("no_need", "need"),
        ("timing", "timeline"),
        ("unreachable", None),
        ("duplicate", None),
        ("bad_data", None),
    ],
)
def test_each_reason_corrects_what_it_contradicts(offered: Cast, reason: str, criterion: str | None) -> None:
    row = offer()
    services.reject(hand_off_id=row.pk, actor=offered.rita, now=NOW, reason=reason, back_on=date(2026, 9, 1))
    said = list(Evidence.objects.values_list("criterion__key", "verdict", "on_date"))
    assert said == ([(criterion, "fails", date(2026, 9, 1) if reason == "timing" else None)] if criterion else [])
    assert Recycle.objects.get().due_at == datetime(2026, 9, 1, 6, tzinfo=UTC)


def test_in_the_wrong_territory_it_goes_to_the_next(offered: Cast) -> None:
    row = offer()
    services.reject(hand_off_id=row.pk, actor=offered.rita, now=NOW, reason="territory")
    following = HandOff.objects.get(replaces=row)
    assert (following.state, following.rep) == ("offered", offered.ravi)
    opportunity = Opportunity.objects.get()
    assert (opportunity.owner, Standing.objects.get(pk=row.contact_id).owner) == (offered.ravi, offered.ravi)
    assert not Recycle.objects.exists()
    services.reject(hand_off_id=following.pk, actor=offered.ravi, now=NOW, reason="territory")
    third = HandOff.objects.get(replaces=following)
    services.reject(hand_off_id=third.pk, actor=offered.sven, now=NOW, reason="territory")
    last = HandOff.objects.get(replaces=third)
    assert (last.rep, last.state) == (None, "offered")  # nobody is left who has not had it
    assert Opportunity.objects.get().owner is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "boredom"}, "reason"),
        ({"reason": "no_need", "note": "x" * 301}, "note"),
        ({"reason": "no_need", "back_on": date(2026, 6, 15)}, "back_on"),
        ({"reason": "no_need", "back_on": date(9999, 1, 1)}, "back_on"),
        ({"reason": "no_need", "by": "magic"}, "by"),
    ],
)
def test_a_bad_rejection_writes_nothing(offered: Cast, given: dict[str, Any], field: str) -> None:
    row = offer()
    with pytest.raises(Refused) as refused:
        services.reject(hand_off_id=row.pk, actor=offered.rita, now=NOW, **given)
    assert list(refused.value.fields) == [field]
    row.refresh_from_db()
    assert row.state == "offered"
    assert not Recycle.objects.exists()


def test_what_nobody_answers_goes_to_the_next_and_the_manager_is_told(offered: Cast) -> None:
    row = offer(first_name="Elin", last_name="Brandt")
    assert row.due_at is not None
    early, late = row.due_at - timedelta(seconds=1), row.due_at + timedelta(seconds=1)
    assert services.expire(hand_off_id=row.pk, now=early) is None
    following = services.expire(hand_off_id=row.pk, now=late)
    assert services.expire(hand_off_id=row.pk, now=late) is None
    row.refresh_from_db()
    assert row.state == "expired"
    assert following is not None
    assert (following.rep, following.state, following.due_at) == (
        offered.ravi,
        "offered",
        datetime(2026, 6, 16, 12, 0, 1, tzinfo=UTC),  # an hour today, three tomorrow
    )
    assert Opportunity.objects.get().owner == offered.ravi
    told = Notification.objects.get(user=offered.mona)
    assert told.text == "Rita did not answer for Elin Brandt in time: offered to Ravi"
    with pytest.raises(Stale, match="offered to Ravi"):
        services.accept(hand_off_id=row.pk, actor=offered.rita, now=late)


def test_a_team_of_one_is_asked_once_more_and_then_whoever_takes_it_has_it(offered: Cast) -> None:
    User.objects.filter(pk__in=[offered.ravi.pk, offered.sven.pk]).update(is_active=False)
    row = offer(first_name="Elin", last_name="Brandt")
    assert row.due_at is not None
    again = services.expire(hand_off_id=row.pk, now=row.due_at)
    assert again is not None and again.due_at is not None
    assert (again.rep, again.state, Opportunity.objects.get().owner) == (offered.rita, "offered", offered.rita)
    told = Notification.objects.filter(user=offered.mona).values_list("text", flat=True)
    assert list(told) == ["Rita did not answer for Elin Brandt in time: offered to Rita again"]
    last = services.expire(hand_off_id=again.pk, now=again.due_at)
    assert last is not None
    assert (last.rep, last.state, last.due_at) == (None, "offered", None)
    assert services.place(hand_off_id=last.pk, now=again.due_at) is False
    User.objects.filter(pk=offered.sven.pk).update(is_active=True)  # a second one comes
    assert services.place(hand_off_id=last.pk, now=again.due_at) is True
    assert HandOff.objects.get(replaces=last).rep == offered.sven


def test_the_sweep_finds_what_ran_out(offered: Cast) -> None:
    row = offer(now=NOW - timedelta(days=400))
    tasks.expire_hand_offs()
    row.refresh_from_db()
    assert row.state == "expired"
    assert not passing.overdue(NOW).exists()


def test_when_all_are_away_it_waits_and_goes_to_who_comes_back(offered: Cast) -> None:
    reps = [offered.rita, offered.ravi, offered.sven]
    absences = [
        services.add_absence(user=rep, first_day=NOW.date(), last_day=NOW.date() + timedelta(days=7)) for rep in reps
    ]
    row = offer()
    assert (row.rep, row.due_at, row.state) == (None, None, "offered")
    assert Opportunity.objects.get().owner is None
    assert services.place(hand_off_id=row.pk, now=NOW) is False
    services.remove_absence(absences[2])
    assert services.place(hand_off_id=row.pk, now=NOW) is True
    assert services.place(hand_off_id=row.pk, now=NOW) is False
    following = HandOff.objects.get(replaces=row)
    assert (following.rep, following.state) == (offered.sven, "offered")
    assert Opportunity.objects.get().owner == offered.sven


def test_somebody_may_take_what_waits(offered: Cast) -> None:
    User.objects.filter(role="rep").update(is_active=False)
    row = offer()
    User.objects.filter(role="rep").update(is_active=True)
    services.accept(hand_off_id=row.pk, actor=offered.sven, now=NOW)
    assert Opportunity.objects.get().owner == offered.sven
    assert Standing.objects.get(pk=row.contact_id).owner == offered.sven
    assert OwnerChange.objects.filter(contact=row.contact_id, to_owner=offered.sven, actor=offered.sven).exists()


def test_working_on_it_is_accepting_it(offered: Cast) -> None:
    row = offer()
    opportunity = Opportunity.objects.get()
    services.move(opportunity_id=opportunity.pk, stage_id=rows.stage("Discovery").pk, actor=offered.rita, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("accepted", offered.rita)
    assert services.expire(hand_off_id=row.pk, now=NOW + timedelta(days=9)) is None


def test_a_manager_who_gives_it_to_somebody_settles_the_offer(offered: Cast) -> None:
    row = offer()
    opportunity = Opportunity.objects.get()
    services.edit(opportunity_id=opportunity.pk, actor=offered.mona, now=NOW, owner=offered.sven)
    row.refresh_from_db()
    following = HandOff.objects.get(replaces=row)
    assert (row.state, following.state, following.rep) == ("passed_on", "offered", offered.sven)


def test_there_is_one_open_offer_for_an_opportunity(offered: Cast) -> None:
    row = offer()
    with pytest.raises(IntegrityError, match="hand_off_one_offer"), transaction.atomic():
        HandOff.objects.create(contact=row.contact, opportunity=row.opportunity, rep=offered.sven, offered_at=NOW)
