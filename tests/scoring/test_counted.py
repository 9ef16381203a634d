"""The events behind one line of a score, and what the line was before its cap."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from leads.days import day_of
from leads.models import Contact, EngagementEvent
from scoring import queries
from scoring.definitions import EngagementLine
from scoring.models import Definition
from scoring.queries import drafts
from scoring.queries.counted import MOST, counted
from tests import factories
from tests.api.conftest import Caller, api
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_language import Activate, activate, once

__all__ = ["activate", "api"]
pytestmark = pytest.mark.django_db
DAY = day_of(NOW)


def rule(name: str) -> EngagementLine:
    spec = queries.active_spec()
    assert spec is not None
    return next(line for line in spec.engagement if line.name == name)


@pytest.fixture
def reader() -> Contact:
    """Four looks at the prices, one of them hardly a person's, and other pages."""
    contact = factories.contact()
    for days_ago in (0, 3, 10, 30, 400):
        factories.event(contact, days_ago=days_ago, path="/pricing")
    factories.event(contact, path="/blog/x")
    robot = factories.event(contact, days_ago=1, path="/pricing")
    assert robot is not None
    EngagementEvent.objects.filter(pk=robot).update(is_quarantined=True)
    factories.event(factories.contact(), path="/pricing")
    return contact


def test_they_are_those_that_the_line_adds_up_to_the_last_digit(reader: Contact) -> None:
    factories.event(reader, days_ago=2, path="/pricing")
    explanation = queries.why(reader.pk, DAY)
    assert explanation is not None
    for line in explanation.lines:
        if line.category == "fit":
            assert (line.uncapped, line.before_cap) == (line.thousandths, "")
            continue
        events, has_older = counted(reader.pk, rule(line.name), DAY)
        assert (len(events), has_older) == (line.events, False)
        assert sum(event.thousandths for event in events) == line.uncapped
    pricing = next(line for line in explanation.lines if line.name == "Looked at pricing")
    events, _ = counted(reader.pk, rule("Looked at pricing"), DAY)
    assert [event.points for event in events] == ["6", "5.434", "5.172", "3.657", "1.359"]
    assert {event.what for event in events} == {"/pricing"}
    assert (pricing.points, pricing.is_capped, pricing.before_cap) == ("18", True, "21.622")


def test_a_past_day_knows_nothing_of_later(reader: Contact) -> None:
    events, _ = counted(reader.pk, rule("Looked at pricing"), DAY - 5)
    assert [(event.at.date(), event.points) for event in events] == [
        ((NOW - timedelta(days=10)).date(), "4.684"),
        ((NOW - timedelta(days=30)).date(), "1.74"),
    ]


def test_a_rule_that_counts_once_gives_the_newest_alone(activate: Activate, reader: Contact) -> None:
    active = drafts.content_of(Definition.objects.get(status="active"))
    activate(engagement=once(active, "Looked at pricing", first_only=True))
    events, _ = counted(reader.pk, rule("Looked at pricing"), DAY)
    assert [event.thousandths for event in events] == [6000, 0, 0, 0]


def test_of_many_the_newest_are_shown(django_assert_num_queries: Any) -> None:
    contact = factories.contact()
    for _ in range(MOST + 2):
        factories.event(contact, path="/pricing")
    line = rule("Looked at pricing")
    with django_assert_num_queries(1):
        events, has_older = counted(contact.pk, line, DAY)
    assert (len(events), has_older) == (MOST, True)


def test_pages_and_the_api_show_them(cast: Cast, reader: Contact, api: Caller) -> None:
    line, client = rule("Looked at pricing"), client_of(cast.mara)
    address = reverse("score_events", args=[reader.pk, line.id])
    why = client.get(reverse("score_why", args=[reader.pk]), {"as_of": str(NOW.date())}).content.decode()
    assert f'hx-get="{address}?as_of={NOW.date()}"' in why
    part = client.get(address, {"as_of": str(NOW.date())}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and part.count("/pricing") == 4 and "5.172" in part
    assert "<html" in client.get(address, {"as_of": str(NOW.date())}).content.decode()
    assert client.get(address, {"as_of": "\0" * 9000}).status_code == 422
    assert client.get(reverse("score_events", args=[reader.pk, 10**30])).status_code == 404
    said = api(cast.mara).get(f"/api/v1/contacts/{reader.pk}/score?as_of={NOW.date()}").json()
    found = next(row for row in said["lines"] if row["name"] == "Looked at pricing")
    assert (found["thousandths"], found["uncapped"]) == (16188, 16188)
