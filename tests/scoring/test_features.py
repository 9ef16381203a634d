"""What was known of somebody at an instant, as the probability of purchase learns from it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from leads.models import Company, Contact, Lifecycle
from leads.services import NewEvent, enter_lifecycle, record_events
from scoring import purchase
from scoring.queries import features
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def known_of(contact: Contact, now: datetime = NOW) -> dict[str, features.Value]:
    known = features.rows_now([contact.pk], now)
    return {name: cells[0] for name, cells in known.frame.items()}


def old_contact(days: int = 200, **fields: Any) -> Contact:
    return factories.contact(now=NOW - timedelta(days=days), **fields)


def test_features_of_now() -> None:
    company = Company.objects.create(name="Amber", industry="Logistics", employees=120, country="DE")
    contact = old_contact(40, company=company, job_title="Head of Planning", source="webinar")
    factories.event(contact, "page_view", days_ago=3)
    factories.event(contact, "page_view", days_ago=35)
    factories.event(contact, "demo_requested", days_ago=2)
    factories.evidence(contact, "budget", "weak", now=NOW - timedelta(days=1))
    known = known_of(contact)
    assert (known["content_30"], known["content_before"]) == (1, 1)
    assert known["age"] == pytest.approx(40, abs=0.1)
    assert known["talks"] == 1
    assert known["last_talked"] == 2
    assert (known["source"], known["country"], known["industry"]) == ("webinar", "DE", "Logistics")
    assert (known["size"], known["level"], known["lifecycle"]) == ("51 to 250", "director", "lead")
    assert known["evidence_budget"] == "weak"
    assert known["evidence_need"] is None  # unknown is not "no"


def test_what_nobody_said_is_unknown() -> None:
    known = known_of(factories.contact())
    assert {known[name] for name in ("country", "industry", "size", "level", "medium", "last_seen")} == {None}
    assert known["content_30"] == 0


def test_the_past_does_not_know_what_came_or_arrived_later() -> None:
    contact = old_contact(300)  # whatever its primary key, it is looked at on a second day, too
    looked_at = NOW - timedelta(days=300) + timedelta(days=14 + contact.pk % 14)
    factories.event(contact, "page_view", days_ago=299, now=NOW - timedelta(days=1))  # arrived long afterwards
    record_events(
        [NewEvent("page_view", ("email", contact.email), looked_at + timedelta(hours=1), "test", "later", {})],
        now=looked_at + timedelta(hours=1),
    )
    factories.evidence(contact, "need", now=looked_at + timedelta(hours=1))
    factories.evidence(
        contact, "budget", observed_at=looked_at - timedelta(hours=1), now=looked_at + timedelta(hours=1)
    )
    known = features.training_rows(NOW)
    assert known.at[0] == looked_at
    assert known.frame["content_30"][0] == 0
    assert known.frame["evidence_need"][0] is None
    assert known.frame["evidence_budget"][0] is None  # given before, written down afterwards
    assert known.frame["content_30"][1] + known.frame["content_before"][1] == 1  # type: ignore[operator]


def test_a_quarantined_event_is_nothing() -> None:
    contact = old_contact(10)
    factories.event(contact, "page_view", days_ago=1)
    contact.events.update(is_quarantined=True)
    assert known_of(contact)["content_30"] == 0


def test_outcomes_and_who_is_left_out() -> None:
    bought, late, never, young = old_contact(300), old_contact(300), old_contact(300), old_contact(80)
    gone = old_contact(300)
    then = NOW - timedelta(days=300)
    enter_lifecycle(bought.pk, Lifecycle.CUSTOMER, now=then + timedelta(days=50))
    enter_lifecycle(late.pk, Lifecycle.CUSTOMER, now=then + timedelta(days=280))
    enter_lifecycle(gone.pk, Lifecycle.DISQUALIFIED, now=then + timedelta(days=1))
    known = features.training_rows(NOW)
    outcomes: dict[int, list[int]] = {}
    for contact, outcome in zip(known.contact_ids, known.bought, strict=True):
        outcomes.setdefault(contact, []).append(outcome)
    assert outcomes[bought.pk] == [1]  # nobody is looked at once they are a customer
    assert outcomes[late.pk][0] == 0
    assert set(outcomes[never.pk]) == {0}
    assert young.pk not in outcomes  # their time to buy has not passed
    assert gone.pk not in outcomes
    assert features.too_young(NOW) == 1


def test_the_promotion_is_a_look_of_its_own() -> None:
    contact = old_contact(300)
    at = NOW - timedelta(days=210)
    enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=at)
    known = features.training_rows(NOW)
    assert known.frame["lifecycle"][known.at.index(at)] == "prospect"
    assert known.frame["lifecycle"][0] == "lead"


def test_people_of_one_company_are_one_group() -> None:
    company = Company.objects.create(name="Amber")
    for _ in range(2):
        old_contact(150, company=company)
    old_contact(150)
    known = features.training_rows(NOW)
    assert len(set(known.groups)) == 2


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("", None),
        ("CEO", "owner or board"),
        ("Geschäftsführerin", "owner or board"),
        ("VP Sales", "director"),
        ("Team lead", "manager"),
        ("Working student", "trainee"),
        ("Planner", "other"),
    ],
)
def test_levels_of_titles(title: str, level: str | None) -> None:
    assert purchase.level(title) == level


def test_size_bands() -> None:
    assert [purchase.size_band(n) for n in (None, 0, 1, 10, 11, 1000, 1001)] == [
        None,
        None,
        "up to 10",
        "up to 10",
        "11 to 50",
        "251 to 1,000",
        "more than 1,000",
    ]
