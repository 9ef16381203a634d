"""What a back-test sees of a day: whatever comes to be known later, that day is judged alike."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.days import day_of
from leads.models import Contact, EngagementEvent, Lifecycle
from leads.services import enter_lifecycle
from scoring.models import Definition
from scoring.past import PastStatement
from scoring.queries.specs import fetch, literal, load_spec
from scoring.statement import COLUMNS
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
ASKED = 7  # days ago
who = st.integers(0, 1)
kind = st.sampled_from(["page_view", "email_replied", "demo_requested", "unsubscribed", "trial_started"])
criterion = st.sampled_from(["budget", "authority", "need", "timeline"])
verdict = st.sampled_from(["meets", "weak", "fails"])
stage = st.sampled_from([Lifecycle.DISQUALIFIED, Lifecycle.CUSTOMER])
before, since = st.integers(ASKED, 60), st.integers(0, ASKED - 1)


def facts(heard: st.SearchStrategy[int], *, of: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Any]:
    """Facts with the days since we heard of them, and since they happened (by itself at once)."""
    return st.one_of(
        st.tuples(st.just("event"), who, heard, st.none() if of is None else of, kind),
        st.tuples(st.just("evidence"), who, heard, st.none() if of is None else of, st.tuples(criterion, verdict)),
    )


def tell(people: list[Contact], fact: Any) -> None:
    what, one, heard, happened, said = fact
    at = NOW - timedelta(days=heard)
    days_ago = heard if happened is None else happened
    if what == "event":
        event_id = factories.event(people[one], said, days_ago=days_ago, path="/pricing")
        assert event_id is not None
        EngagementEvent.objects.filter(pk=event_id).update(received_at=at)
    elif what == "evidence":
        factories.evidence(people[one], *said, observed_at=NOW - timedelta(days=days_ago), now=at)
    elif what == "stage":
        enter_lifecycle(people[one].pk, said, now=at, reason="Competitor")
    else:
        newcomer = factories.contact(now=at)
        Contact.objects.filter(pk=newcomer.pk).update(created_at=at)
        factories.event(newcomer, "demo_requested", days_ago=60)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    known=st.lists(facts(before), max_size=8),
    later=st.lists(
        st.one_of(
            facts(since),
            facts(since, of=before),  # it happened in time, and we heard of it too late
            st.tuples(st.just("stage"), who, since, st.none(), stage),
            st.tuples(st.just("newcomer"), who, since, st.none(), st.none()),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_what_comes_to_be_known_later_changes_nothing_of_a_past_day(known: list[Any], later: list[Any]) -> None:
    people = [factories.contact(now=NOW - timedelta(days=90)) for _ in range(2)]
    Contact.objects.filter(pk__in=[one.pk for one in people]).update(created_at=NOW - timedelta(days=90))
    spec = replace(load_spec(Definition.objects.get(version=1)), threshold=10, two_way_days=None)
    spec = replace(spec, required=spec.required[:1])
    past = PastStatement(spec, literal, day_of(NOW) - ASKED).everybody()
    names = ("contact_id", *(name for name in COLUMNS if name not in {"last_day", "two_way_day"}))

    def judged() -> list[tuple[Any, ...]]:
        return sorted(tuple(row[name] for name in names if name in row) for row in fetch(past))

    for fact in known:
        tell(people, fact)
    then = judged()
    assert {one.pk for one in people} <= {row[0] for row in then}
    for fact in later:
        tell(people, fact)
    assert judged() == then
