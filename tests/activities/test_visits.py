"""Visits on the timeline: how long, how read, from where, and what was done there."""

from datetime import timedelta
from typing import Any

import pytest

from activities import visits, wording
from activities.queries import Item, timeline
from leads.models import Contact, IdentityKind
from leads.services import NewEvent, record_events
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(db: None) -> Contact:
    return factories.contact(now=NOW - timedelta(days=2))


def step(
    of: Contact, minutes_ago: float, kind: str = "page_view", source: str = "tracker:1", **properties: Any
) -> None:
    at = NOW - timedelta(minutes=minutes_ago)
    identity = (IdentityKind.EMAIL.value, of.email)
    told = NewEvent(kind, identity, at, source, f"{kind}-{minutes_ago}", {"host": "shop.example"} | properties)
    record_events([told], now=NOW)


def newest(of: Contact) -> Item:
    return timeline(of).items[0]


def test_a_visit_tells_how_long_it_took_how_it_was_read_and_where_it_came_from(contact: Contact) -> None:
    step(contact, 10, path="/", referrer="https://www.google.com/", seconds=300, scroll=60)
    step(contact, 5, path="/pricing", referrer="https://shop.example/", seconds=125, scroll=90)
    item = newest(contact)
    assert (item.title, item.meta) == ("Visited 2 pages: /, /pricing", "7 min · from google, organic")
    assert [(view.path, view.note) for view in item.views] == [
        ("/pricing", "2 min, 90 % down"),
        ("/", "5 min, 60 % down"),
    ]


def test_what_was_done_on_the_pages_is_part_of_the_visit(contact: Contact) -> None:
    step(contact, 9, path="/pricing", utm_source="News", utm_medium="email")
    step(contact, 8, "asset_downloaded", asset="prices.pdf")
    step(contact, 7, "link_clicked", path="https://partner.example/x")
    step(contact, 6, "page_shared", network="linkedin")
    item = newest(contact)
    assert item.title == "Visited a page: /pricing · downloaded prices.pdf · went on to https://partner.example/x …"
    assert item.meta == "3 min · from news, email"
    assert item.views[0].path == "shared linkedin"


def test_a_download_that_a_form_told_stands_alone(contact: Contact) -> None:
    step(contact, 9, path="/pricing")
    step(contact, 8, "asset_downloaded", "form:prices", asset="prices.pdf")
    assert [item.title for item in timeline(contact).items[:2]] == [
        "Downloaded: prices.pdf",
        "Visited a page: /pricing",
    ]


def test_a_lone_click_reads_as_what_it_is(contact: Contact) -> None:
    step(contact, 8, "asset_downloaded", asset="prices.pdf")
    assert newest(contact).title == "Downloaded: prices.pdf"


def test_clicks_without_a_page_are_told_in_one_line(contact: Contact) -> None:
    step(contact, 8, "asset_downloaded", asset="a.pdf")
    step(contact, 7, "asset_downloaded", asset="b.pdf")
    assert newest(contact).title == "Downloaded a.pdf · downloaded b.pdf"


def test_half_an_hour_of_nothing_begins_a_new_visit(contact: Contact) -> None:
    step(contact, 60.1, path="/a")
    step(contact, 30, path="/b")
    step(contact, 0, path="/c")
    assert [item.title for item in timeline(contact).items[:2]] == [
        "Visited 2 pages: /b, /c",
        "Visited a page: /a",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, ""), (-5, ""), (40, "40 s"), (60, "1 min"), (754, "13 min"), (3600, "1 h"), (3900, "1 h 5 min")],
)
def test_a_duration_in_words(seconds: int, words: str) -> None:
    assert visits.lasting(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"host": "shop.example"}, "direct"),
        ({}, ""),
        ({"host": "shop.example", "referrer": "https://shop.example/a"}, ""),
        ({"referrer": "https://t.co/x"}, "from x, social"),
        ({"utm_campaign": "spring"}, "from unknown"),
        ({"referrer": 7, "utm_source": ["x"]}, ""),
    ],
)
def test_where_a_visit_began(properties: dict[str, Any], words: str) -> None:
    assert visits.came_from(properties) == words


@pytest.mark.parametrize(
    "odd", [{"seconds": "x"}, {"seconds": True}, {"seconds": 1e300}, {"scroll": 5}, {"scroll": "9"}]
)
def test_odd_measures_say_nothing(odd: dict[str, Any]) -> None:
    assert visits.read_note(odd) == ""
    assert wording.step("asset_downloaded", {"asset": 7}) == "downloaded"
