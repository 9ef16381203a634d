"""The funnel: steps from facts, cells that add up, lists behind every number."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from leads.models import Lifecycle
from leads.services import assign_owner, enter_lifecycle
from pipeline import services
from pipeline.models import HandOff
from reports import queries
from reports.models import FunnelCell, Journey
from reports.queries import Wanted
from reports.queries.labels import activations
from reports.services import refresh_funnel
from scoring.models import Definition
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from tests.reports.leads import JUNE, MAY, cells, counts, lead, verdict

JUNE_FORM, MAY_WEBINAR = (date(2026, 6, 1), "form"), (date(2026, 5, 1), "webinar")


@pytest.fixture
def some(cast: Cast) -> None:
    for to in ("lead", "lead", "engaged", "two_way", "qualified", "accepted", "won"):
        lead(to)
    for to in ("engaged", "won"):
        lead(to, now=MAY, source="webinar")


def test_cells(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    assert cells() == {JUNE_FORM: (7, 5, 4, 3, 2, 1, 1), MAY_WEBINAR: (2, 2, 1, 1, 1, 1, 1)}


def test_a_month_begins_at_midnight_utc(cast: Cast) -> None:
    lead(now=datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC))
    lead(now=datetime(2026, 6, 1, tzinfo=UTC))
    refresh_funnel(now=NOW)
    assert sorted(month for month, _ in cells()) == [date(2026, 5, 1), date(2026, 6, 1)]


def test_a_later_step_tells_of_those_before(cast: Cast) -> None:
    """Promoted without any engagement we know of: counts for every step before, marked as one that facts do not tell."""
    silent = factories.contact(now=JUNE)
    enter_lifecycle(silent.pk, Lifecycle.PROSPECT, now=NOW)
    refresh_funnel(now=NOW)
    assert cells() == {JUNE_FORM: (1, 1, 1, 1, 1, 0, 0)}
    journey = Journey.objects.get()
    assert journey.skipped == 1 + 2  # engaged, two-way; the promotion itself is a fact
    assert {journey.engaged_at, journey.two_way_at, journey.qualified_at, journey.accepted_at} == {NOW}
    made = queries.funnel(Wanted(), now=NOW)
    assert made.marks["skipped"].count == 1
    assert made.total.steps[1].spread is None  # how long it took is not known


def test_nothing_is_reached_before_somebody_is_known(cast: Cast) -> None:
    contact = factories.contact(now=JUNE)
    factories.event(contact, now=JUNE, days_ago=40)
    refresh_funnel(now=NOW)
    assert Journey.objects.get().engaged_at == JUNE


def test_a_verdict_against_is_no_step(cast: Cast) -> None:
    turned = lead("two_way")
    verdict(turned, is_qualified=False)
    refresh_funnel(now=NOW)
    assert counts() == [1, 1, 1, 0, 0, 0, 0]


def test_what_machines_did_is_not_engagement(cast: Cast) -> None:
    contact = lead("engaged")
    contact.events.update(is_quarantined=True)
    refresh_funnel(now=NOW)
    assert counts()[:2] == [1, 0]


@pytest.mark.parametrize(("days", "is_accepted"), [(29, False), (31, True)])
def test_given_back_within_a_month_was_not_accepted(cast: Cast, days: int, is_accepted: bool) -> None:
    contact = lead("accepted", at=JUNE)
    enter_lifecycle(contact.pk, Lifecycle.LEAD, now=JUNE + timedelta(days=days))
    refresh_funnel(now=NOW)
    assert counts()[3:5] == [1, int(is_accepted)]
    made = queries.funnel(Wanted(), now=NOW)
    assert (made.marks["sent_back"].count, made.marks["came_again"].count) == (1, 0)
    enter_lifecycle(contact.pk, Lifecycle.PROSPECT, now=JUNE + timedelta(days=days + 40))
    refresh_funnel(now=NOW)
    made = queries.funnel(Wanted(), now=NOW)
    assert (made.marks["sent_back"].count, made.marks["came_again"].count) == (1, 1)
    assert counts()[4] == 1


def test_a_hand_off_says_who_was_accepted(cast: Cast) -> None:
    card = rows.opportunity(cast.rita, contact=lead("qualified"), opened=NOW)
    offer = HandOff.objects.create(contact=card.contact, opportunity=card, rep=cast.rita, offered_at=NOW)
    refresh_funnel(now=NOW)
    assert counts() == [1, 1, 1, 1, 0, 0, 0]  # an offer that waits is neither
    taken = NOW + timedelta(hours=5)
    HandOff.objects.filter(pk=offer.pk).update(state="accepted", decided_at=taken)
    refresh_funnel(now=taken)
    assert counts() == [1, 1, 1, 1, 1, 1, 0]
    journey = Journey.objects.get()
    assert (journey.accepted_at, journey.opportunity_at) == (taken, taken)


def test_what_was_reached_once_stays_reached_but_a_win_that_is_reopened_is_none(cast: Cast) -> None:
    contact = lead("won")
    refresh_funnel(now=NOW)
    assert counts() == [1] * 7
    services.reopen(opportunity_id=contact.opportunities.get().pk, actor=cast.rita, now=NOW)
    verdict(contact, is_qualified=False)
    refresh_funnel(now=NOW)
    assert counts() == [1, 1, 1, 1, 1, 1, 0]


# --- the page's numbers ---


def test_rows_add_up_and_open_the_lists_behind_them(cast: Cast, some: None) -> None:
    refresh_funnel(now=NOW)
    made = queries.funnel(Wanted(months=12), now=NOW)
    assert made.at == NOW
    assert [one.count for one in made.total.steps] == [9, 7, 5, 4, 3, 2, 2]
    assert [one.before for one in made.total.steps] == [None, 9, 7, 5, 4, 3, 2]
    assert [(row.label, row.steps[0].count) for row in made.parts] == [("Web form", 7), ("Webinar", 2)]
    for index in range(7):
        assert sum(row.steps[index].count for row in made.parts) == made.total.steps[index].count
        assert sum(row.steps[index].count for row in made.months) == made.total.steps[index].count
    for row in (made.total, *made.parts, *made.months):
        for one in row.steps:
            wanted = Wanted.parse(QueryDict(one.query))
            assert wanted.people(cast.mona, now=NOW).count() == one.count, one
    for mark in made.marks.values():
        assert Wanted.parse(QueryDict(mark.query)).people(cast.mona, now=NOW).count() == mark.count


def test_periods_and_those_before_them(cast: Cast, some: None) -> None:
    lead("engaged", now=datetime(2026, 4, 1, tzinfo=UTC))
    lead("engaged", now=datetime(2026, 3, 31, 23, tzinfo=UTC))
    refresh_funnel(now=NOW)
    assert [counts(months=months)[0] for months in (3, 6, 12, 24)] == [10, 11, 11, 11]
    steps = queries.funnel(Wanted(months=3), now=NOW).total.steps
    assert [one.former for one in steps[:3]] == [1, 1, 0]


def test_the_headline_compares_with_the_months_before(cast: Cast, some: None) -> None:
    lead("engaged", now=datetime(2026, 2, 1, tzinfo=UTC))
    refresh_funnel(now=NOW)
    head = queries.funnel_headline(now=NOW)
    assert [(step.label, step.count, step.before) for step in head.steps] == [
        ("Identified", 9, 1),
        ("Engaged", 7, 1),
        ("Two-way", 5, 0),
        ("Qualified", 4, 0),
        ("Accepted", 3, 0),
        ("Opportunity", 2, 0),
        ("Won", 2, 0),
    ]
    for step in head.steps:
        assert Wanted.parse(QueryDict(step.query)).people(cast.mara, now=NOW).count() == step.count


def test_median_and_spread_of_the_days(cast: Cast) -> None:
    for days in (1, 2, 4, 9):
        contact = factories.contact(now=JUNE)
        factories.event(contact, now=JUNE + timedelta(days=days, hours=3))
    refresh_funnel(now=NOW)
    spread = queries.funnel(Wanted(), now=NOW).total.steps[1].spread
    assert spread is not None
    assert (spread.people, spread.low, spread.median, spread.high) == (4, 1, 2, 4)


def divided(by: str, **more: Any) -> dict[str, str]:
    made = queries.funnel(Wanted(by=by, **more), now=NOW)
    return {row.label: row.steps[0].text for row in made.parts}


def test_by_owner_form_version_and_persona(cast: Cast) -> None:
    mine = lead("engaged")
    assign_owner([mine.pk], cast.rita)
    lead()
    refresh_funnel(now=NOW)
    assert divided("owner") == {"Nobody": "1", cast.rita.name: "1"}
    assert divided("form") == {"No form": "2"}
    assert divided("persona") == {"No persona": "2"}
    assert sum(int(count) for count in divided("version").values()) == 2
    assert FunnelCell.objects.filter(by="owner").count() == 2


def test_definitions_are_marked_in_the_month_in_which_they_became_active(cast: Cast, some: None) -> None:
    Definition.objects.filter(status="active").update(activated_at=datetime(2026, 5, 12, tzinfo=UTC))
    refresh_funnel(now=NOW)
    version = Definition.objects.get(status="active").version
    made = queries.funnel(Wanted(months=3), now=NOW, activations=activations(Wanted(months=3).cohorts(NOW.date())))
    assert [(f"{row.month:%b}", row.marks) for row in made.months if row.month] == [
        ("Jun", ()),
        ("May", (f"v{version} active from 12 May",)),
        ("Apr", ()),
    ]
    found = queries.cohorts(Wanted(months=3), now=NOW)
    assert [row.marks for row in found.rows] == [[], [f"v{version} active from 12 May"]]
    assert divided("version") == {"Before any definition": "2", str(Definition.objects.get(status="active")): "7"}
