"""Two who decide about a hand-off at once: one of them wins."""

from datetime import timedelta

import pytest

from core.errors import Stale
from leads.models import Company
from pipeline import services
from pipeline.models import HandOff, Opportunity
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from tests.pipeline.rows import offer
from tests.pipeline.test_promote import at_once


@pytest.mark.django_db(transaction=True)
def test_accepting_while_it_runs_out_has_one_winner(cast: Cast) -> None:
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    late = NOW + timedelta(hours=5)
    for _ in range(6):
        row = offer()
        accepted, expired = at_once(
            lambda row=row: services.accept(hand_off_id=row.pk, actor=row.rep, now=late),
            lambda row=row: services.expire(hand_off_id=row.pk, now=late),
        )
        row.refresh_from_db()
        follow = HandOff.objects.filter(replaces=row).count()
        if row.state == "accepted":
            assert (type(accepted), expired, follow) == (HandOff, None, 0)
        else:
            assert (row.state, type(accepted), type(expired), follow) == ("expired", Stale, HandOff, 1)


@pytest.mark.django_db(transaction=True)
def test_accepting_and_rejecting_at_once_has_one_winner(cast: Cast) -> None:
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    row = offer()
    accepted, rejected = at_once(
        lambda: services.accept(hand_off_id=row.pk, actor=row.rep, now=NOW),  # type: ignore[arg-type]
        lambda: services.reject(hand_off_id=row.pk, actor=cast.mona, now=NOW, reason="no_need"),
    )
    row.refresh_from_db()
    assert {type(accepted), type(rejected)} == {HandOff, Stale}
    assert Opportunity.objects.count() == (1 if row.state == "accepted" else 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_expire_it_once(cast: Cast) -> None:
    services.save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    row, late = offer(), NOW + timedelta(hours=5)
    answers = at_once(*[lambda: services.expire(hand_off_id=row.pk, now=late)] * 3)
    assert sorted(type(one).__name__ for one in answers) == ["HandOff", "NoneType", "NoneType"], answers
    assert HandOff.objects.filter(replaces=row).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_colleagues_at_once_the_second_joins_the_first(cast: Cast) -> None:
    company = Company.objects.create(name="Amber Works")
    people = [rows.qualified(company=company) for _ in range(3)]
    answers = at_once(*[lambda pk=one.pk: services.promote(contact_id=pk, now=NOW) for one in people])
    assert {type(answer) for answer in answers} == {Opportunity}, answers
    assert Opportunity.objects.count() == 1
    assert sorted(HandOff.objects.values_list("state", flat=True)) == ["accepted", "joined", "joined"]
