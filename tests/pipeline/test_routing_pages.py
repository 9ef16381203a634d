"""Settings → Hand-off and routing, Working hours, Recycling."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leads.condition_controls import asked_fields
from leads.contradictions import wrong_with
from pipeline import services
from pipeline.models import (
    Absence,
    Availability,
    HandOff,
    HandOffTerms,
    Holiday,
    PromotionMode,
    ReturnRule,
    RoutingRule,
)
from tests.conftest import Cast, client_of
from tests.pipeline.rows import offer

LEAF = {
    "conditions-c": "0",
    "conditions-joiner": "all",
    "conditions-c0-field": "contact.country",
    "conditions-c0-op": "is",
    "conditions-c0-value": "DE",
}
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "9-17")


def test_a_rule_is_built_tried_and_saved(cast: Cast) -> None:
    offer(now=datetime.now(UTC), country="DE")
    client, url = client_of(cast.mona), "/settings/routing/new/"
    given: dict[str, Any] = {"name": "Germany", "members": [cast.sven.pk], "is_active": "on", **LEAF}
    tried = client.post(url, given | {"do": "try"})
    assert tried.status_code == 200
    assert "With this rule, the last 30 days" in tried.content.decode()
    assert not RoutingRule.objects.exists()
    assert client.post(url, given)["Location"] == "/settings/routing/"
    rule = RoutingRule.objects.get()
    assert rule.conditions == {"field": "contact.country", "op": "is", "value": "DE"}
    assert list(rule.members.all()) == [cast.sven]
    page = client.get("/settings/routing/").content.decode()
    assert "Country is DE" in page
    twice = client.post(url, given)
    assert twice.status_code == 422
    assert "There is a rule of this name already." in twice.content.decode()


def test_a_rule_for_everybody_needs_no_condition_and_another_one_does(cast: Cast) -> None:
    client, url = client_of(cast.adam), "/settings/routing/new/"
    blank = LEAF | {"conditions-c0-value": ""}
    assert client.post(url, {"name": "All", "is_active": "on", **blank}).status_code == 422
    assert client.post(url, {"name": "All", "is_for_all": "on", "is_active": "on", **blank}).status_code == 302
    rule = RoutingRule.objects.get()
    assert rule.conditions == {}
    added = client.post(f"/settings/routing/{rule.pk}/", {"name": "All", "do": "leaf:conditions", **LEAF})
    assert added.status_code == 200
    assert "conditions-c1-field" in added.content.decode()
    assert client.post(f"/settings/routing/{rule.pk}/delete/").status_code == 302
    assert not RoutingRule.objects.exists()


@pytest.mark.parametrize("name", ["\0", "x" * 1_000_000, " ", "🦔" * 90])
def test_a_bad_name_is_a_field_error(cast: Cast, name: str) -> None:
    answer = client_of(cast.mona).post("/settings/routing/new/", {"name": name, "is_active": "on", **LEAF})
    assert answer.status_code == 422
    assert not RoutingRule.objects.exists()


def test_terms_are_kept_per_team(cast: Cast) -> None:
    client = client_of(cast.mona)
    team = cast.rita.team_id
    given = {"mode": "suggest", "is_offered": "on", "answer_within": "6"}
    assert client.post(f"/settings/routing/terms/{team}/", given).status_code == 302
    row = HandOffTerms.objects.get(team=team)
    assert (row.mode, row.is_offered, row.answer_within, row.joins_company) == (PromotionMode.SUGGEST, True, 6, False)
    assert client.post("/settings/routing/terms/", given | {"answer_within": "0"}).status_code == 422
    assert client.post("/settings/routing/terms/", given | {"mode": "magic"}).status_code == 422
    page = client.get("/settings/routing/").content.decode()
    assert "offered, 6 working hours to answer" in page
    client.post(f"/settings/routing/terms/{team}/drop/")
    assert not HandOffTerms.objects.filter(team=team).exists()


def test_somebody_keeps_their_own_hours(cast: Cast) -> None:
    client = client_of(cast.rita)
    given = WEEK | {"monday": "9-12:30 13:30-17", "substitute": cast.ravi.pk, "is_paused": "on", "capacity": "99"}
    assert client.post("/settings/hours/", given)["Location"] == "/settings/hours/?saved=yes"
    row = Availability.objects.get(user=cast.rita)
    assert row.week == ["09:00-12:30 13:30-17:00", *["09:00-17:00"] * 4, "", ""]
    assert (row.substitute, row.is_paused, row.capacity) == (cast.ravi, True, None)  # capacity is the manager's
    assert "Paused." in client.get("/settings/hours/").content.decode()
    bad = client.post("/settings/hours/", WEEK | {"tuesday": "17-9"})
    assert bad.status_code == 422
    assert "ends before it begins" in bad.content.decode()
    assert client.post("/settings/hours/", {"substitute": cast.rita.pk} | WEEK).status_code == 422
    assert client.post("/settings/hours/", {}).status_code == 422


def test_a_manager_sets_capacity(cast: Cast) -> None:
    client = client_of(cast.mona)
    url = f"/settings/hours/{cast.sven.pk}/"
    assert client.post(url, WEEK | {"capacity": "3.5"})["Location"] == f"{url}?saved=yes"
    assert Availability.objects.get(user=cast.sven).capacity == Decimal("3.50")
    for wrong in ("-1", "1e9", "NaN", "many"):
        assert client.post(url, WEEK | {"capacity": wrong}).status_code == 422
    assert "3.5" in client.get("/settings/routing/").content.decode()


def test_days_away_are_added_and_removed(cast: Cast) -> None:
    client, url = client_of(cast.rita), f"/settings/hours/{cast.rita.pk}/away/"
    first = date(2030, 7, 1)
    assert client.post(url, {"first_day": first, "last_day": "2030-07-12", "why": "Sea"}).status_code == 302
    absence = Absence.objects.get()
    assert "1 Jul – 12 Jul 2030" in client.get("/settings/hours/").content.decode()
    for bad in ({"last_day": "2030-06-01"}, {"last_day": "9999-12-31"}, {"first_day": "0001-01-01"}):
        assert client.post(url, {"first_day": first, "last_day": "2030-07-12"} | bad).status_code == 422
    assert client_of(cast.ravi).post(f"/settings/absences/{absence.pk}/delete/").status_code == 403
    assert client.post(f"/settings/absences/{absence.pk}/delete/").status_code == 302
    assert not Absence.objects.exists()


def test_a_holiday_is_one_a_day(cast: Cast) -> None:
    client, given = client_of(cast.mona), {"day": "2030-01-01", "name": "New Year"}
    assert client.post("/settings/holidays/new/", given).status_code == 302
    assert client.post("/settings/holidays/new/", given).status_code == 422
    assert client.post("/settings/holidays/new/", given | {"team": cast.rita.team_id}).status_code == 302
    client.post(f"/settings/holidays/{Holiday.objects.first().pk}/delete/")  # type: ignore[union-attr]
    assert Holiday.objects.count() == 1


def test_a_reason_says_what_brings_them_back(cast: Cast) -> None:
    client = client_of(cast.mona)
    page = client.get("/settings/recycling/").content.decode()
    assert "Rejected or lost: No budget" in page
    assert "after 6 months" in page
    assert client.post("/settings/recycling/no_budget/", {"by": "visit", "months": "3"}).status_code == 302
    assert ReturnRule.objects.get(reason="no_budget").by == "visit"
    assert client.post("/settings/recycling/no_budget/", {"by": "visit", "months": "0"}).status_code == 422
    assert client.get("/settings/recycling/boredom/").status_code == 404


def test_what_a_rep_was_given_lately_opens_a_list_that_adds_up(offered: Cast) -> None:
    now = datetime.now(UTC)
    for days in (29, 20, 2, 1):
        given = offer(now=now - timedelta(days=days))
    HandOff.objects.update(rep=offered.rita)
    HandOff.objects.filter(pk=given.pk).update(state="rejected", reason="no_need", decided_at=now)
    client = client_of(offered.mona)
    page = client.get("/settings/routing/").content.decode()
    links = re.findall(rf'<a href="(/hand-offs/\?[^"]*rep={offered.rita.pk})">(\d+)</a>', page)
    assert [number for _, number in links] == ["1", "2"]
    for address, number in links:
        listed = client.get(html.unescape(address)).content.decode()
        assert listed.count('class="sheet-name"') == int(number)


def test_a_team_of_one_and_nobody_at_all_are_shown(cast: Cast) -> None:
    client = client_of(cast.mona)
    services.add_absence(user=cast.sven, first_day=date(2020, 1, 1), last_day=date(2021, 12, 1))
    assert client.get("/settings/routing/").status_code == 200
    type(cast.rita).objects.filter(role="rep").update(is_active=False)
    assert "No rep yet" in client.get("/settings/routing/").content.decode()


def test_a_manager_says_who_can_what_and_a_rule_asks_for_it(cast: Cast) -> None:
    manager, hours = client_of(cast.mona), f"/settings/hours/{cast.sven.pk}/"
    given = WEEK | {"capacity": "", "skills": "German,  Enterprise, german"}
    assert manager.post(hours, given).status_code == 302
    assert Availability.objects.get(user=cast.sven).skills == ["German", "Enterprise"]
    assert 'value="German, Enterprise"' in manager.get(hours).content.decode()
    assert manager.post(hours, given | {"skills": "x" * 41}).status_code == 422
    own = client_of(cast.sven)
    assert own.post("/settings/hours/", WEEK | {"skills": "Everything"}).status_code == 302
    assert Availability.objects.get(user=cast.sven).skills == ["German", "Enterprise"]  # the manager's, as capacity is
    assert "Skills, set by your manager: German, Enterprise." in own.get("/settings/hours/").content.decode()
    wanted = {"name": "German", "is_active": "on", "skills": "german", **LEAF}
    offer(now=datetime.now(UTC), country="DE")
    tried = manager.post("/settings/routing/new/", wanted | {"do": "try"}).content.decode()
    assert "With this rule, the last 30 days" in tried
    assert manager.post("/settings/routing/new/", wanted).status_code == 302
    page = manager.get("/settings/routing/").content.decode()
    assert "Every rep, with german" in page
    assert "German, Enterprise" in page


def test_the_persona_can_be_asked_where_nobody_is_judged_by_it(cast: Cast) -> None:
    client = client_of(cast.mona)
    leaf = LEAF | {"conditions-c0-field": "contact.persona", "conditions-c0-value": "Mid-market"}
    given: dict[str, Any] = {"name": "Mid-market", "is_active": "on", **leaf}
    assert client.post("/settings/routing/new/", given).status_code == 302
    assert "Persona is Mid-market" in client.get("/settings/routing/").content.decode()
    asked = {"field": "contact.persona", "op": "is", "value": "Mid-market"}
    assert "is what a definition says of somebody" in wrong_with({"any": [asked, {"not": asked}]})
    assert "contact.persona" not in [one.key for one in asked_fields()]
