"""What visits leave behind: how long, from where, with whose consent; and what a marketer should look at."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from capture import sites
from capture.models import Site, SiteNote
from leads.models import Consent, EngagementEvent, Identity
from leads.services import link_identity, record_consent
from tests import factories
from tests.capture.test_collect import event, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return Site.objects.create(name="Shop")


def stored(message: str = "message-1") -> EngagementEvent:
    return EngagementEvent.objects.select_related("kind", "identity").get(message_id=message)


def test_a_page_view_sent_again_adds_how_long_and_how_far_it_was_read(client: Client, site: Site) -> None:
    def leave(**read: Any) -> dict[str, Any]:
        return event(props={"path": "/pricing"} | read)

    send(client, site, leave())
    assert json.loads(send(client, site, leave(seconds=12.6, scroll=40)).content) == {"accepted": 0, "duplicates": 1}
    send(client, site, leave(seconds=30, scroll=20))
    send(client, site, leave(seconds=5, scroll=10))  # late
    assert stored().properties == {"path": "/pricing", "seconds": 30, "scroll": 40}
    send(client, site, leave(seconds=99, scroll=99), visitor="visitor-0009")  # somebody else's words
    send(client, site, leave(seconds="x", scroll=-1))
    send(client, site, leave(seconds=True, scroll=1e300))
    assert stored().properties == {"path": "/pricing", "seconds": 30, "scroll": 40}
    send(client, site, event(2, props={"path": "/", "seconds": 10**8, "scroll": 400}))
    assert stored("message-2").properties == {"path": "/", "seconds": 4 * 3600, "scroll": 100}
    assert EngagementEvent.objects.count() == 2


def test_who_presses_or_scrolls_is_more_likely_a_person_also_afterwards(client: Client, site: Site) -> None:
    send(client, site, event(), automated=True)
    send(client, site, event(2))
    send(client, site, event(3), touched=True, automated=True)
    assert [(stored(f"message-{number}").human) for number in (1, 2, 3)] == [8, 90, 26]
    left = [event(number, props={"path": "/pricing", "seconds": 20, "scroll": 80}) for number in (1, 2)]
    send(client, site, *left)
    assert stored().human_reasons == ["automated"]
    send(client, site, *[one | {"props": one["props"] | {"seconds": 30}} for one in left], touched=True)
    assert (stored().human, stored().human_reasons) == (26, ["automated", "interacted"])
    assert (stored("message-2").human, stored("message-2").human_reasons) == (90, None)  # nobody doubted it


@pytest.mark.parametrize(("wrong", "right"), [({"days": 3}, True), ({"hours": -5}, True), ({"seconds": 40}, False)])
def test_a_wrong_clock_is_set_right_by_when_it_says_it_sent(
    client: Client, site: Site, wrong: dict[str, float], right: bool
) -> None:
    """Ten minutes ago, by a clock that is wrong by so much; a minute may be the way of the message."""
    theirs = timezone.now() - timedelta(**wrong)
    send(client, site, event(at=(theirs - timedelta(minutes=10)).isoformat()), sent=theirs.isoformat())
    off = timezone.now() - stored().occurred_at - timedelta(minutes=10)
    assert abs(off - timedelta(seconds=0 if right else 40)) < timedelta(seconds=20)


@pytest.mark.parametrize("sent", ["yesterday", [], True, "x" * 10_000])
def test_a_time_of_sending_that_is_none_is_refused(client: Client, site: Site, sent: Any) -> None:
    answer = send(client, site, event(), sent=sent)
    assert (answer.status_code, list(json.loads(answer.content)["errors"])) == (400, ["sent"])


def test_an_unknown_name_is_kept_and_waits_to_be_described(client: Client, site: Site) -> None:
    assert send(client, site, event(kind="Calculator Used")).status_code == 202
    kind = stored().kind
    assert (kind.key, kind.label, kind.is_registered, kind.category) == (
        "calculator_used",
        "Calculator Used",
        False,
        "content",
    )


def test_the_first_and_last_touch_are_kept_in_any_order(client: Client, site: Site) -> None:
    now = timezone.now()

    def visit(number: int, days: int, **props: Any) -> None:
        at = (now - timedelta(days=days)).isoformat()
        send(client, site, event(number, at=at, props={"path": f"/{number}", "host": "shop.example"} | props))

    visit(1, 3, referrer="https://www.google.com/")
    visit(2, 1, utm_source="News", utm_medium="email", utm_campaign="Spring")
    visit(3, 5, referrer="https://www.linkedin.com/feed")
    visit(4, 0)  # direct: takes nobody's place
    visit(5, 0, referrer="https://shop.example/2")  # within the site
    touches = {touch.position: touch for touch in Identity.objects.get().touches.all()}
    assert (touches["first"].source, touches["first"].medium, touches["first"].landing) == (
        "linkedin",
        "social",
        "shop.example/3",
    )
    assert (touches["last"].source, touches["last"].medium, touches["last"].campaign) == ("news", "email", "Spring")


def test_direct_visits_alone_are_direct(client: Client, site: Site) -> None:
    send(client, site, event())
    assert set(Identity.objects.get().touches.values_list("position", "source", "medium")) == {
        ("first", "direct", "direct"),
        ("last", "direct", "direct"),
    }


def test_consent_is_written_down_once_and_an_objection_stops_the_recording(client: Client, site: Site) -> None:
    assert send(client, site, event(1), consent=True).status_code == 202
    assert send(client, site, consent=True).status_code == 202
    assert list(Consent.objects.values_list("purpose", "given", "source")) == [
        ("profiling", True, f"tracker:{site.pk}")
    ]
    assert json.loads(send(client, site, event(2), consent=False).content) == {"accepted": 0, "duplicates": 0}
    assert json.loads(send(client, site, event(3)).content) == {"accepted": 0, "duplicates": 0}
    assert EngagementEvent.objects.count() == 1
    assert json.loads(send(client, site, event(4), visitor="visitor-0002").content)["accepted"] == 1
    assert send(client, site, event(5), consent="yes").status_code == 400


def test_a_contact_who_objected_elsewhere_is_not_recorded_on_any_device(client: Client, site: Site) -> None:
    contact = factories.contact()
    link_identity(kind="anonymous", value="visitor-0001", contact=contact)
    record_consent(contact=contact, purpose="profiling", given=False, now=timezone.now(), source="preferences")
    send(client, site, event())
    assert not EngagementEvent.objects.exists()


def test_refused_origins_are_noted_for_the_marketer_and_bounded(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.services.noting.EVERY_SECONDS", 0.0)
    site.allowed_origins = ["https://shop.example"]
    site.save()
    sites.forget()
    for _ in range(3):
        send(client, site, event(), headers={"origin": "https://evil.example"})
    note = SiteNote.objects.get()
    assert (note.topic, note.about, note.count) == ("origin", "https://evil.example", 3)
    for number in range(60):
        send(client, site, event(), headers={"origin": f"https://{number}.example"})
    assert SiteNote.objects.count() == 50
