import pytest

from activities.models import Notification
from activities.queries import notices_of, unread_count
from activities.services import mark_all_read, mark_read, notify
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_the_same_key_is_told_once_per_person(cast: Cast) -> None:
    ids = [cast.rita.pk, cast.ravi.pk, cast.rita.pk]
    assert notify(user_ids=ids, key="k", text="Hand-off", url="/leads/", now=NOW) == 2
    assert notify(user_ids=[*ids, cast.mona.pk], key="k", text="Other", url="/", now=NOW) == 1
    assert notify(user_ids=[], key="k", text="x", url="/", now=NOW) == 0
    assert notify(user_ids=[987654], key="k", text="x", url="/", now=NOW) == 0
    assert Notification.objects.get(user=cast.rita).text == "Hand-off"


def test_unread_ones_are_counted_until_they_are_seen(cast: Cast) -> None:
    for key in "abc":
        notify(user_ids=[cast.rita.pk, cast.ravi.pk], key=key, text=key, url="/leads/", now=NOW)
    assert unread_count(cast.rita) == 3
    first = notices_of(cast.rita).rows[0]
    assert first.text == "c"
    assert not mark_read(user=cast.ravi, notification_id=first.pk, now=NOW)
    assert mark_read(user=cast.rita, notification_id=first.pk, now=NOW)
    assert not mark_read(user=cast.rita, notification_id=first.pk, now=NOW)
    assert mark_all_read(user=cast.rita, now=NOW) == 2
    assert (unread_count(cast.rita), unread_count(cast.ravi)) == (0, 3)


def test_the_bell_and_the_page_show_ones_own(cast: Cast) -> None:
    notify(user_ids=[cast.rita.pk], key="a", text="For Rita alone", url="/leads/", now=NOW)
    for headers in ({}, HTMX):
        assert "For Rita alone" in client_of(cast.rita).get("/notifications/", headers=headers).content.decode()
        assert "For Rita alone" not in client_of(cast.ravi).get("/notifications/", headers=headers).content.decode()
    assert client_of(None).get("/notifications/").status_code == 302


def test_opening_one_marks_it_and_goes_there(cast: Cast) -> None:
    notify(user_ids=[cast.rita.pk], key="a", text="x", url="/leads/?view=hot", now=NOW)
    notice = Notification.objects.get()
    url = f"/notifications/{notice.pk}/"
    assert client_of(cast.ravi).post(url).status_code == 404
    assert client_of(cast.rita).get(url).status_code == 405
    assert unread_count(cast.rita) == 1
    for _ in range(2):
        response = client_of(cast.rita).post(url)
        assert (response.status_code, response["Location"]) == (302, "/leads/?view=hot")
    assert unread_count(cast.rita) == 0


def test_an_address_outside_is_not_followed(cast: Cast) -> None:
    notify(user_ids=[cast.rita.pk], key="a", text="x", url="https://evil.example/", now=NOW)
    response = client_of(cast.rita).post(f"/notifications/{Notification.objects.get().pk}/")
    assert response["Location"] == "/notifications/"


def test_marking_all_puts_the_badge_out(cast: Cast) -> None:
    notify(user_ids=[cast.rita.pk], key="a", text="x", url="/", now=NOW)
    client = client_of(cast.rita)
    assert client.get("/notifications/read/").status_code == 405
    shown = client.post("/notifications/read/", headers=HTMX).content.decode()
    assert 'id="bell"' in shown
    assert "with-dot" not in shown
    assert unread_count(cast.rita) == 0
    assert client.post("/notifications/read/").status_code == 302


def test_more_than_a_page_is_reached_by_place(cast: Cast) -> None:
    for number in range(60):
        notify(user_ids=[cast.rita.pk], key=str(number), text=f"n{number}.", url="/", now=NOW)
    client = client_of(cast.rita)
    first = client.get("/notifications/")
    second = client.get(first.context["older"])
    assert [len(page.context["page"].rows) for page in (first, second)] == [50, 10]
    assert client.get("/notifications/?after=rubbish").status_code == 200
