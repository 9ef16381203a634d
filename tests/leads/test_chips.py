from datetime import timedelta

import pytest

from leads.queries import chips_for
from tests import factories
from tests.budget import cost
from tests.conftest import NOW, Cast

pytestmark = pytest.mark.django_db


def states(contact: object, **kwargs: object) -> list[tuple[str, str]]:
    pk = contact.pk  # type: ignore[attr-defined]
    return [(chip.letter, chip.state) for chip in chips_for([pk], **({"now": NOW} | kwargs))[pk]]  # type: ignore[arg-type]


def test_no_evidence_is_unknown_and_the_chip_says_what_to_ask() -> None:
    contact = factories.contact()
    chip = chips_for([contact.pk], now=NOW)[contact.pk][0]
    assert (chip.key, chip.state, chip.is_known) == ("budget", "unknown", False)
    assert chip.tooltip.startswith("Ask: What have you set aside")
    assert chip.url == f"/leads/{contact.pk}/evidence/budget/"


def test_the_newest_answer_stands_until_it_expires(cast: Cast) -> None:
    contact = factories.contact()
    factories.evidence(contact, "budget", "fails", now=NOW - timedelta(days=10))
    factories.evidence(
        contact, "budget", "weak", now=NOW - timedelta(days=3), quote="About 20", amount=20000, recorded_by=cast.rita
    )
    factories.evidence(contact, "need", "meets", now=NOW - timedelta(days=400))
    assert states(contact) == [("B", "weak"), ("A", "unknown"), ("N", "unknown"), ("T", "unknown")]
    assert chips_for([contact.pk], now=NOW)[contact.pk][0].tooltip == "“About 20” · 20,000 · 3 days ago · Rita"
    assert states(contact, now=NOW + timedelta(days=400))[0] == ("B", "unknown")


def test_a_page_of_contacts_costs_one_query_and_nobody_is_mixed_up() -> None:
    people = [factories.contact() for _ in range(5)]
    factories.evidence(people[3], "timeline", "fails")
    assert cost(lambda: chips_for([person.pk for person in people], now=NOW)) == 1
    found = chips_for([person.pk for person in people], now=NOW)
    assert [pk for pk, chips in found.items() if chips[3].state == "fails"] == [people[3].pk]
    assert chips_for([]) == {}
