"""The demo's journey while things break: whatever is killed and started again, it ends in the same state.

Real processes, a real database, a Valkey that can be killed. Nothing is kept but what PostgreSQL has.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from activities.notices import Topic
from crm.demo import build
from crm.demo.browser import Browser, Failed, Page
from crm.demo.journey import Journey
from embedded.errors import EmbeddedError
from embedded.valkey import binary
from leads.models import ChangedContact, Contact, EngagementEvent
from tests.crm.product import Product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]
PATIENCE = 60.0  # seconds for a step during which something is dead; sweeps come every ten and twenty seconds


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    try:
        binary()
    except EmbeddedError as error:
        pytest.skip(f"this test kills a Valkey of its own: {error}")
    build.make_colleagues()
    running = Product(tmp_path)
    running.start()
    yield running
    running.stop()
    connections.close_all()


class Interrupted(Journey):
    """A journey that does something else before each step."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def _fill_in_form(self) -> None:
        self.before("form")
        super()._fill_in_form()

    def _come_back(self) -> None:
        self.before("pricing")
        super()._come_back()

    def _reply(self) -> None:
        self.before("reply")
        super()._reply()

    def _answer(self) -> int:
        self.before("answer")
        return super()._answer()

    def _opportunity(self) -> Any:
        self.before("promotion")
        return super()._opportunity()

    def _total(self) -> int:
        self.before("score")
        return super()._total()


class Twice(Browser):
    """Sends everything twice, as a double click, a retrying browser or an impatient proxy does."""

    def post_json(self, path: str, content: Any) -> Any:
        first = super().post_json(path, content)
        again = super().post_json(path, content)
        assert (again["accepted"], again["duplicates"]) == (0, first["accepted"])
        return first

    def fill_in(self, page: Page, action: str, **answers: str) -> Page:
        first = super().fill_in(page, action, **answers)
        if action.startswith("/f/") or "/log/" in action:
            super().fill_in(page, action, **answers)
        return first


class SentTwice(Interrupted):
    browser = Twice


def state(journey: Journey) -> dict[str, Any]:
    """Where the journey's person stands, without what differs from run to run."""
    contact = Contact.objects.select_related("standing__owner", "company").get(pk=journey.contact)
    standing = contact.standing
    opportunities = list(contact.opportunities.select_related("stage", "owner"))
    return {
        "score": (standing.total, standing.grade, standing.fit, standing.engagement, standing.is_qualified),
        "lifecycle": (standing.lifecycle, list(contact.lifecycle_changes.values_list("from_stage", "to_stage"))),
        "owner": str(standing.owner),
        "events": sorted(contact.events.values_list("kind__key", flat=True)),
        "evidence": sorted(contact.evidence.values_list("criterion__key", "verdict")),
        "verdicts": list(contact.verdicts.order_by("pk").values_list("is_qualified", flat=True)),
        "opportunities": [(row.stage.name, str(row.owner), row.amount, row.is_open) for row in opportunities],
        "timeline": sorted(contact.activities.values_list("kind", flat=True)),
        # a reply that is looked at late, because a worker was away, is told to whoever owns them by then
        "told": [
            list(row.owner.notifications.exclude(topic=Topic.REPLY).values_list("topic", flat=True))
            for row in opportunities
            if row.owner
        ],
        "strangers": EngagementEvent.objects.filter(contact=None).count(),
        "to score": ChangedContact.objects.count(),
    }


EXPECTED = {
    "lifecycle": ("prospect", [("", "lead"), ("lead", "prospect")]),
    "owner": "Robin Vale",
    "events": sorted(["page_view"] * 7 + ["demo_requested", "email_replied"]),
    "evidence": [("authority", "meets"), ("budget", "meets"), ("need", "meets"), ("timeline", "meets")],
    "verdicts": [True],
    "opportunities": [("New", "Robin Vale", 18000, True)],
    "timeline": ["reply", "score", "stage"],
    "told": [[Topic.HAND_OFF]],
    "strangers": 0,
    "to score": 0,
}


def check(journey: Journey) -> None:
    reached = state(journey)
    total, _, fit, engagement, is_qualified = reached.pop("score")
    assert total == fit + engagement >= 50
    assert (fit, is_qualified) == (10, True)  # writes from a company's address, leads a team
    assert reached == EXPECTED


def test_sending_everything_twice_changes_nothing_and_each_step_takes_less_than_five_seconds(product: Product) -> None:
    journey = SentTwice(product.url, print)
    try:
        journey.run()
    except Failed as failed:
        if "All of it happened" not in str(failed):
            raise
        journey = SentTwice(product.url, print)  # as it says itself: the machine was busy with something else
        journey.run()
    check(journey)


def test_the_worker_is_killed_and_started_again(product: Product) -> None:
    """Dead while the form and the reply come in; killed once more right after the last answer."""
    journey = Interrupted(product.url, print, limit=PATIENCE)
    done: set[str] = set()

    def disturb(step: str) -> None:
        if step in {"form", "reply"} and step not in done:
            product.kill("worker")
            done.add(step)
        elif step == "score" and product.is_dead("worker"):
            product.start_again("worker")
        elif step == "promotion" and "promotion" not in done:
            done.add(step)
            product.kill("worker")
            product.start_again("worker")

    journey.before = disturb
    journey.run()
    assert done == {"form", "reply", "promotion"}
    check(journey)


def test_redis_is_killed_and_started_again(product: Product) -> None:
    """Away while the form and all the answers come in: nobody sees an error, and what was queued is forgotten."""
    journey = Interrupted(product.url, print, limit=PATIENCE)
    done: set[str] = set()

    def disturb(step: str) -> None:
        if step in {"form", "answer"} and step not in done:
            product.kill("valkey")
            done.add(step)
        elif step in {"score", "promotion"} and product.is_dead("valkey"):
            product.start_again("valkey")

    journey.before = disturb
    journey.run()
    assert done == {"form", "answer"}
    check(journey)
