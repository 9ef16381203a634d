from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from activities.forms import LogForm
from activities.models import Activity, FollowUp
from activities.services import add_follow_up
from leads.models import Contact
from leads.services import assign_owner
from tests import factories
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def contact(cast: Cast) -> Contact:
    contact = factories.contact()
    assign_owner([contact.pk], cast.rita)
    return contact


@pytest.fixture
def follow_up(cast: Cast, contact: Contact) -> FollowUp:
    now = timezone.now()
    return add_follow_up(contact=contact, assignee=cast.rita, title="Call", due_at=now + timedelta(days=1), now=now)


def form(**fields: str) -> dict[str, str]:
    at = timezone.localtime() - timedelta(minutes=5)
    return {"at": f"{at:%Y-%m-%dT%H:%M}", "outcome": "connected", "body": "Hello", "nonce": "n-1"} | fields


def test_a_call_is_logged_once_however_often_it_is_sent(cast: Cast, contact: Contact) -> None:
    client = client_of(cast.rita)
    for _ in range(2):
        response = client.post(f"/leads/{contact.pk}/log/call/", form(), headers=HTMX)
        assert response.status_code == 204
        assert "contact-changed" in response["HX-Trigger"]
    activity = Activity.objects.get()
    assert (activity.title, activity.body, activity.actor) == ("Call: talked", "Hello", cast.rita)
    assert "Hello" in client.get(f"/leads/{contact.pk}/timeline/", headers=HTMX).content.decode()


@pytest.mark.parametrize(("minutes_ago", "means"), [(0, NOW + timedelta(seconds=42)), (1, NOW - timedelta(minutes=1))])
def test_this_very_minute_means_now_so_that_an_answer_does_not_stand_before_its_cause(
    minutes_ago: int, means: datetime
) -> None:
    at = timezone.localtime(NOW - timedelta(minutes=minutes_ago))
    log = LogForm(form(at=f"{at:%Y-%m-%dT%H:%M}"), kind="call", now=NOW + timedelta(seconds=42))
    assert log.is_valid()
    assert log.cleaned_data["at"] == means


@pytest.mark.parametrize("kind", ["note", "call", "meeting", "reply", "mail"])
def test_every_kind_has_its_form_and_can_be_sent_as_it_is(cast: Cast, contact: Contact, kind: str) -> None:
    client = client_of(cast.rita)
    page = client.get(f"/leads/{contact.pk}/log/{kind}/")
    given = page.context["form"]
    data = {name: str(given[name].value() or "") for name in given.fields} | {"body": "Said"}
    data["at"] = form()["at"]
    assert client.post(f"/leads/{contact.pk}/log/{kind}/", data).status_code == 302
    assert Activity.objects.get().kind == kind


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "bored"},
        {"at": "soon"},
        {"at": ""},
        {"at": "9999-12-31T23:59"},
        {"at": "1970-01-01T00:00"},
        {"body": "a\0b"},
        {"body": "x" * 10_001},
        {"body": "x" * 1_000_000},
        {"nonce": "x" * 41},
    ],
)
def test_nonsense_is_answered_with_the_form(cast: Cast, contact: Contact, fields: dict[str, str]) -> None:
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/log/call/", form(**fields), headers=HTMX)
    assert response.status_code == 422
    assert "<form" in response.content.decode()
    assert not Activity.objects.exists()


def test_naughty_words_are_kept_or_refused(cast: Cast, contact: Contact, naughty: list[str]) -> None:
    client = client_of(cast.rita)
    for number, text in enumerate(naughty):
        text = text.encode("utf-8", "replace").decode()
        response = client.post(f"/leads/{contact.pk}/log/note/", form(body=text, nonce=f"n{number}"), headers=HTMX)
        assert response.status_code in {204, 422}, text
    shown = client.get(f"/leads/{contact.pk}/")
    assert shown.status_code == 200
    assert "<script>alert" not in shown.content.decode()


def test_there_is_no_such_kind(cast: Cast, contact: Contact) -> None:
    assert client_of(cast.rita).get(f"/leads/{contact.pk}/log/stage/").status_code == 404


def test_a_follow_up_is_planned_for_nine_in_the_readers_morning(cast: Cast, contact: Contact) -> None:
    cast.rita.timezone = "Asia/Tokyo"
    cast.rita.save()
    day = timezone.localdate() + timedelta(days=3)
    data = {"title": "Call back", "due_on": day.isoformat(), "assignee": cast.ravi.pk}
    assert client_of(cast.rita).post(f"/leads/{contact.pk}/follow-ups/new/", data, headers=HTMX).status_code == 204
    follow_up = FollowUp.objects.get()
    assert (follow_up.assignee, follow_up.due_at.hour, follow_up.due_at.date()) == (cast.ravi, 0, day)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"due_on": "9999-12-31"},
        {"due_on": "0001-01-01"},
        {"due_on": "2020-01-01"},
        {"due_on": "soon"},
        {"assignee": "x"},
        {"assignee": "9" * 30},
    ],
)
def test_a_follow_up_that_makes_no_sense_is_refused(cast: Cast, contact: Contact, fields: dict[str, str]) -> None:
    day = timezone.localdate() + timedelta(days=3)
    data = {"title": "Call", "due_on": day.isoformat(), "assignee": str(cast.rita.pk)} | fields
    response = client_of(cast.rita).post(f"/leads/{contact.pk}/follow-ups/new/", data, headers=HTMX)
    assert response.status_code == 422
    assert not FollowUp.objects.exists()


def test_a_rep_gives_work_only_within_the_team(cast: Cast, contact: Contact) -> None:
    day = timezone.localdate() + timedelta(days=3)
    data = {"title": "Call", "due_on": day.isoformat(), "assignee": cast.sven.pk}
    assert client_of(cast.rita).post(f"/leads/{contact.pk}/follow-ups/new/", data, headers=HTMX).status_code == 422
    assert client_of(cast.mona).post(f"/leads/{contact.pk}/follow-ups/new/", data, headers=HTMX).status_code == 204


def test_done_undone_and_later(cast: Cast, follow_up: FollowUp) -> None:
    client = client_of(cast.ravi)
    response = client.post(f"/follow-ups/{follow_up.pk}/done/", headers=HTMX)
    assert f"/follow-ups/{follow_up.pk}/reopen/" in response["HX-Trigger"]
    follow_up.refresh_from_db()
    assert follow_up.done_at is not None
    assert client.post(f"/follow-ups/{follow_up.pk}/snooze/", {"until": "week"}, headers=HTMX).status_code == 422
    assert client.post(f"/follow-ups/{follow_up.pk}/reopen/", headers=HTMX).status_code == 204
    was = follow_up.due_at
    assert client.post(f"/follow-ups/{follow_up.pk}/snooze/", {"until": "week"}, headers=HTMX).status_code == 204
    follow_up.refresh_from_db()
    assert follow_up.due_at > was + timedelta(days=5)
    assert FollowUp.objects.open().get() == follow_up
    assert client.post(f"/follow-ups/{follow_up.pk}/snooze/", {"until": "never"}, headers=HTMX).status_code == 422


@pytest.mark.parametrize("what", ["done", "reopen", "snooze"])
def test_strangers_viewers_and_other_methods(cast: Cast, follow_up: FollowUp, what: str) -> None:
    url = f"/follow-ups/{follow_up.pk}/{what}/"
    assert client_of(cast.sven).post(url, {"until": "week"}).status_code == 404
    assert client_of(cast.vera).post(url, {"until": "week"}).status_code == 403
    assert client_of(cast.rita).get(url).status_code == 405
    assert client_of(None).post(url).status_code == 302
    before = follow_up.due_at
    follow_up.refresh_from_db()
    assert (follow_up.done_at, follow_up.due_at) == (None, before)


def test_a_plain_form_goes_back_to_the_contact(cast: Cast, follow_up: FollowUp) -> None:
    response = client_of(cast.rita).post(f"/follow-ups/{follow_up.pk}/done/")
    assert (response.status_code, response["Location"]) == (302, f"/leads/{follow_up.contact_id}/")
