from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from activities.models import FollowUp, Notification
from activities.queries import due_follow_ups, follow_ups_of
from activities.services import (
    add_follow_up,
    complete_follow_up,
    notify_of_due,
    reopen_follow_up,
    snooze_follow_up,
)
from core.errors import Refused
from leads.models import Contact
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


def plan(contact: Contact, cast: Cast, **fields: object) -> FollowUp:
    values = {"assignee": cast.rita, "title": "Call back", "due_at": NOW + timedelta(days=1), "now": NOW} | fields
    return add_follow_up(contact=contact, **values)  # type: ignore[arg-type]


def test_it_is_planned_done_and_open_again(cast: Cast) -> None:
    contact = factories.contact()
    follow_up = plan(contact, cast)
    assert follow_ups_of(contact) == [follow_up]
    assert complete_follow_up(follow_up, now=NOW)
    assert not complete_follow_up(follow_up, now=NOW + timedelta(days=1))
    follow_up.refresh_from_db()
    assert follow_up.done_at == NOW
    assert follow_ups_of(contact) == []
    assert not snooze_follow_up(follow_up, until=NOW + timedelta(days=2), now=NOW)
    assert reopen_follow_up(follow_up)
    assert not reopen_follow_up(follow_up)
    assert follow_ups_of(contact) == [follow_up]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": " \0 "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"due_at": NOW - timedelta(days=2)}, "due_at"),
        ({"due_at": NOW + timedelta(days=3000)}, "due_at"),
    ],
)
def test_nonsense_is_refused(cast: Cast, fields: dict[str, object], named: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(factories.contact(), cast, **fields)
    assert named in refused.value.fields
    assert not FollowUp.objects.exists()


def test_a_viewer_is_given_no_work(cast: Cast) -> None:
    with pytest.raises(Refused):
        plan(factories.contact(), cast, assignee=cast.vera)


def test_what_has_come_due_is_told_once_and_again_after_a_snooze(cast: Cast) -> None:
    follow_up = plan(factories.contact(first_name="Ann", last_name="Lee"), cast)
    later = NOW + timedelta(days=1, minutes=1)
    assert notify_of_due(now=NOW) == 0
    assert notify_of_due(now=later) == 1
    assert notify_of_due(now=later) == 0
    notice = Notification.objects.get()
    assert (notice.user, notice.text, notice.url) == (
        cast.rita,
        "Due: Call back (Ann Lee)",
        f"/leads/{follow_up.contact_id}/",
    )
    assert snooze_follow_up(follow_up, until=later + timedelta(days=1), now=later)
    assert notify_of_due(now=later) == 0
    assert notify_of_due(now=later + timedelta(days=2)) == 1
    assert Notification.objects.count() == 2


def test_nobody_is_told_of_what_is_done(cast: Cast) -> None:
    complete_follow_up(plan(factories.contact(), cast), now=NOW)
    assert notify_of_due(now=NOW + timedelta(days=9)) == 0


def test_a_persons_day_holds_what_is_due_and_overdue(cast: Cast) -> None:
    contact = factories.contact()
    late = plan(contact, cast, due_at=NOW)
    plan(contact, cast, due_at=NOW + timedelta(days=3))
    plan(contact, cast, assignee=cast.ravi, due_at=NOW)
    assert due_follow_ups(cast.rita, until=NOW + timedelta(days=1)) == [late]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once(cast: Cast) -> None:
    for _ in range(20):
        plan(factories.contact(), cast, due_at=NOW)
    told: list[int] = []

    def sweep() -> None:
        try:
            told.append(notify_of_due(now=NOW))
        finally:
            connection.close()

    threads = [Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(told) == 20
    assert Notification.objects.count() == 20
