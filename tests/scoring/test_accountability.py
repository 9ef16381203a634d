"""What rules did: sets of rules, decisive ones, twins, drift, outcomes, the report's pages and the lists behind numbers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from leads.days import day_of
from leads.models import Company, Contact, EngagementEvent, Lifecycle, Standing
from leads.services import enter_lifecycle
from scoring import accountability, queries
from scoring.accountability import Drift, Promotion
from scoring.definitions import EngagementLine, FitLine, PersonaLine, Spec
from scoring.models import RuleReport
from scoring.proportions import Share
from scoring.queries import accountability as asked
from scoring.services.accountability import count_rules, is_due
from tests import factories
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_language import LARGE, MIDDLE, Activate, activate
from tests.scoring.test_language import person as employed

__all__ = ["activate"]


def spec(threshold: int = 50) -> Spec:
    lines = [
        EngagementLine(number, f"Line {number}", category, 1, (), 10, None, 90, None)
        for number, category in ((1, "intent"), (2, "intent"), (3, "content"))
    ]
    fit = [FitLine(7, "Big", 20, {}), FitLine(8, "Small", -10, {})]
    return Spec(1, 1, threshold, None, (), (1, 0, 1, 0), tuple(lines), tuple(fit), ())


def test_a_set_of_rules_has_a_bit_for_each_that_gave_points() -> None:
    assert accountability.keys(spec()) == ["e1", "e2", "e3", "f7", "f8"]
    assert accountability.fired(spec(), [20, 0], [[0, 5000, 1, 3], [2, 0, 1, 3]]) == 0b01001
    assert accountability.fired(spec(), None, None) == 0


def test_a_rule_is_decisive_when_the_score_would_be_below_the_line_without_it() -> None:
    lines = [[0, 25_000, 1, 1], [2, 10_000, 1, 1]]
    # 25 + 10 + 20 = 55: without the content 45, without the fit 35
    assert accountability.decisive(spec(), [20, 0], lines) == 0b01101
    assert accountability.decisive(spec(40), [20, 0], lines) == 0b01001  # the content's 10 are not needed
    assert accountability.decisive(spec(20), [20, 0], lines) == 0  # any one of them may be missing
    assert accountability.decisive(spec(60), [20, 0], lines) == 0  # not promoted by the score


def test_a_rule_that_takes_points_away_never_decides_and_halves_are_rounded_as_the_score_rounds() -> None:
    assert accountability.decisive(spec(10), [20, -10], []) == 0b01000
    # 49.4 + 0.4 in one category are 50, and 49 without the second
    assert accountability.decisive(spec(), [0, 0], [[0, 49_400, 1, 1], [1, 400, 1, 1]]) == 0b00011


def test_without_its_rule_a_persona_gives_way_to_the_next_best() -> None:
    fit = [
        FitLine(1, "General", 10, {}),
        FitLine(2, "Big", 20, {}, persona_id=5),
        FitLine(3, "Near", 3, {}, persona_id=5),
    ]
    fit.append(FitLine(4, "Small", 15, {}, persona_id=6))
    personas = Spec(
        1, 1, 25, None, (), (1, 0, 1, 0), (), tuple(fit), (), (PersonaLine(5, "Big"), PersonaLine(6, "Small"))
    )
    # 10 + 23 = 33; without Big the second persona's 15 make 25
    assert accountability.decisive(personas, [10, 20, 3, 0], [], [10, 20, 3, 15]) == 0b0001
    assert accountability.decisive(personas, [10, 20, 3, 0], [], [10, 20, 3, 14]) == 0b0011
    assert accountability.decisive(personas, [10, 20, 3, 0], [], [10, 20, 3, 0]) == 0b0011
    # nobody's persona any more: nothing instead of less than nothing
    assert accountability.decisive(replace(personas, threshold=33), [10, 20, 3, 0], [], [10, 20, 3, 15]) == 0b0111
    assert accountability.decisive(replace(personas, threshold=34), [10, 20, 3, 0], [], [10, 20, 3, 15]) == 0


def test_the_report_counts_people_twins_and_outcomes() -> None:
    masks = {0b00011: 38, 0b00001: 2, 0b01000: 5, 0: 55}
    promotions = [
        Promotion(1, 0b00011, 0b00001, "won"),
        Promotion(2, 0b00001, 0, "lost"),
        Promotion(3, 0b00001, 0b00001, "open"),
    ]
    content = accountability.report(spec(), masks, promotions, {"e1": [30, 100, 90, 1000]}, {"e1": [12, 11, 14]})
    first, second, third, big, small = accountability.accounts(spec(), content)
    assert (first.fires, first.of) == (40, 100)
    assert (first.twin, first.twin_share, first.is_redundant) == ("Line 2", 0.95, True)
    assert (first.promotions, first.decisive) == (3, 2)
    assert (first.won.hits, first.won.of) == (1, 2)  # the open one is not counted as lost
    assert (first.won_decisive.hits, first.won_decisive.of) == (1, 1)
    assert first.proposal == (12, 11, 14)
    assert first.differs  # 10 points are outside of the interval
    assert first.drift is not None
    assert first.drift.words == "more often than before"
    assert (third.is_dead, third.twin, third.drift) == (True, "", None)
    assert (big.fires, big.twin) == (5, "")  # too few to speak of twins
    assert second.fires == 38
    assert small.is_dead


def test_drift_is_only_said_when_intervals_do_not_touch() -> None:
    assert Drift(Share(3, 10), Share(2, 10)).words == "as before"
    assert Drift(Share(10, 100), Share(900, 3000)).words == "less often than before"
    assert Drift(Share(0, 0), Share(900, 3000)).words == "too little to compare"


# --- with the database ---


def reports(now_rows: int = 3) -> tuple[list[Contact], RuleReport]:
    """Contacts of a company of 120, who asked for a demo; the first was promoted and bought, the second was lost."""
    company = Company.objects.create(name="Amber", employees=120)
    people = [factories.contact(now=NOW - timedelta(days=20), company=company) for _ in range(now_rows)]
    version = queries.active_spec().version  # type: ignore[union-attr]
    for person in people:
        factories.event(person, "demo_requested", now=NOW - timedelta(days=15))
        factories.event(person, "meeting_held", now=NOW - timedelta(days=15))
    for person in people[:2]:
        enter_lifecycle(person.pk, Lifecycle.PROSPECT, now=NOW - timedelta(days=14), definition_version=version)
    enter_lifecycle(people[0].pk, Lifecycle.CUSTOMER, now=NOW - timedelta(days=1))
    enter_lifecycle(people[1].pk, Lifecycle.LEAD, now=NOW - timedelta(days=1))
    [report] = count_rules(now=NOW)
    assert report is not None
    return people, report


def account(report: RuleReport, name: str) -> accountability.Account:
    active = queries.active_spec()
    assert active is not None
    return next(row for row in accountability.accounts(active, report.content) if row.name == name)


@pytest.mark.django_db
def test_counted_from_the_same_statement_as_the_score() -> None:
    _, report = reports()
    demo = account(report, "Asked for a demo")
    assert (demo.fires, demo.of, demo.promotions) == (3, 3, 2)
    assert (demo.won.hits, demo.won.of) == (1, 2)
    assert account(report, "50 to 1,000 employees").fires == 3
    assert account(report, "Started a trial").is_dead
    assert demo.proposal is None  # nobody knows with two decided promotions


@pytest.mark.django_db
def test_the_erased_are_not_counted_and_a_second_count_replaces_the_first() -> None:
    people, report = reports()
    assert not is_due(now=NOW)
    assert is_due(now=NOW + timedelta(days=1))
    Contact.objects.filter(pk=people[2].pk).update(erased_at=NOW)
    [again] = count_rules(now=NOW)
    assert again is not None
    assert again.content["contacts"] == report.content["contacts"] - 1
    assert RuleReport.objects.count() == 1


@pytest.mark.django_db
def test_each_rule_fires_for_exactly_those_in_its_list() -> None:
    people, report = reports()
    factories.event(
        factories.contact(email="x@gmail.com", job_title="Student"), "page_view", days_ago=2, path="/pricing"
    )
    factories.contact(country="DE", job_title="Head of Planning")
    [report] = count_rules(now=NOW)
    active = queries.active_spec()
    assert active is not None
    for row in accountability.accounts(active, report.content):
        found = asked.whom(Standing.objects.all(), active, row.key, report.day)
        assert (row.name, found.count()) == (row.name, row.fires)
    assert {row.pk for row in asked.whom(Standing.objects.all(), active, "e12", report.day)} <= {p.pk for p in people}
    assert not asked.whom(Standing.objects.all(), active, "e0", report.day).exists()


@pytest.mark.django_db
def test_a_persona_s_rule_fires_for_those_whom_the_persona_suits_best(activate: Activate) -> None:
    for size in (450, 5000, 450):  # 450 suits both
        employed(size, "DE")
    activate(personas=(MIDDLE, LARGE))
    [report] = count_rules(now=NOW)
    active = queries.active_spec()
    assert active is not None
    counted = {"50 to 500": account(report, "50 to 500").fires, "400 or more": account(report, "400 or more").fires}
    assert sorted(counted.values()) == [1, 2]
    for row in accountability.accounts(active, report.content):
        found = asked.whom(Standing.objects.all(), active, row.key, report.day)
        assert (row.name, found.count()) == (row.name, row.fires)


@pytest.mark.django_db
def test_a_look_at_the_past_knows_only_what_we_had_heard_by_then() -> None:
    """An import may bring tomorrow what happened last year."""
    at = NOW - timedelta(days=60)
    person = factories.contact(now=at - timedelta(days=30))
    factories.event(person, "demo_requested", days_ago=5, now=at)  # known within the hour
    factories.event(person, "trial_started", days_ago=70)  # a list of today tells of it
    EngagementEvent.objects.filter(kind__key="demo_requested").update(received_at=at - timedelta(days=5))
    active = queries.active_spec()
    assert active is not None
    names = [line.name for line in active.engagement]
    demo, trial = names.index("Asked for a demo"), names.index("Started a trial")
    [(mask, bought, contact_id)] = asked.looks(active, [person.pk], [at], [1])
    assert (mask >> demo & 1, mask >> trial & 1, bought, contact_id) == (1, 0, 1, person.pk)
    # nor do promotions of that day: what fired then is what we knew then
    enter_lifecycle(person.pk, Lifecycle.PROSPECT, now=at, definition_version=active.version)
    [promotion] = asked.promotions(active, NOW)
    assert (promotion.fired >> demo & 1, promotion.fired >> trial & 1) == (1, 0)
    # whoever was not here yet is not looked at
    assert list(asked.looks(active, [person.pk], [at - timedelta(days=30)], [0])) == []


@pytest.mark.django_db
def test_drift_counts_people_of_each_month() -> None:
    active = queries.active_spec()
    assert active is not None
    first, second = factories.contact(now=NOW - timedelta(days=200)), factories.contact(now=NOW - timedelta(days=200))
    for days_ago in (3, 4, 40, 70):
        factories.event(first, "demo_requested", days_ago=days_ago)
    factories.event(second, "page_view", days_ago=5)
    factories.event(second, "page_view", days_ago=130)  # too long ago
    key = next(f"e{line.id}" for line in active.engagement if line.name == "Asked for a demo")
    assert asked.drift(active, day_of(NOW))[key] == [1, 2, 2, 2]


@pytest.mark.django_db
def test_the_page_and_the_lists_behind_its_numbers(cast: Cast) -> None:
    url = reverse("rule_report")
    client = client_of(cast.vera)
    assert "Not counted yet" in client.get(url).content.decode()
    people, report = reports()
    page = client.get(url).content.decode()
    assert "Asked for a demo" in page
    assert "Started a trial</b>" in page
    assert "fire for nobody" in page
    assert "fewer than 30 decided promotions" in page
    assert "Count anew" not in page
    key = account(report, "Asked for a demo").key

    def names(what: str) -> set[str]:
        listed = client.get(reverse("rule_contacts", args=[key, what])).content.decode()
        return {person.name for person in people if person.name in listed}

    assert names("fires") == {person.name for person in people}
    assert names("promoted") == {people[0].name, people[1].name}
    assert names("won") == {people[0].name}
    assert client.get(reverse("rule_contacts", args=[key, "nonsense"])).status_code == 404
    assert client.get(reverse("rule_contacts", args=["e99999999999999999999", "fires"])).status_code == 404


@pytest.mark.django_db
def test_counting_is_asked_for_by_those_who_edit_definitions(cast: Cast) -> None:
    url = reverse("rule_report_count")
    assert client_of(cast.mara).post(url).status_code == 302
    assert client_of(cast.vera).post(url).status_code == 403
    assert client_of(cast.mara).get(url).status_code == 405
    assert client_of(cast.rita).get(reverse("rule_report")).status_code == 403
