from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.queries import Item, timeline
from activities.services import add_entry, log_activity
from leads import services
from leads.models import Contact, EngagementEvent, EventKind, Identity, Lifecycle
from tests import factories
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact() -> Contact:
    return factories.contact(now=NOW - timedelta(days=400))


def view(contact: Contact, path: str, minutes_ago: float) -> None:
    factories.event(contact, "page_view", days_ago=minutes_ago / 1440, path=path)


def walk(contact: Contact, **kwargs: object) -> list[list[Item]]:
    stretches, before = [], ""
    while True:
        stretch = timeline(contact, before=before, **kwargs)  # type: ignore[arg-type]
        stretches.append(stretch.items)
        if not stretch.after:
            return stretches
        before = stretch.after


def titles(contact: Contact, **kwargs: object) -> list[str]:
    return [item.title for stretch in walk(contact, **kwargs) for item in stretch]


def test_all_sources_make_one_stream_newest_first(cast: Cast, contact: Contact) -> None:
    log_activity(contact=contact, kind="call", actor=cast.rita, at=NOW - timedelta(hours=1), now=NOW, body="Wants it.")
    factories.event(contact, "form_submitted", days_ago=1, form="demo", message="Call me")
    factories.evidence(
        contact, "budget", now=NOW - timedelta(days=2), amount=20000, quote="Twenty", recorded_by=cast.rita
    )
    services.record_consent(
        contact=contact, purpose="calls", given=True, now=NOW - timedelta(days=3), source="form:demo"
    )
    services.enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=NOW - timedelta(days=4), reason="Qualified")
    add_entry(contact_id=contact.pk, kind="stage", title="New → Talking", at=NOW - timedelta(days=5), actor=cast.ravi)
    items = timeline(contact).items
    assert [(item.title, item.who, item.two_way) for item in items] == [
        ("Call: talked", "Rita", True),
        ("Filled in a form: demo", "", True),
        ("Budget: meets", "Rita", False),
        ("Agreed to: Calls", "", False),
        ("Lead → Prospect", "", False),
        ("New → Talking", "Ravi", False),
        ("New lead", "", False),
    ]
    assert [item.body for item in items[:3]] == ["Wants it.", "Call me", "Twenty"]
    assert (items[2].meta, items[2].is_quote, items[2].tone) == ("20,000", True, "good")


def test_each_filter_shows_its_own(cast: Cast, contact: Contact) -> None:
    log_activity(contact=contact, kind="call", actor=cast.rita, at=NOW, now=NOW)
    log_activity(contact=contact, kind="note", actor=cast.rita, at=NOW, now=NOW, body="x")
    view(contact, "/pricing", 60)
    factories.event(contact, "chat_started", days_ago=1)
    factories.evidence(contact, "need", now=NOW - timedelta(days=2))
    assert titles(contact, kinds="two_way") == ["Call: talked", "Wrote in the chat"]
    assert titles(contact, kinds="web") == ["Visited a page: /pricing"]
    assert titles(contact, kinds="talks") == ["Note", "Call: talked", "Wrote in the chat"]
    assert titles(contact, kinds="evidence") == ["Need: meets"]
    assert titles(contact, kinds="changes") == ["New lead"]
    assert len(titles(contact, kinds="rubbish")) == 6


def test_page_views_within_half_an_hour_are_one_visit(contact: Contact) -> None:
    for path, minutes in (("/a", 100), ("/b", 75), ("/a", 46), ("/c", 15), ("/pricing", 0)):
        view(contact, path, minutes)
    first, second, _ = timeline(contact).items
    assert first.title == "Visited 2 pages: /c, /pricing"
    assert (second.title, second.meta) == ("Visited 3 pages: /a, /b", "54 min")
    assert [one.path for one in second.views] == ["/a", "/b", "/a"]


def test_something_in_between_ends_the_visit_so_that_the_story_keeps_its_order(contact: Contact) -> None:
    view(contact, "/pricing", 10)
    factories.event(contact, "form_submitted", days_ago=5 / 1440, form="demo")
    view(contact, "/thanks", 1)
    assert titles(contact)[:3] == ["Visited a page: /thanks", "Filled in a form: demo", "Visited a page: /pricing"]


def test_every_stretch_follows_the_one_before_with_nothing_lost_or_twice(cast: Cast, contact: Contact) -> None:
    for number in range(40):
        add_entry(contact_id=contact.pk, kind="note", title=f"n{number}", at=NOW - timedelta(hours=number // 4))
        factories.event(contact, "email_opened", days_ago=(number // 3) / 24, campaign=f"c{number}")
    factories.evidence(contact, "need", now=NOW - timedelta(hours=5))
    whole = titles(contact, limit=500)
    assert len(whole) == len(set(whole)) == 82
    for limit in (1, 7, 30):
        stretches = walk(contact, limit=limit)
        assert [item.title for stretch in stretches for item in stretch] == whole
        assert all(len(stretch) <= limit for stretch in stretches)


def test_a_visit_is_not_cut_at_the_end_of_a_stretch(contact: Contact) -> None:
    for number in range(300):  # more than are read at once; visits of 7 pages
        view(contact, f"/p{number}", number // 7 * 60 + number % 7)
    visits = [item for stretch in walk(contact) for item in stretch if item.views or "page" in item.title]
    assert [len(item.views) for item in visits[:-1]] == [7] * 42
    assert sum(len(item.views) or 1 for item in visits) == 300


def test_a_damaged_place_starts_at_the_top(contact: Contact) -> None:
    for place in ("x", "W10", "\0", "A" * 9999):
        assert [item.title for item in timeline(contact, before=place).items] == ["New lead"]


def test_strange_properties_are_shown_as_text(contact: Contact) -> None:
    factories.event(contact, "page_view", path={"a": 1}, title=["x"])
    factories.event(contact, "form_submitted", form=True, message="<script>alert(1)</script>" + "y" * 9000)
    factories.event(contact, "asset_downloaded", asset="z" * 5000)
    items = timeline(contact).items
    assert {item.title[:20] for item in items} == {
        "Visited a page",
        "Filled in a form",
        "Downloaded: zzzzzzzz",
        "New lead",
    }
    assert max(len(item.title) for item in items) < 200
    assert max(len(item.body) for item in items) == 2000


def test_a_stretch_is_one_query_however_long_the_stream(contact: Contact) -> None:
    kind, identity = EventKind.objects.get(key="page_view"), Identity.objects.get(contact=contact)
    EngagementEvent.objects.bulk_create(
        EngagementEvent(
            kind=kind,
            identity=identity,
            contact=contact,
            occurred_at=NOW - timedelta(minutes=7 * number),
            received_at=NOW,
            source="bulk",
            message_id=str(number),
            properties={"path": f"/p{number}"},
        )
        for number in range(5000)
    )
    with CaptureQueriesContext(connection) as made:
        stretch = timeline(contact)
    assert len(made) == 1
    assert stretch.after


def test_owners_and_consent_that_waits_are_told(cast: Cast) -> None:
    contact = factories.contact()
    services.assign_owner([contact.pk], cast.ravi, now=NOW, actor=cast.mona)
    services.assign_owner([contact.pk], None, now=NOW + timedelta(hours=1), actor=cast.ravi)
    services.record_consent(contact=contact, purpose="marketing", given=True, now=NOW, source="form:x", is_pending=True)
    items = timeline(contact, kinds="changes").items
    told = [(item.title, item.who) for item in items if item.title != "New lead"]
    assert told == [
        ("Ravi → nobody", "Ravi"),
        ("Asked for, not confirmed yet: Marketing mail", ""),
        ("Nobody → Ravi", "Mona"),
    ]


def test_what_a_machine_did_is_shown_and_said_not_to_count() -> None:
    contact = factories.contact()
    factories.event(contact, "email_clicked", days_ago=1)
    contact.events.update(is_quarantined=True, human=15, human_reasons=["burst"])
    item = next(item for item in timeline(contact).items if item.tone == "held")
    assert item.meta.endswith("does not count: several links within seconds")
