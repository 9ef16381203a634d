"""Nobody asks whom somebody else is asking."""

from datetime import timedelta

import pytest
from django.db import connection

from leads.services import assign_owner
from pipeline.models import DeskPlace
from pipeline.services import desk as services
from pipeline.services.desk.taking import KEPT_FOR, LEASE
from tests.conftest import NOW, Cast
from tests.pipeline import desk
from tests.pipeline.test_promote import at_once


@pytest.mark.django_db
def test_a_lead_is_one_persons_until_the_lease_ends(cast: Cast) -> None:
    lead = desk.queue()
    assert services.take(cast.rita, now=NOW) == lead.pk
    assert services.take(cast.sven, now=NOW) is None
    assert services.take(cast.sven, now=NOW + LEASE - timedelta(seconds=1)) is None
    assert services.take(cast.sven, now=NOW + LEASE) == lead.pk
    assert services.take(cast.rita, now=NOW + LEASE) is None


@pytest.mark.django_db
def test_whoever_comes_again_gets_the_same_lead_and_more_time(cast: Cast) -> None:
    lead = desk.queue(below=9)
    assert services.take(cast.rita, now=NOW) == lead.pk
    desk.queue(below=0)  # a better one comes in; nobody is torn away
    later = NOW + timedelta(minutes=10)
    assert services.take(cast.rita, now=later) == lead.pk
    assert DeskPlace.objects.get(pk=lead.pk).held_until == later + LEASE


@pytest.mark.django_db
def test_leaving_the_desk_gives_the_lead_back(cast: Cast) -> None:
    lead = desk.queue()
    services.take(cast.rita, now=NOW)
    services.release(cast.rita)
    assert services.take(cast.sven, now=NOW) == lead.pk


@pytest.mark.django_db
def test_working_out_places_takes_nobody_away_from_anybody(cast: Cast) -> None:
    lead = desk.queue()
    services.take(cast.rita, now=NOW)
    services.place([lead.pk], now=NOW)
    assert DeskPlace.objects.get().holder == cast.rita
    desk.judged(lead, below=500)  # no longer worth a question, but they are talking
    services.place([lead.pk], now=NOW)
    assert services.take(cast.rita, now=NOW) == lead.pk
    services.release(cast.rita)
    assert services.take(cast.sven, now=NOW) is None
    services.place([lead.pk], now=NOW)
    assert not DeskPlace.objects.exists()


@pytest.mark.django_db
def test_a_lead_that_went_to_another_team_is_let_go(cast: Cast) -> None:
    lead = desk.queue()
    assert services.take(cast.rita, now=NOW) == lead.pk
    assign_owner([lead.pk], cast.sven, now=NOW)
    assert services.take(cast.rita, now=NOW) is None


@pytest.mark.django_db
def test_a_promised_call_comes_first_to_whoever_promised_it(cast: Cast) -> None:
    promised, better = desk.queue(below=20), desk.queue(below=0)
    at = NOW + timedelta(hours=3)
    services.call_later(contact_id=promised.pk, actor=cast.rita, now=NOW, at=at)
    assert services.take(cast.rita, now=at - timedelta(seconds=1)) == better.pk
    services.release(cast.rita)
    assert services.take(cast.ravi, now=at) == better.pk
    assert services.take(cast.rita, now=at) == promised.pk
    services.release(cast.rita)
    services.release(cast.ravi)
    assert services.take(cast.ravi, now=at + KEPT_FOR) == promised.pk  # Rita has not come


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_a_lead_each(cast: Cast) -> None:
    leads = {desk.queue(below=below % 20).pk for below in range(20)}
    people = [cast.rita, cast.ravi, cast.sven, cast.mara, cast.mona, cast.adam]
    got = at_once(*[lambda person=person: services.take(person, now=NOW) for person in people])
    assert len(set(got)) == len(people), got
    assert set(got) <= leads


@pytest.mark.django_db(transaction=True)
def test_of_two_persons_and_one_lead_exactly_one_gets_it(cast: Cast) -> None:
    for _ in range(5):
        DeskPlace.objects.all().delete()
        lead = desk.queue()
        got = at_once(lambda: services.take(cast.rita, now=NOW), lambda: services.take(cast.sven, now=NOW))
        assert sorted(got, key=str) == sorted([lead.pk, None], key=str)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_windows_of_one_person_show_one_lead(cast: Cast) -> None:
    for below in range(6):
        desk.queue(below=below)
    got = at_once(*[lambda: services.take(cast.rita, now=NOW)] * 4)
    assert len(set(got)) == 1, got
    assert DeskPlace.objects.filter(holder=cast.rita).count() == 1
