"""How people are told besides the bell: choices, mails, quiet hours, replies."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from activities import queries, services, tasks
from activities.models import Heard, NoticeChoice, NoticeHours, Notification
from activities.notices import DIGEST_AT, GRACE, Hours, Mail, Topic, after_quiet, mail_at
from core.errors import Refused
from leads.services import assign_owner
from tests import factories
from tests.conftest import NOW, Cast, client_of
from users.models import User

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hours", "expected"),
    [
        ("2026-06-15 12:00", Hours(), "2026-06-15 12:02"),
        ("2026-06-15 20:30", Hours(BERLIN, time(22), time(7)), "2026-06-16 05:00"),  # 22:32 there
        ("2026-06-16 02:00", Hours(BERLIN, time(22), time(7)), "2026-06-16 05:00"),  # 04:02 there
        ("2026-06-16 05:00", Hours(BERLIN, time(22), time(7)), "2026-06-16 05:02"),  # 07:02 there
        ("2026-06-15 10:30", Hours(BERLIN, time(12), time(14)), "2026-06-15 12:00"),
        ("2026-06-15 10:30", Hours(BERLIN, time(12), time(12)), "2026-06-15 10:32"),  # no hours at all
        ("2026-03-28 23:30", Hours(BERLIN, time(22), time(2, 30)), "2026-03-29 01:30"),  # 02:30 is jumped over
    ],
)
def test_a_mail_at_once_waits_until_quiet_hours_are_over(now: str, hours: Hours, expected: str) -> None:
    assert mail_at(Mail.SOON, hours, now=at(now)) == at(expected)


def test_the_days_mail_leaves_at_the_next_chosen_hour_of_the_persons_clock() -> None:
    hours = Hours(BERLIN, digest_at=time(8))
    assert mail_at(Mail.DAILY, hours, now=at("2026-06-15 05:59")) == at("2026-06-15 06:00")
    assert mail_at(Mail.DAILY, hours, now=at("2026-06-15 06:00")) == at("2026-06-16 06:00")
    assert mail_at(Mail.DAILY, hours, now=at("2026-10-24 12:00")) == at("2026-10-25 07:00")  # the clock went back
    assert mail_at(Mail.NEVER, hours, now=NOW) is None


@pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/New_York", "Asia/Kathmandu"])
def test_no_mail_ever_leaves_in_quiet_hours(zone: str) -> None:
    from zoneinfo import ZoneInfo

    hours = Hours(zone, time(21, 15), time(6, 45))
    for step in range(0, 4 * 24 * 60, 37):  # over the night in which the clock is put back
        leaves = after_quiet(at("2026-10-24 00:00") + timedelta(minutes=step), hours)
        clock = leaves.astimezone(ZoneInfo(zone)).time()
        assert time(6, 45) <= clock < time(21, 15), leaves


def told(user: User, topic: Topic, key: str = "k") -> Notification:
    services.notify(user_ids=[user.pk], key=key, text="New prospect: Lee", url="/leads/1/", topic=topic, now=NOW)
    return Notification.objects.get(user=user, key=key)


def send_due(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.tasks.timezone.now", lambda: now)
    for user_id in queries.to_mail(now=now, most=100):
        tasks.mail_notices_to(user_id)


@pytest.mark.django_db
def test_a_hand_off_is_mailed_when_nobody_saw_it_in_the_bell(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(cast.rita, Topic.HAND_OFF).mail_at == NOW + GRACE
    assert told(cast.rita, Topic.FOLLOW_UP, "other").mail_at is None
    send_due(NOW + timedelta(minutes=1), monkeypatch)
    assert mail.outbox == []
    for _ in range(2):
        send_due(NOW + GRACE, monkeypatch)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([cast.rita.email], "New prospect: Lee")
    assert "/leads/1/" in sent.body
    assert reverse("settings_notices") in sent.body


@pytest.mark.django_db
def test_what_was_seen_is_not_mailed_nor_is_whoever_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    services.mark_read(user=cast.rita, notification_id=told(cast.rita, Topic.HAND_OFF).pk, now=NOW)
    told(cast.ravi, Topic.HAND_OFF)
    User.objects.filter(pk=cast.ravi.pk).update(is_active=False)
    send_due(NOW + GRACE, monkeypatch)
    assert mail.outbox == []
    assert not Notification.objects.exclude(mail_at=None).exists()


@pytest.mark.django_db
def test_a_mail_that_cannot_leave_comes_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    told(cast.rita, Topic.HAND_OFF)

    def fails(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("activities.tasks.send_mail", fails)
        with pytest.raises(ConnectionRefusedError):
            send_due(NOW + GRACE, monkeypatch)
    send_due(NOW + GRACE + timedelta(minutes=9), monkeypatch)
    assert mail.outbox == []
    send_due(NOW + GRACE + services.notices.LEASE, monkeypatch)
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_the_days_mail_is_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    NoticeChoice.objects.create(user=cast.rita, topic=Topic.FOLLOW_UP, mail=Mail.DAILY)
    due = {told(cast.rita, Topic.FOLLOW_UP, str(number)).mail_at for number in range(3)}
    assert due == {datetime(2026, 6, 16, 8, 0, tzinfo=UTC)}
    send_due(datetime(2026, 6, 16, 8, 0, tzinfo=UTC), monkeypatch)
    (sent,) = mail.outbox
    assert sent.subject == "3 notifications from Winnow"
    assert sent.body.count("New prospect: Lee") == 3


@pytest.mark.django_db
def test_the_page_keeps_what_was_chosen_and_says_what_is_wrong(cast: Cast) -> None:
    client, address = client_of(cast.vera), reverse("settings_notices")
    given = {topic.value: "never" for topic in Topic} | {"reply": "daily", "digest_at": "07:30"}
    assert client.post(address, given | {"quiet_from": "22:00"}).status_code == 422
    assert client.post(address, given | {"reply": "hourly"}).status_code == 422
    assert not NoticeChoice.objects.exists()
    assert client.post(address, given | {"quiet_from": "22:00", "quiet_until": "06:00"}).status_code == 302
    assert NoticeChoice.objects.get(user=cast.vera, topic="reply").mail == "daily"
    hours = NoticeHours.objects.get()
    assert (hours.quiet_from, hours.digest_at, hours.in_browser) == (time(22), time(7, 30), False)
    assert 'value="07:30"' in client.get(address).content.decode()
    with pytest.raises(Refused):
        services.choose(
            cast.vera, mails={}, quiet_from=None, quiet_until=time(1), digest_at=DIGEST_AT, in_browser=False
        )


@pytest.mark.django_db
def test_the_bell_hears_of_what_is_new_and_only_of_that(cast: Cast) -> None:
    client, address = client_of(cast.rita), reverse("notifications_live")
    assert client.get(address, {"seen": "0"}).status_code == 204
    notice = told(cast.rita, Topic.HAND_OFF)
    told(cast.ravi, Topic.HAND_OFF)
    answer = client.get(address, {"seen": "0"})
    assert answer.status_code == 200
    assert 'data-count="1"' in answer.content.decode()
    assert f"seen={notice.pk}" in answer.content.decode()
    assert answer["HX-Trigger"] == '{"toast": {"text": "New prospect: Lee", "tone": "info"}}'
    NoticeHours.objects.create(user=cast.rita, in_browser=True)
    assert '"notice": {' in client.get(address, {"seen": "rubbish"})["HX-Trigger"]
    NoticeHours.objects.update(quiet_from=time.min, quiet_until=time.max)  # now, whenever that is
    quiet = client.get(address, {"seen": "0"})["HX-Trigger"]
    assert '"toast": {' in quiet and '"notice"' not in quiet
    assert client.get(address, {"seen": notice.pk}).status_code == 204


@pytest.mark.django_db
def test_owners_hear_of_an_answer_once_and_not_of_what_an_import_tells_of_the_past(cast: Cast) -> None:
    contact, nobodys = factories.contact(first_name="Ada"), factories.contact()
    assign_owner([contact.pk], cast.rita)
    factories.event(contact, "email_replied")
    assert services.notify_of_replies(now=NOW) is False  # from here on
    assert not Notification.objects.exists()
    factories.event(contact, "page_view")
    factories.event(nobodys, "email_replied")
    factories.event(contact, "email_replied", days_ago=40)
    factories.event(contact, "email_replied")
    for _ in range(2):
        assert services.notify_of_replies(now=NOW) is False
    found = {(row.user, row.topic, row.text.split(":")[0]) for row in Notification.objects.all()}
    assert found == {(cast.rita, "reply", contact.name)}
    assert Notification.objects.count() == 2  # the one before is looked at again: it may have come late


@pytest.mark.django_db
def test_many_events_are_gone_through_in_steps(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = factories.contact()
    assign_owner([contact.pk], cast.rita)
    first = factories.event(contact) or 0
    Heard.objects.create(name="replies", up_to=first)
    for _ in range(5):
        factories.event(contact, "email_replied")
    monkeypatch.setattr(services.notices, "EVENTS_AT_ONCE", 2)
    monkeypatch.setattr(services.notices, "OVERLAP", 0)
    assert [services.notify_of_replies(now=NOW) for _ in range(3)] == [True, True, False]
    assert Notification.objects.count() == 5
