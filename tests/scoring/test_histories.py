"""Whatever happens in whatever order: the changed ones judged one by one stand where everybody judged anew would stand."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Max
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Refused
from leads.days import day_of
from leads.models import ChangedContact, Company, Contact, Lifecycle, Standing
from leads.services import enter_lifecycle, merge_contacts
from leads.services.merging import unmerge_contacts
from leads.services.quarantine import decide
from scoring import queries
from scoring.models import (
    Definition,
    DefinitionStatus,
    EngagementRule,
    FitRule,
    RefreshRange,
    RequiredCriterion,
    ShadowVerdict,
)
from scoring.services import definitions, refresh_all, rescore_changed, shadows
from scoring.statement import COLUMNS, IDS
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
DAY = day_of(NOW)
who = st.integers(0, 2)
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("event"),
            who,
            st.sampled_from(["page_view", "email_replied", "demo_requested", "unsubscribed", "feature_used"]),
            st.integers(0, 400),
        ),
        st.tuples(
            st.just("evidence"),
            who,
            st.sampled_from(["budget", "authority", "need", "timeline"]),
            st.sampled_from(["meets", "weak", "fails"]),
        ),
        st.tuples(st.just("quarantine"), st.integers(0, 30), st.booleans()),
        st.tuples(st.just("merge"), who, who),
        st.tuples(st.just("unmerge"), st.integers(0, 3)),
        st.tuples(st.just("company"), who, st.none() | st.integers(1, 3000)),
        st.tuples(st.just("disqualify"), who),
        st.tuples(st.just("definition"), st.integers(-10, 60), st.integers(1, 3), st.none() | st.integers(1, 90)),
        st.tuples(st.just("judge")),
    ),
    min_size=1,
    max_size=25,
)


def activate(threshold: int, times: int, two_way_days: int | None) -> None:
    """The next version: other points and halved caps; everybody is judged anew, as the task does."""
    active = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    parts: list[Any] = [
        *EngagementRule.objects.filter(definition=active),
        *FitRule.objects.filter(definition=active),
        *RequiredCriterion.objects.filter(definition=active),
    ]
    Definition.objects.filter(pk=active.pk).update(status=DefinitionStatus.RETIRED)
    newest = Definition.objects.aggregate(newest=Max("version"))["newest"]
    active.pk, active.version, active.threshold, active.two_way_days = None, newest + 1, threshold, two_way_days
    active.save(force_insert=True)
    for part in parts:
        part.pk, part.definition = None, active
        if isinstance(part, EngagementRule):
            part.points *= times if abs(part.points) < 200 else 1
            part.cap = None if part.cap is None else max(1, part.cap // times)
        part.save(force_insert=True)
    refresh_all(now=NOW)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps)
def test_incremental_is_a_full_recompute_to_the_last_digit_after_any_history(history: list[Any]) -> None:
    people = [
        factories.contact(now=NOW - timedelta(days=500), company=Company.objects.create(name="Example", employees=60))
        for _ in range(3)
    ]
    everybody = [one.pk for one in people]
    events: list[int] = []
    merges: list[int] = []
    Definition.objects.filter(status=DefinitionStatus.DRAFT).delete()  # of the example before
    draft = definitions.new_draft(by=None, now=NOW, source_id=Definition.objects.get(version=1).pk)
    Definition.objects.filter(pk=draft.pk).update(threshold=30)
    shadow = shadows.start_shadow(definition_id=draft.pk, by=None, now=NOW)
    shadows.walk(shadow.pk, now=NOW)
    for step, *given_ in history:
        if step == "event":
            contact, kind, days_ago = people[given_[0]], given_[1], given_[2]
            event_id = factories.event(contact, kind, days_ago=days_ago, path="/pricing")
            assert event_id is not None
            events.append(event_id)
        elif step == "evidence":
            factories.evidence(people[given_[0]], given_[1], given_[2])
        elif step == "quarantine" and events:
            decide([events[given_[0] % len(events)]], is_human=not given_[1])
        elif step == "merge" and people[given_[0]].pk != people[given_[1]].pk:
            survivor, former = people[given_[0]], people[given_[1]]
            merges.append(merge_contacts(survivor_id=survivor.pk, former_id=former.pk, now=NOW).pk)
            survivor.refresh_from_db()
            people = [survivor if one.pk == former.pk else one for one in people]
        elif step == "unmerge" and merges:
            try:
                unmerge_contacts(merge_id=merges[given_[0] % len(merges)], now=NOW)
            except Refused:
                continue  # it is undone already, or a later one stands on it
            people = [Contact.objects.filter(pk=pk).first() or people[0] for pk in everybody]
        elif step == "company":
            Company.objects.filter(pk=people[given_[0]].company_id).update(employees=given_[1])
            ChangedContact.objects.create(contact_id=people[given_[0]].pk)
        elif step == "disqualify":
            enter_lifecycle(people[given_[0]].pk, Lifecycle.DISQUALIFIED, now=NOW, reason="Competitor")
        elif step == "definition":
            activate(*given_)
        elif step == "judge":
            rescore_changed(now=NOW)
    rescore_changed(now=NOW)
    ids = sorted(Contact.objects.filter(pk__in=everybody).values_list("pk", flat=True))

    def standings() -> list[tuple[Any, ...]]:
        return list(Standing.objects.filter(pk__in=ids).order_by("pk").values_list("pk", *COLUMNS))

    incremental = standings()
    for row in incremental:
        live = dict(zip(COLUMNS, row[1:], strict=True))
        explanation = queries.why(row[0], DAY)  # as of today is live, and the lines are the total
        assert explanation is not None
        assert (explanation.total, explanation.grade) == (live["total"], live["grade"])
        assert explanation.is_qualified == live["is_qualified"]
        exact = dict.fromkeys(explanation.categories, 0)
        for line in explanation.lines:
            if line.category != "fit":
                exact[line.category] += line.thousandths
        fit = sum(line.thousandths for line in explanation.lines if line.category == "fit")
        assert fit + sum(1000 * round(part / 1000) for part in exact.values()) == 1000 * live["total"]
    Standing.objects.filter(pk__in=ids).update(total=-999, fit=-1, content=7, grade="", definition_version=None)
    RefreshRange.objects.all().delete()
    refresh_all(now=NOW)
    assert standings() == incremental
    by_shadow = dict(ShadowVerdict.objects.values_list("contact", "is_qualified"))
    spec = queries.load_spec(Definition.objects.get(pk=draft.pk))
    for judged in queries.run(queries.statement_of(spec).select(IDS), ids, DAY):
        assert by_shadow.get(judged["contact_id"], False) == judged["is_qualified"]
    assert set(by_shadow) <= set(ids)
