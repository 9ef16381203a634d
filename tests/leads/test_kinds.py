"""A kind's patterns change: what happened before is brought up to date, and who it concerns is scored anew."""

from datetime import timedelta

import pytest

from leads import kinds
from leads.models import ChangedContact, EngagementEvent, EventKind, Facet, FacetRun
from leads.services import change_kind, continue_facet_run
from leads.services import kinds as service
from leads.services.kinds import SETTLED, patterns_of
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + SETTLED


def describe(kind: EventKind, patterns: list[tuple[str, str]], **changes: str) -> EventKind:
    given = {
        "label": kind.label,
        "category": kind.category,
        "direction": kind.direction,
        "facet_property": kind.facet_property,
    }
    return change_kind(kind, **(given | changes), patterns=patterns, now=NOW)


def finish(kind: EventKind) -> int:
    rounds = 0
    while continue_facet_run(kind.pk, now=LATER):
        rounds += 1
    return rounds


def facet_of(event_id: int | None) -> str | None:
    assert event_id is not None
    return EngagementEvent.objects.values_list("facet__name", flat=True).get(pk=event_id)


@pytest.fixture
def viewed() -> EventKind:
    return EventKind.objects.get(key="page_view")


def test_history_follows_the_patterns_and_only_the_changed_are_scored_anew(
    viewed: EventKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "EVENTS_A_RANGE", 2)
    reader, other = factories.contact(), factories.contact()
    docs = factories.event(reader, path="/docs/api")
    price = factories.event(reader, path="/pricing")
    blog = factories.event(other, path="/blog/x")
    call = factories.event(other, "call_connected", outcome="/docs")
    ChangedContact.objects.all().delete()
    describe(viewed, [*patterns_of(viewed), ("Documentation", "/docs*")])
    assert finish(viewed) >= 2
    assert [facet_of(pk) for pk in (docs, price, blog, call)] == ["Documentation", "Pricing", "Blog", None]
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {reader.pk}
    run = FacetRun.objects.get()
    assert (run.done_at, run.changed_events) == (LATER, 1)
    ChangedContact.objects.all().delete()
    assert finish(viewed) == 0
    assert not ChangedContact.objects.exists()


def test_new_events_are_told_by_the_new_patterns_at_once(viewed: EventKind) -> None:
    describe(viewed, [("Documentation", "/docs*")])
    assert facet_of(factories.event(factories.contact(), path="/docs/api")) == "Documentation"


def test_it_waits_until_no_process_remembers_the_old_patterns(viewed: EventKind) -> None:
    docs = factories.event(factories.contact(), path="/docs/api")
    describe(viewed, [("Documentation", "/docs*")])
    assert continue_facet_run(viewed.pk, now=NOW + SETTLED - timedelta(seconds=1)) is False
    assert facet_of(docs) is None
    assert continue_facet_run(viewed.pk, now=LATER) is True
    assert facet_of(docs) == "Documentation"


def test_a_pattern_that_is_given_up_leaves_its_events_and_comes_back_as_itself(viewed: EventKind) -> None:
    price = factories.event(factories.contact(), path="/pricing")
    before = Facet.objects.get(name="Pricing").pk
    describe(viewed, [("Blog", "/blog*")])
    finish(viewed)
    assert facet_of(price) is None
    assert patterns_of(viewed) == [("Blog", "/blog*")]
    describe(viewed, [("pricing", "/pricing*")])
    finish(viewed)
    assert price is not None
    assert EngagementEvent.objects.get(pk=price).facet_id == before


def test_the_order_of_patterns_decides(viewed: EventKind) -> None:
    page = factories.event(factories.contact(), path="/pricing/teams")
    describe(viewed, [("Teams", "*teams"), ("Pricing", "/pricing*")])
    finish(viewed)
    assert facet_of(page) == "Teams"


def test_another_direction_or_category_scores_everybody_with_such_an_event(viewed: EventKind) -> None:
    reader, other = factories.contact(), factories.contact()
    factories.event(reader, path="/pricing")
    factories.event(other, "call_connected")
    ChangedContact.objects.all().delete()
    describe(viewed, patterns_of(viewed), category="intent")
    finish(viewed)
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {reader.pk}


def test_a_name_that_arrived_by_itself_is_scored_as_what_it_is_described_as() -> None:
    arrived = EventKind.objects.create(
        key="stand_visited", label="stand visited", category="product", direction="one_way", is_registered=False
    )
    kinds.forget()
    visitor, other = factories.contact(), factories.contact()
    met = factories.event(visitor, "stand_visited", stand="Hall 4")
    factories.event(other, path="/pricing")
    ChangedContact.objects.all().delete()
    describe(arrived, [("Hall", "hall*")], direction="two_way", facet_property="stand")
    finish(arrived)
    assert facet_of(met) == "Hall"
    assert set(ChangedContact.objects.values_list("contact_id", flat=True)) == {visitor.pk}
    arrived.refresh_from_db()
    assert (arrived.is_registered, arrived.direction) == (True, "two_way")


def test_without_patterns_its_direction_alone_scores_them_anew() -> None:
    arrived = EventKind.objects.create(
        key="phoned_in", label="phoned in", category="product", direction="one_way", is_registered=False
    )
    kinds.forget()
    caller = factories.contact()
    factories.event(caller, "phoned_in")
    ChangedContact.objects.all().delete()
    describe(arrived, [], direction="two_way", category="conversation")
    assert FacetRun.objects.get().rescores
    finish(arrived)
    assert list(ChangedContact.objects.values_list("contact_id", flat=True)) == [caller.pk]


def test_another_label_alone_touches_no_history(viewed: EventKind) -> None:
    describe(viewed, patterns_of(viewed), label="Looked")
    assert not FacetRun.objects.exists()


def test_a_change_during_a_run_starts_it_again(viewed: EventKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "EVENTS_A_RANGE", 1)
    page = factories.event(factories.contact(), path="/docs/api")
    describe(viewed, [("Documentation", "/docs*")], category="intent")
    continue_facet_run(viewed.pk, now=LATER)
    describe(viewed, [("Handbook", "/docs*")])
    run = FacetRun.objects.get()
    assert (run.next_id, run.rescores) == (0, True)
    finish(viewed)
    assert facet_of(page) == "Handbook"
