"""How many leads a week each threshold would have promoted: exact, in one pass, and each lead once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from core.errors import Refused
from leads.models import Lifecycle, LifecycleChange
from leads.services import enter_lifecycle
from scoring import loads as pure
from scoring.loads import WeeklyLoad
from scoring.models import Definition, DefinitionStatus, HighestTotal, LoadTrial
from scoring.queries import trials
from scoring.services import loads as services
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_trials import hot


def test_a_rise_counts_for_every_threshold_that_it_passes() -> None:
    rows = [(9, 12, 3), (11, 11, 5), (12, 14, 1), (9, 99, 2)]
    assert pure.crossings(rows, 10, 14) == [5, 5, 5, 3, 3]
    assert pure.crossings([], 10, 12) == [0, 0, 0]


def test_the_lowest_threshold_that_does_not_flood_fits() -> None:
    them = pure.loads(50, [[9, 4, 1], [7, 2, 0]])
    assert them[1] == WeeklyLoad(51, (4, 2))
    assert [one.a_week for one in them] == [8, 3, 0.5]
    assert (them[0].people, them[0].busiest, them[0].is_few, them[0].over(Decimal("7.5"))) == (16, 9, True, 1)
    assert pure.fitting(them, Decimal(8)) == them[0]
    assert pure.fitting(them, Decimal("7.9")) == them[1]
    assert pure.fitting(them, Decimal("0.4")) is None
    assert pure.fitting(them, Decimal(0)) is None
    assert [one.first for one in pure.rows(them, 51, None)] == [50, 51]


def test_thresholds_that_differ_in_nothing_are_one_row() -> None:
    them = pure.loads(50, [[9, 9, 9, 9, 9, 9, 4]])
    assert pure.rows(them, 52, 56) == [pure.Row(50, 55, them[0]), pure.Row(56, 56, them[6])]


def counted() -> LoadTrial:
    trial = services.start_load_trial(by=None, now=NOW)
    while services.continue_load_trial(trial.pk, now=NOW):
        pass
    return LoadTrial.objects.select_related("definition").get(pk=trial.pk)


def by_threshold(trial: LoadTrial) -> dict[int, tuple[int, ...]]:
    return {one.threshold: one.weeks for one in pure.loads(trial.floor, trial.figures)}


@pytest.mark.django_db
def test_each_week_is_judged_with_what_was_known_then_and_each_lead_counts_once() -> None:
    hot(days_ago=10, created_days_ago=40)  # 42 of today, a little less by then
    qualified_before = hot(days_ago=90, created_days_ago=100)
    factories.event(qualified_before, days_ago=20)
    hot(bant=False, days_ago=10, created_days_ago=40)  # never met the rest
    trial = counted()
    line = trial.definition.threshold
    assert (trial.floor, trial.top, trial.done, trial.weeks) == (line - 40, line + 60, 13, 12)
    weeks = by_threshold(trial)
    assert sum(weeks[trial.floor]) == 1
    assert weeks[trial.floor][10] == 1  # the last week but one
    assert sum(weeks[43]) == 0
    assert not HighestTotal.objects.exists()


@pytest.mark.django_db
def test_one_pass_says_what_the_evaluator_says_of_each_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as judging each week anew with each threshold and taking first weeks."""
    from dataclasses import replace

    from scoring.past import PastStatement
    from scoring.queries.specs import literal, load_spec

    for number in range(6):
        lead = hot(days_ago=60 - 9 * number, created_days_ago=80)
        if number % 2:
            factories.event(lead, "meeting_held", days_ago=5)
            lead.events.update(received_at=NOW - timedelta(days=5))
    trial = counted()
    spec = load_spec(trial.definition)
    for line in (trial.floor, 30, 38, 42, 60):
        seen: set[int] = set()
        weeks = []
        for week in range(trial.weeks + 1):
            statement = PastStatement(replace(spec, threshold=line), literal, trial.first_day + 7 * week)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT contact_id FROM ({statement.everybody()}) x WHERE is_qualified")
                new = {row[0] for row in cursor.fetchall()} - seen
            seen |= new
            weeks.append(len(new))
        assert by_threshold(trial)[line] == tuple(weeks[1:]), line


@pytest.mark.django_db
def test_whoever_was_handed_over_before_is_no_load() -> None:
    lead = hot(days_ago=10, created_days_ago=200)
    enter_lifecycle(lead.pk, Lifecycle.PROSPECT, now=NOW - timedelta(days=150), reason="then")
    assert LifecycleChange.objects.filter(contact=lead, to_stage="prospect").exists()
    assert sum(map(sum, counted().figures)) == 0


@pytest.mark.django_db
def test_asked_twice_it_runs_once_and_another_definition_stops_it() -> None:
    first = services.start_load_trial(by=None, now=NOW)
    assert services.start_load_trial(by=None, now=NOW) == first
    assert services.continue_load_trial(first.pk, now=NOW)
    assert trials.abandoned(now=NOW + timedelta(minutes=2)).load_trials == [first.pk]
    Definition.objects.filter(status=DefinitionStatus.ACTIVE).update(status=DefinitionStatus.RETIRED)
    assert not services.continue_load_trial(first.pk, now=NOW)
    assert not LoadTrial.objects.exists()
    with pytest.raises(Refused):
        services.start_load_trial(by=None, now=NOW)


@pytest.mark.django_db
def test_a_draft_differs_by_its_line_alone(cast: Cast) -> None:
    active = Definition.objects.get(status=DefinitionStatus.ACTIVE)
    draft = services.draft_with_threshold(threshold=active.threshold + 7, note="Fits.", by=cast.mara, now=NOW)
    assert (draft.threshold, draft.based_on, draft.note, draft.is_open) == (active.threshold + 7, active, "Fits.", True)
    page = client_of(cast.mara).get(f"/definition/compare/?from={active.version}&to={draft.version}").content.decode()
    assert str(active.threshold + 7) in page
